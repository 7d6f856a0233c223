/** What the gateway asks of whoever keeps things for callers. `app.ts` fills it. */
import type { HolderRef, NewBatch, Owner, Turn } from '@cockpit/contract/stored-calls'
import type { Json } from '../dialects/index.ts'

export type ResponsePort = {
  keep(owner: Owner, turn: Turn): Promise<void>
  find(owner: Owner, id: string): Promise<Turn | null>
  /** An answer and all it continues, the oldest first; or the id of the one that is missing. */
  conversation(owner: Owner, id: string): Promise<readonly Turn[] | { missing: string }>
  remove(owner: Owner, id: string): Promise<boolean>
  /** Keeps one that somebody works on until then. */
  begin(owner: Owner, turn: Turn, until: Date): Promise<void>
  /** Still worked on; false where it was cancelled or deleted. */
  renew(owner: Owner, id: string, until: Date): Promise<boolean>
  /** What became of it, unless it was cancelled or deleted before. */
  end(owner: Owner, id: string, response: Json): Promise<void>
  /** Null where nobody works on such a one. */
  cancel(owner: Owner, id: string): Promise<Json | null>
}

export type StoredFile = {
  id: string
  filename: string
  purpose: string
  mediaType: string
  bytes: number
  createdAt: Date
  /** Where its owner said so; its account deletes it in any case. */
  expiresAt: Date | null
}

/** A file that is arriving. */
export type FileDraft = {
  write(bytes: Buffer): Promise<void>
  finish(facts: Pick<StoredFile, 'purpose' | 'mediaType' | 'expiresAt'>): Promise<StoredFile>
  discard(): Promise<void>
}

export type FilePage = { after: string | undefined; limit: number; order: 'asc' | 'desc'; purpose: string | null }

export type FilePort = {
  /** Null where the account keeps as much as it may. */
  begin(owner: Owner, filename: string): Promise<FileDraft | null>
  find(owner: Owner, id: string): Promise<StoredFile | null>
  /** One more than the limit, where there is one. */
  list(owner: Owner, page: FilePage): Promise<StoredFile[]>
  read(owner: Owner, id: string): AsyncIterable<Buffer>
  remove(owner: Owner, id: string): Promise<boolean>
}

export type StoredBatch = {
  id: string
  dialect: 'openai' | 'anthropic'
  endpoint: string
  inputFileId: string | null
  metadata: Readonly<Record<string, string>> | null
  status: 'validating' | 'failed' | 'in_progress' | 'finalizing' | 'completed' | 'expired' | 'cancelling' | 'cancelled'
  errors: readonly { code: string; line: number | null; message: string; param: string | null }[] | null
  counts: { total: number; succeeded: number; errored: number; canceled: number; expired: number }
  outputFileId: string | null
  errorFileId: string | null
  createdAt: Date
  startedAt: Date | null
  finalizingAt: Date | null
  cancellingAt: Date | null
  endedAt: Date | null
  expiresAt: Date
}

export type BatchPort = {
  create(owner: Owner, holder: HolderRef, asked: NewBatch): Promise<StoredBatch>
  find(owner: Owner, dialect: StoredBatch['dialect'], id: string): Promise<StoredBatch | null>
  list(owner: Owner, dialect: StoredBatch['dialect'], page: Omit<FilePage, 'purpose'>): Promise<StoredBatch[]>
  /** What is running goes on; nothing more begins. Null where there is none. */
  cancel(owner: Owner, dialect: StoredBatch['dialect'], id: string): Promise<StoredBatch | null>
  /** Only one that has ended; null where there is none. */
  remove(owner: Owner, id: string): Promise<boolean | null>
  /** A line of JSON for each call, in the order they were handed in. */
  results(owner: Owner, id: string): AsyncIterable<Buffer>
}
