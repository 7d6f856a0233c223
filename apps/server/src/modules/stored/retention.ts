import { standardStoredPolicy } from '@cockpit/contract/stored'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Clock, type Db, job, systemCtx } from '../../platform/index.ts'

const { responseDays, fileDays } = standardStoredPolicy

/** Deletes what has been kept as long as its account wants it kept. */
export const createRetention = ({ db, now }: { db: Db; now: Clock }) => {
  const run = (): Promise<void> =>
    db.platform(systemCtx('stored'), async (tx) => {
      await sql`
        delete from stored_responses r using accounts a left join stored_policies p using (account_id)
        where r.account_id = a.account_id
          and r.created_at < ${now()}::timestamptz - make_interval(days => coalesce(p.response_days, ${responseDays}))`.execute(
        tx.sql,
      )
      // what has been arriving for a day arrives no more
      await sql`
        delete from stored_files f using accounts a left join stored_policies p using (account_id)
        where f.account_id = a.account_id and (
          f.expires_at < ${now()}
          or f.created_at < ${now()}::timestamptz - make_interval(days => coalesce(p.file_days, ${fileDays}))
          or f.status = 'arriving' and f.created_at < ${now()}::timestamptz - interval '1 day'
        )`.execute(tx.sql)
      await sql`
        delete from stored_batches b using accounts a left join stored_policies p using (account_id)
        where b.account_id = a.account_id
          and b.ended_at < ${now()}::timestamptz - make_interval(days => coalesce(p.file_days, ${fileDays}))`.execute(
        tx.sql,
      )
    })
  return {
    run,
    job: job({ name: 'stored.expire', input: z.object({}), run, schedule: { cron: '17 * * * *', input: {} } }),
  }
}
