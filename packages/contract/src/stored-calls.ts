/** What the gateway and whoever keeps things for its callers tell one another. Neither knows the other. */

type Json = Record<string, unknown>

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
export type HolderRef =
  | { kind: 'key'; id: string }
  // absent in what was handed in by older gateways, where it counts as of the installation's provider
  | { kind: 'user'; id: string; client: string; issuedAt: number; isOfAccount?: boolean }

export type NewBatch =
  | { dialect: 'openai'; endpoint: string; inputFileId: string; metadata: Record<string, string> | null }
  | { dialect: 'anthropic'; endpoint: string; lines: readonly { customId: string; request: string }[] }

/** One call of a batch. `id` and `at` stay the same when it is made again, so that it is booked once. */
export type LineCall = {
  accountId: string
  holder: HolderRef
  endpoint: string
  body: string
  id: string
  at: Date
  reruns: number
  /** Ends it as a caller does who hangs up. */
  signal?: AbortSignal
}
export type LineAnswer = { status: number; body: string; isRetryable: boolean; retryAfterMs: number }
