import type { Ctx, Tx } from '../../platform/index.ts'

/** What another room puts into a new account, in the transaction that creates it; `tx.ctx.accountId` is the account. */
export type AccountSeed = (tx: Tx, account: { id: string; name: string; timezone: string }) => Promise<void>

/** Micro-credits settled in the open budget cycle, by account; an account without any may be absent. */
export type CreditsSpent = (tx: Tx, accountIds: readonly string[]) => Promise<ReadonlyMap<string, bigint>>

export type NewAdmin = { email: string; name: string; passwordHash: string | null }

/** What tenancy asks of identity. */
export type People = {
  /** Refuses a password that breaks the rules of the accounts it opens. */
  hashPassword(ctx: Ctx, input: { password: string; pointer: string; texts: readonly string[] }): Promise<string>
  /** Gives the account its first admin: an existing person joins, a new one is made. */
  addFirstAdmin(tx: Tx, accountId: string, admin: NewAdmin): Promise<void>
  /** People who belong to this account and to no other. */
  onlyHere(tx: Tx, accountId: string): Promise<readonly string[]>
  remove(tx: Tx, userIds: readonly string[]): Promise<void>
}
