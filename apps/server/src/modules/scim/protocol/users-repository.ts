import { type RawBuilder, sql } from 'kysely'
import { isUniqueViolation, jsonb, type Tx } from '../../../platform/index.ts'
import { ScimError } from './error.ts'
import { type Attributes, filterSql } from './filter.ts'
import type { UserFields, UserRow } from './user-resource.ts'

const attribute = (path: string) => sql`u.attributes #>> ${sql.lit(`{${path}}`)}`
const emails = (condition: ReturnType<typeof sql>) =>
  sql<boolean>`exists (select 1 from jsonb_array_elements(case jsonb_typeof(u.attributes -> 'emails') when 'array' then u.attributes -> 'emails' else '[]' end) e where ${condition})`

const attributes: Attributes = {
  id: { kind: 'text', column: sql`u.user_id`, exact: true },
  username: { kind: 'text', column: sql`u.user_name` },
  externalid: { kind: 'text', column: sql`u.external_id`, exact: true },
  active: { kind: 'boolean', column: sql`u.active` },
  displayname: { kind: 'text', column: attribute('displayName') },
  title: { kind: 'text', column: attribute('title') },
  'name.givenname': { kind: 'text', column: attribute('name,givenName') },
  'name.familyname': { kind: 'text', column: attribute('name,familyName') },
  'name.formatted': { kind: 'text', column: attribute('name,formatted') },
  emails: { kind: 'many', value: sql`e ->> 'value'`, some: emails },
  'emails.value': { kind: 'many', value: sql`e ->> 'value'`, some: emails },
  'emails.type': { kind: 'many', value: sql`e ->> 'type'`, some: emails },
  'meta.created': { kind: 'time', column: sql`u.created_at` },
  'meta.lastmodified': { kind: 'time', column: sql`u.updated_at` },
}

/** All SQL over `scim_users`, of the account of the transaction. */
export const scimUserRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('scim_users as u').where('u.account_id', '=', ctx.accountId)
  const matching = (filter: string | null) =>
    own().$if(filter !== null, (query) => query.where(filterSql(filter ?? '', attributes)))
  const explained = (error: unknown) => {
    if (isUniqueViolation(error, 'scim_users__user_name'))
      throw new ScimError(409, 'Another person has this userName.', 'uniqueness')
    if (isUniqueViolation(error, 'scim_users__external_id'))
      throw new ScimError(409, 'Another person has this externalId.', 'uniqueness')
    throw error
  }
  return {
    async page(filter: string | null, offset: number, limit: number): Promise<{ rows: UserRow[]; total: number }> {
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      const rows =
        limit === 0
          ? []
          : await matching(filter)
              .selectAll('u')
              .select(groupsOf)
              .orderBy('u.user_id')
              .offset(offset)
              .limit(limit)
              .execute()
      return { rows, total: Number(total) }
    },
    async find(id: string): Promise<UserRow | null> {
      return (await own().selectAll('u').select(groupsOf).where('u.user_id', '=', id).executeTakeFirst()) ?? null
    },
    /** Held until the end of the transaction: two changes of a person come one after the other. */
    async hold(id: string): Promise<UserRow | null> {
      const row = await own().select('u.user_id').where('u.user_id', '=', id).forUpdate().executeTakeFirst()
      return row ? this.find(id) : null
    },
    async insert(id: string, fields: UserFields, at: Date) {
      const row = { account_id: ctx.accountId, user_id: id, ...columns(fields), created_at: at, updated_at: at }
      await db.insertInto('scim_users').values(row).execute().catch(explained)
    },
    async update(id: string, fields: UserFields, at: Date) {
      await db
        .updateTable('scim_users')
        .set((e) => ({ ...columns(fields), version: e('version', '+', 1n), updated_at: at }))
        .where('account_id', '=', ctx.accountId)
        .where('user_id', '=', id)
        .execute()
        .catch(explained)
    },
    async counts() {
      const row = await own()
        .select((e) => [
          e.fn.countAll<bigint>().as('users'),
          e.fn.countAll<bigint>().filterWhere('u.active', '=', true).as('active'),
        ])
        .executeTakeFirstOrThrow()
      return { users: Number(row.users), activeUsers: Number(row.active) }
    },
    async ids(): Promise<string[]> {
      return (await own().select('u.user_id').orderBy('u.user_id').execute()).map(({ user_id }) => user_id)
    },
    /** Those of these ids that the source looks after. */
    async among(ids: readonly string[]): Promise<string[]> {
      if (ids.length === 0) return []
      const rows = await own()
        .select('u.user_id')
        .where(sql<boolean>`u.user_id = any(${[...ids]}::text[])`)
        .execute()
      return rows.map(({ user_id }) => user_id)
    },
  }
}

const groupsOf = sql<{ value: string; display: string }[]>`coalesce((
  select json_agg(json_build_object('value', g.id, 'display', g.display_name) order by g.display_name)
  from scim_group_members m join scim_groups g on g.account_id = m.account_id and g.id = m.group_id
  where m.account_id = u.account_id and m.user_id = u.user_id), '[]')`.as('groups')

const columns = ({ userName, externalId, active, attributes: kept }: UserFields) => ({
  user_name: userName,
  external_id: externalId,
  active,
  attributes: jsonb(kept) as RawBuilder<never>,
})
