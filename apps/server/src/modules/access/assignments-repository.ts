import { RoleName } from '@cockpit/contract/kit'
import { type Insertable, type Selectable, sql } from 'kysely'
import { cutPage, type DB, platformAccount, type Tx } from '../../platform/index.ts'
import { presentAssignment, presentRequest } from './present.ts'

export type AssignmentRow = Selectable<DB['role_assignments']>
export type RequestRow = Selectable<DB['role_requests']>
export type Names = { holder_name: string | null; role_name: string | null; part_name: string | null }
type Cursor = { limit: number; after?: string | undefined }
type AssignmentFilter = {
  principalId?: string | undefined
  role?: string | undefined
  state?: 'pending' | 'active' | 'expired' | undefined
}

/** All SQL over `role_assignments`, of the account of the transaction. Reads the names of what they join. */
export const assignmentRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('role_assignments as a').where('a.account_id', '=', ctx.accountId)
  const named = () => own().selectAll('a').select(namesOf(true))
  const states = {
    pending: sql<boolean>`a.starts_at > ${now}`,
    active: sql<boolean>`a.starts_at <= ${now} and (a.expires_at is null or a.expires_at > ${now})`,
    expired: sql<boolean>`a.expires_at <= ${now}`,
  }
  const matching = ({ principalId, role, state }: AssignmentFilter) => {
    let query = own()
    if (principalId)
      query = query.where((e) => e.or([e('a.user_id', '=', principalId), e('a.service_account_id', '=', principalId)]))
    if (role) query = query.where((e) => e.or([e('a.role', '=', role), e('a.custom_role_id', '=', role)]))
    return state ? query.where(states[state]) : query
  }
  return {
    async page({ limit, after, ...filter }: Cursor & AssignmentFilter) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('a.id', '<', after ?? ''))
        .selectAll('a')
        .select(namesOf(true))
        .orderBy('a.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, (row) => presentAssignment(row, now)), total: Number(total) }
    },
    /** Everything that one principal holds beside their membership, the oldest first. */
    async of(principalId: string) {
      const rows = await matching({ principalId }).selectAll('a').select(namesOf(true)).orderBy('a.id').execute()
      return rows.map((row) => presentAssignment(row, now))
    },
    async find(id: string) {
      const row = await named().where('a.id', '=', id).executeTakeFirst()
      return row ? presentAssignment(row, now) : null
    },
    async hold(id: string): Promise<AssignmentRow | null> {
      return (await own().selectAll('a').where('a.id', '=', id).forUpdate().executeTakeFirst()) ?? null
    },
    async insert(row: Omit<Insertable<DB['role_assignments']>, 'account_id'>) {
      await db
        .insertInto('role_assignments')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    /** Whether the same role for the same part is, or will be, somebody's already. */
    async exists(
      row: Pick<AssignmentRow, 'user_id' | 'service_account_id' | 'role' | 'custom_role_id' | 'org_id' | 'team_id'>,
    ) {
      let query = own()
        .select('a.id')
        .where((e) => e.or([e('a.expires_at', 'is', null), e('a.expires_at', '>', now)]))
      for (const [column, value] of Object.entries(row))
        query = query.where(sql<boolean>`${sql.ref(`a.${column}`)} is not distinct from ${value}`)
      return (await query.executeTakeFirst()) !== undefined
    },
    async remove(id: string) {
      await db.deleteFrom('role_assignments').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
  }
}

/** All SQL over `role_requests`, of the account of the transaction. */
export const requestRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('role_requests as a').where('a.account_id', '=', ctx.accountId)
  const matching = (status: RequestRow['status'] | undefined, userId: string | null) => {
    let query = own()
    if (status) query = query.where('a.status', '=', status)
    return userId === null ? query : query.where('a.user_id', '=', userId)
  }
  return {
    async page(
      { limit, after, status }: Cursor & { status?: RequestRow['status'] | undefined },
      userId: string | null,
    ) {
      const rows = await matching(status, userId)
        .$if(after !== undefined, (query) => query.where('a.id', '<', after ?? ''))
        .selectAll('a')
        .select(namesOf(false))
        .orderBy('a.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(status, userId)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, presentRequest), total: Number(total) }
    },
    async find(id: string) {
      const row = await own().selectAll('a').select(namesOf(false)).where('a.id', '=', id).executeTakeFirst()
      return row ? presentRequest(row) : null
    },
    /** Held until the end of the transaction: of two who decide at once, the second sees that it is decided. */
    async hold(id: string): Promise<RequestRow | null> {
      return (await own().selectAll('a').where('a.id', '=', id).forUpdate().executeTakeFirst()) ?? null
    },
    async insert(row: Omit<Insertable<DB['role_requests']>, 'account_id'>) {
      await db
        .insertInto('role_requests')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    async isOpen(row: Pick<RequestRow, 'user_id' | 'role' | 'custom_role_id' | 'org_id' | 'team_id'>) {
      let query = own().select('a.id').where('a.status', '=', 'open')
      for (const [column, value] of Object.entries(row))
        query = query.where(sql<boolean>`${sql.ref(`a.${column}`)} is not distinct from ${value}`)
      return (await query.executeTakeFirst()) !== undefined
    },
    async decide(
      id: string,
      outcome: Pick<RequestRow, 'status' | 'decided_by' | 'decided_at' | 'decision' | 'assignment_id'>,
    ) {
      await db
        .updateTable('role_requests')
        .set(outcome)
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
    },
  }
}

const namesOf = (withPrograms: boolean) => [
  (withPrograms
    ? sql<string | null>`coalesce((select u.name from users u where u.id = a.user_id),
        (select s.name from service_accounts s where s.account_id = a.account_id and s.id = a.service_account_id))`
    : sql<string | null>`(select u.name from users u where u.id = a.user_id)`
  ).as('holder_name'),
  sql<string | null>`(select r.name from custom_roles r
    where r.account_id = a.account_id and r.id = a.custom_role_id)`.as('role_name'),
  sql<string | null>`coalesce(
    (select o.name from orgs o where o.account_id = a.account_id and o.id = a.org_id),
    (select t.name from teams t where t.account_id = a.account_id and t.id = a.team_id))`.as('part_name'),
]

/** What an assignment or a rule can name, as far as it is in the account; held against deletion. */
export const partyRepository = ({ sql: db, ctx }: Tx) => ({
  async isMember(userId: string): Promise<boolean> {
    const row = await db
      .selectFrom('memberships')
      .select('user_id')
      .where('account_id', '=', ctx.accountId)
      .where('user_id', '=', userId)
      .forShare()
      .executeTakeFirst()
    return row !== undefined
  },
  /** Whether somebody has a role of the platform. Needs a platform transaction. */
  async isOfPlatform(userId: string): Promise<boolean> {
    const row = await db
      .selectFrom('memberships')
      .select('user_id')
      .where('account_id', '=', platformAccount)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return row !== undefined
  },
  /** The role of somebody's membership; none for who is suspended or no member. */
  async rolesOf(userId: string): Promise<RoleName[]> {
    const row = await db
      .selectFrom('memberships')
      .select('role')
      .where('account_id', '=', ctx.accountId)
      .where('user_id', '=', userId)
      .where('status', '=', 'active')
      .executeTakeFirst()
    return row ? [RoleName.parse(row.role)] : []
  },
  async has(table: 'service_accounts' | 'orgs' | 'teams', id: string): Promise<boolean> {
    const row = await db
      .selectFrom(table)
      .select('id')
      .where('account_id', '=', ctx.accountId)
      .where('id', '=', id)
      .forShare()
      .executeTakeFirst()
    return row !== undefined
  },
})
