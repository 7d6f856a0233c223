import { sql } from 'kysely'
import { z } from 'zod'
import { type AnyJob, type Clock, type Db, job, systemCtx } from '../../platform/index.ts'

const daysAhead = 7

type Deps = { db: Db; now: Clock; pruneTraffic: () => Promise<unknown> }

/** Keeps daily partitions of the request log ready for the coming week: `prepare` now, the job every six hours. */
export const createUsageJobs = ({ db, now, pruneTraffic }: Deps): { prepare(): Promise<void>; jobs: AnyJob[] } => {
  const prepare = () =>
    db.platform(systemCtx('usage'), async (tx) => {
      await tx.lock('request_partitions')
      const today = now().toISOString().slice(0, 10)
      await sql`select ensure_request_partitions(${today}::date, ${daysAhead})`.execute(tx.sql)
    })
  const partitions = job({
    name: 'usage.partitions',
    input: z.object({}),
    run: prepare,
    schedule: { cron: '17 */6 * * *', input: {} },
  })
  const traffic = job({
    name: 'usage.prune-traffic',
    input: z.object({}),
    run: async () => void (await pruneTraffic()),
    schedule: { cron: '*/5 * * * *', input: {} },
  })
  return { prepare, jobs: [partitions, traffic] }
}
