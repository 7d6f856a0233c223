import type { AccessReviewFilters } from '@cockpit/contract/access'
import type { User } from '@cockpit/contract/directory'
import { RoleName } from '@cockpit/contract/kit'
import { type RawBuilder, sql } from 'kysely'
import { containing, platformAccount, type Tx } from '../../platform/index.ts'

/** What simulation and review read of others' tables, of the account of the transaction. */
export const subjectRepository = ({ sql: db, ctx }: Tx, now: Date) => ({
  async account(): Promise<{ status: string } | null> {
    const row = await db
      .selectFrom('accounts')
      .select('status')
      .where('account_id', '=', ctx.accountId)
      .executeTakeFirst()
    return row ?? null
  },
  async user(id: string) {
    const row = await db
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select(['u.name', 'm.role', 'm.status', 'm.source', 'm.created_at'])
      .where('m.account_id', '=', ctx.accountId)
      .where('m.user_id', '=', id)
      .executeTakeFirst()
    if (!row) return null
    const { role, status, source } = row
    return {
      ...row,
      role: RoleName.parse(role),
      status: status as User['status'],
      source: source as User['source'],
    }
  },
  async removedAt(userId: string): Promise<Date | null> {
    const own = db.selectFrom('membership_removals').select('at').where('account_id', '=', ctx.accountId)
    return (await own.where('user_id', '=', userId).executeTakeFirst())?.at ?? null
  },
  /** The event that gave somebody the role of their membership: the newest that names a role. */
  async roleGiven(userId: string) {
    const row = await db
      .selectFrom('events')
      .select(['id', 'at', sql<string | null>`actor ->> 'name'`.as('by'), 'reason'])
      .where('account_id', '=', ctx.accountId)
      .where(sql`subject ->> 'id'`, '=', userId)
      .where('name', 'in', ['user.added', 'user.updated'])
      .where(sql<boolean>`jsonb_exists(after, 'role')`)
      .orderBy('id', 'desc')
      .executeTakeFirst()
    return row ?? null
  },
  /** Of many, when that was; whose event is no longer kept is not among them. */
  async rolesGiven(userIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const { rows } = await sql<{ id: string; at: Date }>`
      select asked.id, given.at from unnest(${userIds}::text[]) as asked (id) cross join lateral (
        select at from events where account_id = ${ctx.accountId} and subject ->> 'id' = asked.id
          and name in ('user.added', 'user.updated') and jsonb_exists(after, 'role') order by id desc limit 1
      ) given`.execute(db)
    return new Map(rows.map(({ id, at }) => [id, at]))
  },
  async serviceAccount(id: string) {
    const row = await db
      .selectFrom('service_accounts')
      .select('name')
      .where('account_id', '=', ctx.accountId)
      .where('id', '=', id)
      .executeTakeFirst()
    return row ?? null
  },
  async key(id: string) {
    const row = await db
      .selectFrom('keys')
      .select(['name', 'revoked_at', 'expires_at'])
      .where('account_id', '=', ctx.accountId)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row) return null
    return { name: row.name, works: row.revoked_at === null && (row.expires_at === null || row.expires_at > now) }
  },
  /** Whose something is, and which orgs and teams it belongs to; null for what the account does not have. */
  async placeOf(type: 'org' | 'team' | 'user' | 'key', id: string) {
    const { rows } = await sql<{
      owner: string | null
      orgs: string[]
      teams: string[]
    }>`${placeQuery[type](ctx.accountId, id)}`.execute(db)
    const [row] = rows
    return row ? { ownerId: row.owner, orgIds: row.orgs, teamIds: row.teams } : null
  },

  /** Everybody of the account after a cursor, in the order of their ids. */
  async principals({ after, q, kind, limit }: Wanted & { after: string; limit: number }) {
    const { rows } = await sql<PrincipalRow>`
      (select m.user_id as id, 'user' as kind, u.name, u.email, m.status, m.role, m.created_at, u.last_seen_at
        from memberships m join users u on u.id = m.user_id
        where ${isWanted(kind, 'user')} and m.account_id = ${ctx.accountId} and m.user_id > ${after}
          and ${named(q, sql`u.name`, sql`u.email`, sql`m.user_id`)} order by m.user_id limit ${limit})
      union all
      (select s.id, 'service_account', s.name, null, 'active', null, s.created_at, null
        from service_accounts s
        where ${isWanted(kind, 'service_account')} and s.account_id = ${ctx.accountId} and s.id > ${after}
          and ${named(q, sql`s.name`, sql`s.id`)} order by s.id limit ${limit})
      order by id limit ${limit}`.execute(db)
    return rows
  },
  async countPrincipals({ q, kind }: Wanted): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select (
        (select count(*) from memberships m ${q ? sql`join users u on u.id = m.user_id` : sql``}
          where ${isWanted(kind, 'user')} and m.account_id = ${ctx.accountId}
            and ${named(q, sql`u.name`, sql`u.email`, sql`m.user_id`)})
        + (select count(*) from service_accounts s
          where ${isWanted(kind, 'service_account')} and s.account_id = ${ctx.accountId}
            and ${named(q, sql`s.name`, sql`s.id`)})
      )::int as count`.execute(db)
    return rows[0]?.count ?? 0
  },
  /** Their working keys, by the id of the owner. */
  async keysOf(ownerIds: readonly string[]) {
    if (ownerIds.length === 0) return []
    return db
      .selectFrom('keys')
      .select(['id', 'name', 'models', 'created_at', 'expires_at', 'last_used_at'])
      .select(sql<string>`coalesce(user_id, service_account_id)`.as('owner_id'))
      .where('account_id', '=', ctx.accountId)
      .where('purpose', '=', 'gateway')
      .where('revoked_at', 'is', null)
      .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
      .where((e) => e.or([e('user_id', 'in', ownerIds), e('service_account_id', 'in', ownerIds)]))
      .orderBy('id')
      .execute()
  },
})

export type PrincipalRow = {
  id: string
  kind: 'user' | 'service_account'
  name: string
  email: string | null
  status: 'active' | 'suspended'
  role: string | null
  created_at: Date
  last_seen_at: Date | null
}

type Wanted = Pick<AccessReviewFilters, 'q' | 'kind'>
const isWanted = (wanted: AccessReviewFilters['kind'], kind: PrincipalRow['kind']) =>
  wanted === undefined || wanted === kind ? sql`true` : sql`false`

/** Whom the platform lets into every account, in the order of their ids. Needs a platform transaction. */
export const platformPeople = async ({ sql: db }: Tx) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.id', 'u.name', 'm.role'])
    .select(
      sql<Date>`coalesce((
        select e.at from events e where e.account_id = m.account_id and e.subject ->> 'id' = m.user_id
          and e.name in ('platform_person.added', 'platform_person.updated') order by e.id desc limit 1), m.created_at)`.as(
        'since',
      ),
    )
    .where('m.account_id', '=', platformAccount)
    .where('m.status', '=', 'active')
    .orderBy('u.id')
    .execute()

/** Whether any of the columns holds the words that are looked for. */
const named = (q: string | undefined, ...columns: RawBuilder<unknown>[]) => {
  if (!q) return sql`true`
  return sql`(${sql.join(
    columns.map((column) => sql`${column} ilike ${containing(q)}`),
    sql` or `,
  )})`
}

const teamsOfUser = (accountId: string, userId: unknown) =>
  sql`coalesce((select array_agg(t.team_id) from team_members t where t.account_id = ${accountId} and t.user_id = ${userId}), '{}')`

const placeQuery = {
  org: (accountId: string, id: string) =>
    sql`select null as owner, array[o.id] as orgs, '{}'::text[] as teams from orgs o
      where o.account_id = ${accountId} and o.id = ${id}`,
  team: (accountId: string, id: string) =>
    sql`select null as owner, array[t.org_id] as orgs, array[t.id] as teams from teams t
      where t.account_id = ${accountId} and t.id = ${id}`,
  user: (accountId: string, id: string) =>
    sql`select m.user_id as owner, '{}'::text[] as orgs, ${teamsOfUser(accountId, sql.ref('m.user_id'))} as teams
      from memberships m where m.account_id = ${accountId} and m.user_id = ${id}`,
  // the team that pays for it: the one it names, else the primary one of its owner
  key: (accountId: string, id: string) =>
    sql`select k.user_id as owner, '{}'::text[] as orgs, array_remove(array[coalesce(k.team_id,
        (select t.team_id from team_members t where t.account_id = k.account_id and t.user_id = k.user_id
          order by t.position limit 1),
        (select s.team_id from service_accounts s where s.account_id = k.account_id and s.id = k.service_account_id))],
        null) as teams
      from keys k where k.account_id = ${accountId} and k.id = ${id}`,
}
