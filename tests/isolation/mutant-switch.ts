/** The switches of the mutants in the sources: one is off at most, or doors that hold each other; which were asked for is noted. */
import { sql } from 'kysely'
import type { Db, Tx } from '../../apps/server/src/platform/index.ts'

export const switchName = 'globalThis.cockpitMutant'
export const doorName = 'globalThis.cockpitDoor'
/** Set in the transactions of a door that is gone together with all predicates behind it. */
export const bareSetting = 'app.mutant_bare'
/** Which accounts there are for such a transaction, beside its own: few, so that the first found is another's. */
export const seenSetting = 'app.mutant_seen'

const asked = new Set<number>()
let off: readonly number[] = []
let bare: readonly string[] | null = null

const isOff = (id: number): boolean => {
  asked.add(id)
  return off.includes(id)
}

const platformDoor =
  (db: Db): Db['tenant'] =>
  (ctx, work) =>
    db.platform(ctx, async (tx: Tx) => {
      if (bare) {
        const seen = [ctx.accountId, ...bare].join(' ')
        await sql`select set_config(${bareSetting}, 'on', true), set_config(${seenSetting}, ${seen}, true)`.execute(
          tx.sql,
        )
      }
      return work(tx)
    })

export const installSwitches = () => {
  Object.assign(globalThis, {
    cockpitMutant: isOff,
    /** The door of tenants, or where it is gone that of the platform. */
    cockpitDoor: (id: number, db: Db) => (isOff(id) ? platformDoor(db) : db.tenant),
  })
}
/** With accounts given, a door goes together with all predicates behind it, and opens to these. */
export const switchOff = (ids: readonly number[], seen: readonly string[] | null) => {
  off = ids
  bare = seen
}
export const switchOn = () => {
  off = []
  bare = null
}
/** Those asked for since the last time. */
export const takeAsked = (): number[] => {
  const list = [...asked]
  asked.clear()
  return list
}
