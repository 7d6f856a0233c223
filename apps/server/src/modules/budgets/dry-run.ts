import type { Ctx, Db, Tx } from '../../platform/index.ts'

/** Does the work in a transaction of the tenant. A dry run does the very same and then takes it back. */
export const dryRunOf = async <T>(db: Db, ctx: Ctx, dryRun: boolean, work: (tx: Tx) => Promise<T>): Promise<T> => {
  if (!dryRun) return db.tenant(ctx, work)
  const outcome = new TakenBack<T>()
  try {
    return await db.tenant(ctx, async (tx) => {
      outcome.value = { of: await work(tx) }
      throw outcome
    })
  } catch (error) {
    if (error === outcome && outcome.value) return outcome.value.of
    throw error
  }
}

class TakenBack<T> extends Error {
  value: { of: T } | undefined
}
