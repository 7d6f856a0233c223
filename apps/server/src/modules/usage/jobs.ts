import { sql } from 'kysely'
import { type Clock, type Db, type Log, systemCtx } from '../../platform/index.ts'

const daysAhead = 7
const everyMs = 6 * 3_600_000

/** Keeps partitions of the request log ready for the coming week. Answers when today's exists; returns its stop. */
export const startUsageJobs = async ({ db, now, log }: { db: Db; now: Clock; log: Log }): Promise<() => void> => {
  const ensure = () =>
    db.platform(systemCtx('usage'), async (tx) => {
      await tx.lock('request_partitions')
      await sql`select ensure_request_partitions(${now().toISOString().slice(0, 10)}::date, ${daysAhead})`.execute(
        tx.sql,
      )
    })
  await ensure()
  const timer = setInterval(
    () => void ensure().catch((error) => log.error({ err: error }, 'request partitions not made')),
    everyMs,
  )
  timer.unref()
  return () => clearInterval(timer)
}
