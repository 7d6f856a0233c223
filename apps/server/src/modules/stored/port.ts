/** What this room gives the gateway, which calls in the name of an owner. */
export type Json = Record<string, unknown>

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

/** Whom the calls of a batch are made for. */
export type HolderRef = { kind: 'key'; id: string } | { kind: 'user'; id: string; client: string; issuedAt: number }

export type NewBatch =
  | { dialect: 'openai'; endpoint: string; inputFileId: string; metadata: Record<string, string> | null }
  | { dialect: 'anthropic'; endpoint: string; lines: readonly { customId: string; request: string }[] }

export type LineCall = {
  accountId: string
  holder: HolderRef
  endpoint: string
  body: string
  id: string
  at: Date
  reruns: number
}
export type LineAnswer = { status: number; body: string; isRetryable: boolean; retryAfterMs: number }

/** Makes the calls of batches. */
export type BatchCalls = {
  /** False while calls would be turned away. */
  ready(): boolean
  call(line: LineCall): Promise<LineAnswer>
}
