/** What the gateway asks of whoever keeps things for callers. `app.ts` fills it. */
import type { Json } from '../dialects/index.ts'

/** Whose something is: the person or service account behind a key, or the person behind a token. */
export type Owner = {
  accountId: string
  ownerId: string
  /** Who acts for them now. */
  by: { kind: 'key' | 'user'; id: string; name: string }
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
