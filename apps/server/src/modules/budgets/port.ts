import type { Tx } from '../../platform/index.ts'

/** What budgets ask of the keys room: whose key this is, or null when the account has no such key. */
export type KeyOwner = (
  tx: Tx,
  keyId: string,
) => Promise<{ userId: string | null; serviceAccountId: string | null; teamId: string | null } | null>
