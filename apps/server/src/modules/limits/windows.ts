/** What gateway processes have left of rates together. */
import { sql } from 'kysely'
import { type Db, systemCtx } from '../../platform/index.ts'
import type { RateShares } from './port.ts'

/** A process not heard of for longer is gone, and so are its places of calls at once. */
const goneAfter = '5 seconds'
const placesFor = '15 seconds'

type Grant = { ord: bigint; granted: number; remaining: number }

export const createRateWindows = ({ db }: { db: Db }): RateShares => ({
  exchange: ({ processId, asks, leaves, tidy }) =>
    db.platform(systemCtx('rates'), async (tx) => {
      const run = async <T>(query: ReturnType<typeof sql<T>>) => (await query.execute(tx.sql)).rows
      if (leaves) await run(sql`delete from rate_processes where process_id = ${processId}`)
      else
        await run(sql`
          insert into rate_processes (process_id, seen_at) values (${processId}, clock_timestamp())
          on conflict (process_id) do update set seen_at = excluded.seen_at`)
      const numbered = asks.map((ask, ord) => ({ ...ask, ord }))
      const minutes = numbered.filter(({ kind }) => kind === 'minute')
      const places = numbered.filter(({ kind }) => kind === 'places')
      const grants: Grant[] = []
      // by name, so that two processes never wait for each other
      if (minutes.length > 0)
        grants.push(
          ...(await run(sql<Grant>`
            select a.ord, g.granted, g.remaining
            from (select * from jsonb_to_recordset(${JSON.stringify(minutes)}::jsonb) as r(ord bigint, name text,
              "limit" double precision, back double precision, want double precision, least double precision) order by name) as a,
              lateral lease_rate(a.name, a."limit", a.back, a.want, a.least, clock_timestamp()) as g`)),
        )
      if (places.length > 0)
        grants.push(
          ...(await run(sql<Grant>`
            select a.ord, g.granted, g.remaining
            from (select * from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as r(ord bigint, name text,
              "limit" integer, used integer, want integer) order by name) as a,
              lateral lease_places(a.name, a."limit", ${processId}, a.used, a.want, ${placesFor}::interval, clock_timestamp()) as g`)),
        )
      if (tidy) {
        await run(sql`delete from rate_windows where at < clock_timestamp() - interval '10 minutes'`)
        await run(sql`delete from rate_places where expires_at < clock_timestamp()`)
        await run(sql`delete from rate_processes where seen_at < clock_timestamp() - interval '1 hour'`)
      }
      const [seen] = await run(sql<{ processes: bigint }>`
        select count(*) as processes from rate_processes where seen_at > clock_timestamp() - ${goneAfter}::interval`)
      const byOrder = new Map(grants.map(({ ord, ...grant }) => [Number(ord), grant]))
      return {
        processes: Number(seen?.processes ?? 1),
        grants: asks.map((_, ord) => {
          const { granted = 0, remaining = 0 } = byOrder.get(ord) ?? {}
          return { granted, left: remaining }
        }),
      }
    }),
})
