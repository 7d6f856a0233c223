/** What the gateway asks of whoever keeps things for callers. `app.ts` fills it. */
import type { Json } from '../dialects/index.ts'

/** Whose something is: the person or service account behind a key, or the person behind a token. */
export type Owner = {
  accountId: string
  ownerId: string
  /** Who acts for them now. */
  by: { kind: 'key' | 'user'; id: string; name: string }
  requestId: string
}

/** One answer with what it was asked, as its caller saw both. */
export type Turn = { id: string; previousId: string | null; input: Json[]; response: Json }

export type ResponsePort = {
  keep(owner: Owner, turn: Turn): Promise<void>
  find(owner: Owner, id: string): Promise<Turn | null>
  /** An answer and all it continues, the oldest first; or the id of the one that is missing. */
  conversation(owner: Owner, id: string): Promise<readonly Turn[] | { missing: string }>
  remove(owner: Owner, id: string): Promise<boolean>
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
