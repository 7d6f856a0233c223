import { type Ctx, type Db, platformAccount, type Tx } from '../../platform/index.ts'

/** The account whose events a caller sees; null for people of the platform who chose none: all of them. */
export const seenAccount = ({ accountId, actor }: Ctx): string | null =>
  accountId === platformAccount && actor.isPlatform ? null : accountId

/** A transaction that reaches what the caller sees, and no further. */
export const seeing = <T>(db: Db, ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  seenAccount(ctx) === null ? db.platform(ctx, work) : db.tenant(ctx, work)
