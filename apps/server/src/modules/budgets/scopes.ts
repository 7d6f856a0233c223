import type { Spender } from '@cockpit/policy'
import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'
import type { Scope } from './model.ts'

/** A scope and those around it: `nearest` in the order in which budgets apply, `containers` all that it lies in. */
export type Place = { scope: Scope; nearest: { type: 'team' | 'org'; id: string }[]; containers: string[] }

/** What budgets read of the directory: who exists, and who belongs where. They never write it. */
export const scopeReader = ({ sql: db }: Tx, accountId: string) => {
  const org = async (id: string): Promise<Place | null> => {
    const { rows } = await sql<{ name: string }>`
      select name from orgs where account_id = ${accountId} and id = ${id}`.execute(db)
    return rows[0] ? { scope: { type: 'org', id, name: rows[0].name }, nearest: [], containers: [] } : null
  }
  const team = async (id: string): Promise<Place | null> => {
    const { rows } = await sql<{ name: string; org_id: string }>`
      select name, org_id from teams where account_id = ${accountId} and id = ${id}`.execute(db)
    const [row] = rows
    return row
      ? {
          scope: { type: 'team', id, name: row.name },
          nearest: [{ type: 'org', id: row.org_id }],
          containers: [row.org_id],
        }
      : null
  }
  const user = async (id: string): Promise<Place | null> => {
    const { rows } = await sql<{ name: string; team_id: string | null; org_id: string | null }>`
      select u.name, t.id as team_id, t.org_id
      from memberships m join users u on u.id = m.user_id
      left join team_members tm on tm.account_id = m.account_id and tm.user_id = m.user_id
      left join teams t on t.account_id = tm.account_id and t.id = tm.team_id
      where m.account_id = ${accountId} and m.user_id = ${id} order by tm.position, t.id`.execute(db)
    const [primary] = rows
    if (!primary) return null
    const nearest: Place['nearest'] = []
    // of several teams the first is the primary one, whose budget applies
    if (primary.team_id) nearest.push({ type: 'team', id: primary.team_id })
    if (primary.org_id) nearest.push({ type: 'org', id: primary.org_id })
    const containers = rows.flatMap(({ team_id, org_id }) => [team_id, org_id].filter((value) => value !== null))
    return { scope: { type: 'user', id, name: primary.name }, nearest, containers }
  }
  const teamOfService = async (id: string) => {
    const { rows } = await sql<{ team_id: string | null }>`
      select team_id from service_accounts where account_id = ${accountId} and id = ${id}`.execute(db)
    return rows[0]?.team_id
  }
  const find = { org, team, user }

  return {
    /** Null when this account has no such scope. */
    find: (type: 'org' | 'team' | 'user', id: string) => find[type](id),

    /** The orgs, teams or active users inside a scope. */
    async inside(among: 'orgs' | 'teams' | 'users', scope: Pick<Scope, 'type' | 'id'>): Promise<Scope[]> {
      const { type, query } = members(accountId, scope)[among]
      const { rows } = await sql<{ id: string; name: string }>`${query} order by id`.execute(db)
      return rows.map(({ id, name }) => ({ type, id, name }))
    },

    /** Whom a call is made for: in the team named, or else the primary team of the user or service account. */
    async spender({ userId, serviceAccountId, teamId }: Omit<Spender, 'orgId' | 'context'>): Promise<Spender> {
      const own = userId ? (await user(userId))?.nearest.find(({ type }) => type === 'team')?.id : undefined
      const service = serviceAccountId ? await teamOfService(serviceAccountId) : undefined
      const inTeam = teamId ?? own ?? service ?? null
      const orgId = inTeam ? ((await team(inTeam))?.containers[0] ?? null) : null
      return { userId, serviceAccountId, teamId: inTeam, orgId }
    },

    async factor(): Promise<string> {
      const { rows } = await sql<{ factor: string }>`
        select trim_scale(credits_factor)::text as factor from accounts where account_id = ${accountId}`.execute(db)
      return rows[0]?.factor ?? '1'
    },
  }
}

type Members = { type: Scope['type']; query: RawBuilder<unknown> }

/** What may share the credits of a scope, by kind. */
const members = (
  accountId: string,
  { type, id }: Pick<Scope, 'type' | 'id'>,
): Record<'orgs' | 'teams' | 'users', Members> => {
  const all = sql`${type === 'account'}::boolean`
  const orgId = type === 'org' ? id : null
  const teamId = type === 'team' ? id : null
  return {
    orgs: { type: 'org', query: sql`select id, name from orgs where account_id = ${accountId} and ${all}` },
    teams: {
      type: 'team',
      query: sql`select id, name from teams where account_id = ${accountId} and (${all} or org_id = ${orgId})`,
    },
    users: {
      type: 'user',
      query: sql`
        select u.id, u.name from memberships m join users u on u.id = m.user_id
        where m.account_id = ${accountId} and m.status = 'active' and (${all} or exists (
          select 1 from team_members tm join teams t on t.account_id = tm.account_id and t.id = tm.team_id
          where tm.account_id = m.account_id and tm.user_id = m.user_id and (t.org_id = ${orgId} or t.id = ${teamId})))`,
    },
  }
}
