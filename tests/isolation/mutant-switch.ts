/** The switches of the mutants in the sources: at most one is off, and which were asked for is noted. */
import { sql } from 'kysely'
import type { Db, Tx } from '../../apps/server/src/platform/index.ts'

export const switchName = 'globalThis.cockpitMutant'
export const doorName = 'globalThis.cockpitDoor'
/** Set in the transactions of a door that is gone together with all predicates behind it. */
export const bareSetting = 'app.mutant_bare'

const asked = new Set<number>()
let off = -1
let isBare = false

const isOff = (id: number): boolean => {
  asked.add(id)
  return id === off
}

const platformDoor =
  (db: Db): Db['tenant'] =>
  (ctx, work) =>
    db.platform(ctx, async (tx: Tx) => {
      if (isBare) await sql`select set_config(${bareSetting}, 'on', true)`.execute(tx.sql)
      return work(tx)
    })

export const installSwitches = () => {
  Object.assign(globalThis, {
    cockpitMutant: isOff,
    /** The door of tenants, or where it is gone that of the platform. */
    cockpitDoor: (id: number, db: Db) => (isOff(id) ? platformDoor(db) : db.tenant),
  })
}
export const switchOff = (id: number, { bare }: { bare: boolean }) => {
  off = id
  isBare = bare
}
export const switchOn = () => {
  off = -1
  isBare = false
}
/** Those asked for since the last time. */
export const takeAsked = (): number[] => {
  const list = [...asked]
  asked.clear()
  return list
}
