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
