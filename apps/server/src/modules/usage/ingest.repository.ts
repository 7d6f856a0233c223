import { storable } from '@cockpit/contract/usage-line'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export const usageChannel = 'cockpit_usage'
/** Every booking holds it beside the others; any number will do that nobody else takes. */
export const bookingLock = 7_408_223_015_561n

/** What rules of the cache saved on a day. */
export type Saved = { ruleId: string; day: string; hits: number; similarHits: number; savedMicros: string }
/** What booking a batch told: how many records were new, for the ledger a JSON list, and when keys were used last. */
export type Booked = { count: number; settlements: string; saved: readonly Saved[]; used: Record<string, number> }

/** The writing half of the SQL over the usage tables. */
export const ingestRepository = ({ sql: db, ctx }: Tx) => ({
  /** False when the account is gone; else it stays until the end of the transaction. */
  async keepAccount(): Promise<boolean> {
    // whoever reads the order of booking waits for those that are under way
    await sql`select pg_advisory_xact_lock_shared(${bookingLock})`.execute(db)
    const { rows } = await sql`select 1 from accounts where account_id = ${ctx.accountId} for key share`.execute(db)
    return rows.length > 0
  },

  async insertPlans(plans: readonly TracePlan[]) {
    if (plans.length === 0) return
    const rows = plans.map((plan) => ({ account_id: ctx.accountId, id: plan.id, body: storable(JSON.stringify(plan)) }))
    await db
      .insertInto('trace_plans')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['account_id', 'id']).doNothing())
      .execute()
  },

  /** Logs and sums the records not seen before. The driver sends bytes as they are, which for text is its own form. */
  async book(lines: Buffer): Promise<Booked> {
    const { rows } = await sql<{ booked: Booked }>`
      select book_requests(${ctx.accountId}, ${lines}::text) as booked`.execute(db)
    const [row] = rows
    if (!row) throw new Error('booking answered nothing')
    return row.booked
  },

  async reject({ id, record, reason, at }: { id: string; record: string; reason: string; at: Date }) {
    await db
      .insertInto('rejected_usage')
      .values({ account_id: ctx.accountId, id, record: storable(record), reason, at })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },

  notify: () => sql`select pg_notify(${usageChannel}, ${ctx.accountId})`.execute(db),
})
