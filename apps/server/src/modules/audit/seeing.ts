import { type Ctx, type Db, platformAccount, type Tx } from '../../platform/index.ts'
import type { EventFilter } from './repository.ts'

/** The account whose events a caller sees; null for people of the platform who chose none: all of them. */
export const seenAccount = ({ accountId, actor }: Ctx): string | null =>
  accountId === platformAccount && actor.isPlatform ? null : accountId

/** A transaction that reaches what the caller sees, and no further. */
export const seeing = <T>(db: Db, ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  seenAccount(ctx) === null ? db.platform(ctx, work) : db.tenant(ctx, work)

/**
 * The same for a question about words or the insides of an event. Under row-level security PostgreSQL uses no index for
 * these, since their operators are not leakproof, and reads a whole account instead. So such a question goes through the
 * other door, and the account that every query of the repository names is its bound.
 */
export const searching = <T>(
  db: Db,
  ctx: Ctx,
  { q, actorId, subjectId }: Pick<EventFilter, 'q' | 'actorId' | 'subjectId'>,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => (q || actorId || subjectId ? db.platform(ctx, work) : seeing(db, ctx, work))
