import type { ConnectionHealth } from '@cockpit/contract/providers'
import { type Selectable, sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

type Check = { at: Date; ok: boolean; latencyMs: number | null; reason: string | null }
export type DueConnection = Selectable<DB['provider_connections']>

const recentMax = 20

/** All SQL over `connection_checks`, and over what a connection remembers of its checks. */
export const checkRepository = ({ sql: db, ctx }: Tx) => ({
  /** Takes connections that are to be checked, each for one worker until it is due again. */
  async claim(at: Date, until: Date, limit: number): Promise<DueConnection[]> {
    const { rows } = await sql<DueConnection>`
      update provider_connections p set check_due_at = ${until}
      where (account_id, id) in (
        select d.account_id, d.id from provider_connections d where d.check_due_at <= ${at}
        order by d.check_due_at limit ${limit} for update skip locked
      )
      returning p.*`.execute(db)
    return rows
  },

  /** False where the connection was changed meanwhile: what was checked is no more. */
  async finish(
    { account_id, id, check_due_at }: DueConnection,
    fields: { check_due_at: Date; check_failures: number; down_since: Date | null },
  ): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('provider_connections')
      .set(fields)
      .where('account_id', '=', account_id)
      .where('id', '=', id)
      .where('check_due_at', '=', check_due_at)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  },

  async insert(connectionId: string, { at, ok, latencyMs, reason }: Check): Promise<void> {
    await db
      .insertInto('connection_checks')
      .values({ account_id: ctx.accountId, connection_id: connectionId, at, ok, latency_ms: latencyMs, reason })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },

  async health(connectionId: string, since: Date): Promise<ConnectionHealth> {
    const { rows } = await sql<{ from: Date; checks: number; failed: number; latency_ms: number | null }>`
      select date_bin('30 minutes', at, 'epoch'::timestamptz) as "from", count(*)::int as checks,
        count(*) filter (where not ok)::int as failed, round(avg(latency_ms) filter (where ok))::int as latency_ms
      from connection_checks
      where account_id = ${ctx.accountId} and connection_id = ${connectionId} and at >= ${since}
      group by 1 order by 1`.execute(db)
    const recent = await db
      .selectFrom('connection_checks')
      .selectAll()
      .where('account_id', '=', ctx.accountId)
      .where('connection_id', '=', connectionId)
      .where('at', '>=', since)
      .orderBy('at', 'desc')
      .limit(recentMax)
      .execute()
    return {
      periods: rows.map(({ from, checks, failed, latency_ms: latencyMs }) => ({
        from: from.toISOString(),
        ...{ checks, failed, latencyMs },
      })),
      recent: recent.map(({ at, ok, latency_ms: latencyMs, reason }) => ({
        at: at.toISOString(),
        ...{ ok, latencyMs, reason },
      })),
    }
  },

  async prune(before: Date): Promise<void> {
    await db.deleteFrom('connection_checks').where('at', '<', before).execute()
  },
})
