import { sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import type { Cycle, Grant, Plan } from './model.ts'

/** SQL over plans, cycles and grants of one account. The account is named in each query: platform work sees them all. */
export const budgetRepository = ({ sql: db }: Tx, accountId: string) => ({
  async plan(): Promise<Plan | null> {
    const row = await db
      .selectFrom('budget_plans as p')
      .innerJoin('accounts as a', 'a.account_id', 'p.account_id')
      .selectAll('p')
      .select('a.timezone')
      .where('p.account_id', '=', accountId)
      .executeTakeFirst()
    return row ? presentPlan(row) : null
  },
  /** Waits until nobody else changes plan, cycle, grants or tree of this account, and keeps others out until the end. */
  async lock() {
    await sql`select 1 from budget_plans where account_id = ${accountId} for update`.execute(db)
  },
  insertPlan: (plan: Plan) =>
    db
      .insertInto('budget_plans')
      .values({ account_id: accountId, id: plan.id, created_at: plan.createdAt, ...planColumns(plan) })
      .execute(),
  updatePlan: (plan: Plan) =>
    db.updateTable('budget_plans').set(planColumns(plan)).where('account_id', '=', accountId).execute(),

  async openCycle(): Promise<Cycle | null> {
    const row = await db
      .selectFrom('budget_cycles')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('state', '=', 'open')
      .executeTakeFirst()
    return row ? { id: row.id, startsAt: row.starts_at, endsAt: row.ends_at } : null
  },
  insertCycle: (planId: string, { id, startsAt, endsAt }: Cycle) =>
    db
      .insertInto('budget_cycles')
      .values({ account_id: accountId, id, plan_id: planId, starts_at: startsAt, ends_at: endsAt, state: 'open' })
      .execute(),
  closeCycle: (id: string, endsAt: Date) =>
    db
      .updateTable('budget_cycles')
      .set({ state: 'closed', ends_at: endsAt })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute(),
  moveEnd: (id: string, endsAt: Date | null) =>
    db
      .updateTable('budget_cycles')
      .set({ ends_at: endsAt })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute(),

  async grants(): Promise<Grant[]> {
    const rows = await db
      .selectFrom('budget_grants')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('id', 'desc')
      .execute()
    return rows.map(presentGrant)
  },
  /** Grants that renew in a cycle which starts then. */
  async renewing(at: Date): Promise<Grant[]> {
    return (await this.grants()).filter(
      ({ recurrence, revokedAt, expiresAt }) => recurrence === 'cycle' && !revokedAt && (!expiresAt || expiresAt > at),
    )
  },
  /** Grants given once of which something is left. */
  async lasting(): Promise<Grant[]> {
    return (await this.grants()).filter(({ recurrence, remaining }) => recurrence === 'once' && remaining > 0n)
  },
  insertGrant: (grant: Grant) =>
    db
      .insertInto('budget_grants')
      .values({
        account_id: accountId,
        id: grant.id,
        amount: grant.amount,
        recurrence: grant.recurrence,
        remaining: grant.remaining,
        note: grant.note,
        expires_at: grant.expiresAt,
        created_at: grant.createdAt,
        created_by: grant.createdBy,
      })
      .execute(),
  revokeGrant: (id: string, at: Date) =>
    db
      .updateTable('budget_grants')
      .set({ revoked_at: at, remaining: 0n })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute(),
  setGrantLeft: (id: string, remaining: bigint) =>
    db
      .updateTable('budget_grants')
      .set({ remaining })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute(),

  async accountExists(): Promise<boolean> {
    if (accountId === 'platform') return false
    const row = db.selectFrom('accounts').select('account_id').where('account_id', '=', accountId)
    return (await row.executeTakeFirst()) !== undefined
  },
})

/** Accounts whose open cycle is over, or where a grant given once expired. Platform work. */
export const accountsDue = async ({ sql: db }: Tx, at: Date): Promise<string[]> => {
  const { rows } = await sql<{ account_id: string }>`
    select account_id from budget_cycles where state = 'open' and ends_at <= ${at}
    union
    select account_id from budget_grants where recurrence = 'once' and remaining > 0 and expires_at <= ${at}`.execute(
    db,
  )
  return rows.map((row) => row.account_id)
}

type PlanRow = Record<keyof Pick<DB['budget_plans'], 'id' | 'name' | 'cadence' | 'rollover_mode'>, string> & {
  rollover_cap: bigint | null
  allow_pool_draw: boolean
  created_at: Date
  timezone: string
}

const presentPlan = (row: PlanRow): Plan => ({
  id: row.id,
  name: row.name,
  cadence: row.cadence as Plan['cadence'],
  rollover: { mode: row.rollover_mode as Plan['rollover']['mode'], cap: row.rollover_cap },
  allowPoolDraw: row.allow_pool_draw,
  createdAt: row.created_at,
  timezone: row.timezone,
})

const planColumns = ({ name, cadence, rollover, allowPoolDraw }: Plan) => ({
  name,
  cadence,
  rollover_mode: rollover.mode,
  rollover_cap: rollover.cap,
  allow_pool_draw: allowPoolDraw,
})

type GrantRow = {
  id: string
  amount: bigint
  recurrence: string
  remaining: bigint
  note: string | null
  expires_at: Date | null
  revoked_at: Date | null
  created_at: Date
  created_by: string
}

const presentGrant = (row: GrantRow): Grant => ({
  id: row.id,
  amount: row.amount,
  recurrence: row.recurrence as Grant['recurrence'],
  remaining: row.remaining,
  note: row.note,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
  createdBy: row.created_by,
})
