/** Ways to do something in a transaction without keeping it: a rehearsal of all, or one of many that may fail. */
import { sql } from 'kysely'
import type { Ctx } from './context.ts'
import type { Db, Tx } from './db.ts'
import { Problem } from './problem.ts'

type Door = Db['tenant'] | Db['platform']

/** Does the work; what `keeps` says no to is taken back as if it had never been, and answered all the same. */
export const keepOnlyIf = async <T>(
  open: Door,
  ctx: Ctx,
  keeps: (outcome: T) => boolean,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => {
  const taken = new TakenBack<T>()
  try {
    return await open(ctx, async (tx) => {
      const outcome = await work(tx)
      if (keeps(outcome)) return outcome
      taken.outcome = { of: outcome }
      throw taken
    })
  } catch (error) {
    if (error === taken && taken.outcome) return taken.outcome.of
    throw error
  }
}

class TakenBack<T> extends Error {
  outcome: { of: T } | undefined
}

/** One of many: a problem takes back what this one did, and nothing else. Anything that is not a problem ends all. */
export const attempt = async <T>(tx: Tx, work: () => Promise<T>): Promise<{ value: T } | { problem: Problem }> => {
  await sql`savepoint attempt`.execute(tx.sql)
  try {
    const value = await work()
    await sql`release savepoint attempt`.execute(tx.sql)
    return { value }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await sql`rollback to savepoint attempt`.execute(tx.sql)
    return { problem: error }
  }
}
