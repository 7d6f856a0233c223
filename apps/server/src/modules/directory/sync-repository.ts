import type { MemberSource } from '@cockpit/contract/directory'
import type { Tx } from '../../platform/index.ts'

/** What a synchronisation looks up in the account of the transaction. */
export const syncRepository = ({ sql: db, ctx }: Tx) => ({
  async memberByEmail(email: string): Promise<string | null> {
    const row = await db
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select('m.user_id')
      .where('m.account_id', '=', ctx.accountId)
      .where('u.email', '=', email)
      .executeTakeFirst()
    return row?.user_id ?? null
  },
  /** Teams of each of these people, and whether this source put them there. */
  async places(userIds: readonly string[], source: MemberSource): Promise<Map<string, Map<string, boolean>>> {
    const places = new Map<string, Map<string, boolean>>()
    if (userIds.length === 0) return places
    const rows = await db
      .selectFrom('team_members')
      .select(['user_id', 'team_id', 'source'])
      .where('account_id', '=', ctx.accountId)
      .where('user_id', 'in', userIds)
      .execute()
    for (const row of rows) {
      const own = places.get(row.user_id) ?? new Map<string, boolean>()
      places.set(row.user_id, own.set(row.team_id, row.source === source))
    }
    return places
  },
  async teamByName(orgId: string, name: string): Promise<string | null> {
    const row = await db
      .selectFrom('teams')
      .select('id')
      .where('account_id', '=', ctx.accountId)
      .where('org_id', '=', orgId)
      .where((e) => e(e.fn<string>('lower', ['name']), '=', name.slice(0, 80).toLowerCase()))
      .executeTakeFirst()
    return row?.id ?? null
  },
  /** Names of those of these ids that exist here. */
  async names(scope: 'orgs' | 'teams', ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map()
    const rows = await db
      .selectFrom(scope)
      .select(['id', 'name'])
      .where('account_id', '=', ctx.accountId)
      .where('id', 'in', [...ids])
      .execute()
    return new Map(rows.map(({ id, name }) => [id, name]))
  },
})
