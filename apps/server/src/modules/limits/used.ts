/** How much of limits is used at this moment: by this process where it serves alone, else by all that share them. */
import type { CallLimit, LimitUse } from '@cockpit/contract/limits'
import { sql } from 'kysely'
import { type Clock, type Db, systemCtx } from '../../platform/index.ts'
import type { CountedRates } from './port.ts'
import type { StoredLimit } from './repository.ts'

type Deps = {
  db: Db
  now: Clock
  counted: CountedRates
  /** What several processes may let through beyond a limit; null for calls at once, which are exact. */
  slackOf: (limit: number, processes: number) => number
}
type Rate = { limitId: string; unit: LimitUse['unit']; limit: number; name: string }
type Shared = { processes: number; left: ReadonlyMap<string, number>; places: ReadonlyMap<string, number> }

const units = [
  ['rpm', 'requests'],
  ['tpm', 'tokens'],
  ['parallel', 'parallel'],
] as const

export const createUsedOf = ({ db, now, counted, slackOf }: Deps) => {
  const shared = (rates: readonly Rate[]): Promise<Shared> =>
    db.platform(systemCtx('rates'), async (tx) => {
      const names = rates.map(({ name }) => name)
      const seen = await sql<{ processes: bigint }>`
        select count(*) as processes from rate_processes where seen_at > clock_timestamp() - interval '5 seconds'`.execute(
        tx.sql,
      )
      const windows = await tx.sql.selectFrom('rate_windows').where('name', 'in', names).selectAll().execute()
      const places = await sql<{ name: string; held: bigint }>`
        select name, sum(held) as held from rate_places
        where name = any(${names}) and expires_at > clock_timestamp() group by name`.execute(tx.sql)
      const at = now().getTime()
      return {
        processes: Number(seen.rows[0]?.processes ?? 0),
        left: new Map(windows.map((row) => [row.name, refilled(row, limitOf(rates, row.name), at)])),
        places: new Map(places.rows.map(({ name, held }) => [name, Number(held)])),
      }
    })

  return async (limits: readonly StoredLimit[]): Promise<CallLimit[]> => {
    const rates = limits.flatMap(ratesOf)
    if (rates.length === 0) return limits.map((limit) => ({ ...limit, used: [] }))
    const { processes, left, places } = await shared(rates)
    const own = new Map(counted(limits.map(({ id }) => id)).map((one) => [`${one.limitId}:${one.unit}`, one.remaining]))
    const useOf = ({ name, unit, limit }: Rate): LimitUse => {
      const remaining = processes > 1 ? (left.get(name) ?? limit) : (own.get(name) ?? limit)
      const used = processes > 1 && unit === 'parallel' ? (places.get(name) ?? 0) : limit - remaining
      const slack = processes > 1 && unit !== 'parallel' ? slackOf(limit, processes) : 0
      return { unit, limit, used: Math.max(0, Math.ceil(used)), slack }
    }
    return limits.map((limit) => ({ ...limit, used: ratesOf(limit).map(useOf) }))
  }
}

const ratesOf = ({ id, limits }: StoredLimit): Rate[] =>
  units.flatMap(([field, unit]) => {
    const limit = limits[field]
    return limit === null ? [] : [{ limitId: id, unit, limit, name: `${id}:${unit}` }]
  })

const limitOf = (rates: readonly Rate[], name: string): number => rates.find((rate) => rate.name === name)?.limit ?? 0

/** A window of a minute refills as time passes. */
const refilled = ({ level, at }: { level: number; at: Date }, limit: number, now: number): number =>
  Math.min(limit, level + (Math.max(0, now - at.getTime()) * limit) / 60_000)
