import { type ContentPolicy, standardContentPolicy } from '@cockpit/contract/kept-content'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

/** All SQL over content_policies, and the ways by which request_contents leave. */
export const contentsRepository = ({ sql: db }: Tx, accountId: string) => ({
  async policy(): Promise<ContentPolicy> {
    const own = db.selectFrom('content_policies').select(['days', 'masked']).where('account_id', '=', accountId)
    return (await own.executeTakeFirst()) ?? standardContentPolicy
  },
  async setPolicy(policy: ContentPolicy, at: Date): Promise<void> {
    const row = { ...policy, updated_at: at }
    const insert = db.insertInto('content_policies').values({ account_id: accountId, ...row })
    await insert.onConflict((same) => same.column('account_id').doUpdateSet(row)).execute()
  },
  async sums(): Promise<{ requests: number; oldest: Date | null }> {
    const { rows } = await sql<{ requests: bigint; oldest: Date | null }>`
      select count(*) as requests, min(at) as oldest from request_contents where account_id = ${accountId}`.execute(db)
    return { requests: Number(rows[0]?.requests ?? 0), oldest: rows[0]?.oldest ?? null }
  },
  /** Those before a moment, at most `limit`; how many went. */
  async expire(before: Date, limit: number): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from request_contents where account_id = ${accountId} and ctid in (
        select ctid from request_contents where account_id = ${accountId} and at < ${before} limit ${limit})`.execute(
      db,
    )
    return Number(numAffectedRows ?? 0)
  },
  /** Of one person, before a moment, or both; how many went. */
  async erase({ userId, before }: { userId?: string | undefined; before?: Date | undefined }): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from request_contents x where account_id = ${accountId}
        ${before === undefined ? sql`` : sql`and x.at < ${before}`}
        ${userId === undefined ? sql`` : ofUser(userId)}`.execute(db)
    return Number(numAffectedRows ?? 0)
  },
})

const ofUser = (userId: string) => sql`and exists (
  select 1 from requests r
  where r.account_id = x.account_id and r.id = x.request_id and r.at = x.at and r.user_id = ${userId})`

/** Accounts whose texts may grow too old. */
export const limitedContents = async ({ sql: db }: Tx): Promise<{ accountId: string; days: number }[]> => {
  const rows = await db.selectFrom('content_policies').select(['account_id', 'days']).execute()
  return rows.flatMap(({ account_id: accountId, days }) => (days === null ? [] : [{ accountId, days }]))
}
