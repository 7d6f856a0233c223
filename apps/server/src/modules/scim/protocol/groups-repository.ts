import { type Selectable, sql } from 'kysely'
import { type DB, isUniqueViolation, type Tx } from '../../../platform/index.ts'
import { ScimError } from './error.ts'
import { type Attributes, filterSql } from './filter.ts'

export type GroupRow = Selectable<DB['scim_groups']> & { members: { value: string; display: string }[] | null }
export type GroupFields = { displayName: string; externalId: string | null }

const someMember = (condition: ReturnType<typeof sql>) =>
  sql<boolean>`exists (select 1 from scim_group_members m where m.account_id = g.account_id and m.group_id = g.id and ${condition})`

const attributes: Attributes = {
  id: { kind: 'text', column: sql`g.id`, exact: true },
  displayname: { kind: 'text', column: sql`g.display_name` },
  externalid: { kind: 'text', column: sql`g.external_id`, exact: true },
  members: { kind: 'many', value: sql`m.user_id`, some: someMember },
  'members.value': { kind: 'many', value: sql`m.user_id`, some: someMember },
  'meta.created': { kind: 'time', column: sql`g.created_at` },
  'meta.lastmodified': { kind: 'time', column: sql`g.updated_at` },
}

/** All SQL over `scim_groups` and `scim_group_members`. Members come and go as sets: no list is read and written back. */
export const scimGroupRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('scim_groups as g').where('g.account_id', '=', ctx.accountId)
  const matching = (filter: string | null) =>
    own().$if(filter !== null, (query) => query.where(filterSql(filter ?? '', attributes)))
  const withMembers = (wanted: boolean) => (wanted ? membersOf : sql<null>`null`.as('members'))
  const explained = (error: unknown) => {
    if (isUniqueViolation(error, 'scim_groups__display_name'))
      throw new ScimError(409, 'Another group has this displayName.', 'uniqueness')
    if (isUniqueViolation(error, 'scim_groups__external_id'))
      throw new ScimError(409, 'Another group has this externalId.', 'uniqueness')
    throw error
  }
  return {
    async page(filter: string | null, offset: number, limit: number, members: boolean) {
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      const rows: GroupRow[] =
        limit === 0
          ? []
          : await matching(filter)
              .selectAll('g')
              .select(withMembers(members))
              .orderBy('g.id')
              .offset(offset)
              .limit(limit)
              .execute()
      return { rows, total: Number(total) }
    },
    async find(id: string, members = true): Promise<GroupRow | null> {
      const row = await own().selectAll('g').select(withMembers(members)).where('g.id', '=', id).executeTakeFirst()
      return row ?? null
    },
    async hold(id: string) {
      return (await own().selectAll('g').where('g.id', '=', id).forUpdate().executeTakeFirst()) ?? null
    },
    async insert(id: string, { displayName, externalId }: GroupFields, at: Date) {
      const row = { account_id: ctx.accountId, id, display_name: displayName, external_id: externalId }
      await db
        .insertInto('scim_groups')
        .values({ ...row, created_at: at, updated_at: at })
        .execute()
        .catch(explained)
    },
    async update(id: string, { displayName, externalId }: GroupFields, at: Date) {
      await db
        .updateTable('scim_groups')
        .set((e) => ({
          display_name: displayName,
          external_id: externalId,
          version: e('version', '+', 1n),
          updated_at: at,
        }))
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explained)
    },
    async remove(id: string) {
      await db.deleteFrom('scim_groups').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** Who was not in it before. Whoever the source does not look after is no member. */
    async addMembers(id: string, userIds: readonly string[]): Promise<string[]> {
      const { rows } = await sql<{ user_id: string }>`
        insert into scim_group_members (account_id, group_id, user_id)
        select u.account_id, ${id}, u.user_id from scim_users u
        where u.account_id = ${ctx.accountId} and u.user_id = any(${[...userIds]}::text[])
        on conflict do nothing returning user_id`.execute(db)
      return rows.map(({ user_id }) => user_id)
    },
    async removeMembers(id: string, userIds: readonly string[]): Promise<string[]> {
      const { rows } = await sql<{ user_id: string }>`
        delete from scim_group_members
        where account_id = ${ctx.accountId} and group_id = ${id} and user_id = any(${[...userIds]}::text[])
        returning user_id`.execute(db)
      return rows.map(({ user_id }) => user_id)
    },
    /** Everybody but these leaves; who left. */
    async keepMembers(id: string, userIds: readonly string[]): Promise<string[]> {
      const { rows } = await sql<{ user_id: string }>`
        delete from scim_group_members
        where account_id = ${ctx.accountId} and group_id = ${id} and user_id <> all(${[...userIds]}::text[])
        returning user_id`.execute(db)
      return rows.map(({ user_id }) => user_id)
    },
    /** Names of the groups each of these people is in. */
    async groupsOf(userIds: readonly string[]): Promise<Map<string, string[]>> {
      const groups = new Map<string, string[]>(userIds.map((id) => [id, []]))
      const { rows } = await sql<{ user_id: string; display_name: string }>`
        select m.user_id, g.display_name from scim_group_members m
        join scim_groups g on g.account_id = m.account_id and g.id = m.group_id
        where m.account_id = ${ctx.accountId} and m.user_id = any(${[...userIds]}::text[])
        order by g.display_name`.execute(db)
      for (const { user_id, display_name } of rows) groups.get(user_id)?.push(display_name)
      return groups
    },
    async count(): Promise<number> {
      const { groups } = await own()
        .select((e) => e.fn.countAll<bigint>().as('groups'))
        .executeTakeFirstOrThrow()
      return Number(groups)
    },
  }
}

const membersOf = sql<{ value: string; display: string }[]>`coalesce((
  select json_agg(json_build_object('value', m.user_id, 'display', u.user_name) order by m.user_id)
  from scim_group_members m join scim_users u on u.account_id = m.account_id and u.user_id = m.user_id
  where m.account_id = g.account_id and m.group_id = g.id), '[]')`.as('members')
