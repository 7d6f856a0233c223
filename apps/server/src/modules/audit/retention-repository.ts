import type { AuditHold } from '@cockpit/contract/audit'
import { type Selectable, sql } from 'kysely'
import { cutPage, type DB, type Tx } from '../../platform/index.ts'

/** All SQL over audit_retention and audit_holds, and the one way by which events leave. */
export const retentionRepository = (tx: Tx) => ({
  /** Days that events are kept; null: for ever. */
  async days(accountId: string): Promise<number | null> {
    const row = await tx.sql
      .selectFrom('audit_retention')
      .select('days')
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row?.days ?? null
  },

  async setDays(accountId: string, days: number | null, at: Date): Promise<void> {
    await tx.sql
      .insertInto('audit_retention')
      .values({ account_id: accountId, days, updated_at: at })
      .onConflict((c) => c.column('account_id').doUpdateSet({ days, updated_at: at }))
      .execute()
  },

  /** Accounts whose events may grow too old. */
  async limited(): Promise<{ accountId: string; days: number }[]> {
    const rows = await tx.sql.selectFrom('audit_retention').selectAll().where('days', 'is not', null).execute()
    return rows.map(({ account_id, days }) => ({ accountId: account_id, days: days ?? 0 }))
  },

  async prunedSeq(accountId: string): Promise<number> {
    const row = await tx.sql
      .selectFrom('audit_chains')
      .select('pruned_seq')
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return Number(row?.pruned_seq ?? 0)
  },

  async prune(accountId: string, through: number): Promise<number> {
    const { rows } = await sql<{ removed: bigint }>`
      select prune_events(${accountId}, ${through}) as removed`.execute(tx.sql)
    return Number(rows[0]?.removed ?? 0)
  },

  async isHeld(accountId: string): Promise<boolean> {
    const holds = tx.sql.selectFrom('audit_holds').select('id').where('account_id', '=', accountId)
    return (await holds.where('released_at', 'is', null).limit(1).executeTakeFirst()) !== undefined
  },

  async insertHold(
    accountId: string,
    hold: { id: string; reason: string; byPlatform: boolean; at: Date },
  ): Promise<void> {
    await tx.sql
      .insertInto('audit_holds')
      .values({
        ...{ account_id: accountId, id: hold.id, reason: hold.reason, by_platform: hold.byPlatform },
        ...{ created_by: tx.ctx.actor.name, created_at: hold.at },
      })
      .execute()
  },

  async hold(accountId: string, id: string): Promise<AuditHold | null> {
    const rows = tx.sql.selectFrom('audit_holds').selectAll().where('account_id', '=', accountId).where('id', '=', id)
    const row = await rows.forUpdate().executeTakeFirst()
    return row ? present(row) : null
  },

  async release(accountId: string, id: string, at: Date): Promise<void> {
    const hold = tx.sql.updateTable('audit_holds').set({ released_at: at })
    await hold.where('account_id', '=', accountId).where('id', '=', id).execute()
  },

  async holds(accountId: string, { limit, after }: { limit: number; after?: string | undefined }) {
    const own = tx.sql.selectFrom('audit_holds').where('account_id', '=', accountId)
    const rows = await own
      .$if(after !== undefined, (holds) => holds.where('id', '<', after ?? ''))
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { total } = await own.select((e) => e.fn.countAll<bigint>().as('total')).executeTakeFirstOrThrow()
    return { ...cutPage(rows, limit, present), total: Number(total) }
  },
})

const present = (row: Selectable<DB['audit_holds']>): AuditHold => ({
  id: row.id,
  reason: row.reason,
  byPlatform: row.by_platform,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  releasedAt: row.released_at?.toISOString() ?? null,
})
