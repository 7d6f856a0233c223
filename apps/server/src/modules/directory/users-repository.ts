import type { User } from '@cockpit/contract/directory'
import type { AccountSlice } from '@cockpit/contract/snapshot'
import { type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'
import { limitsOf } from './teams-repository.ts'

type Row = Selectable<DB['memberships']> & {
  email: string
  name: string
  last_seen_at: Date | null
  teams: { id: string; name: string }[]
  keys: bigint
}
type Filter = {
  q?: string | undefined
  teamId?: string | undefined
  role?: User['role'] | undefined
  status?: User['status'] | undefined
}
type Page = Filter & { limit: number; after?: string | undefined }

/** What an account sees of its people. Reads `users` and `memberships`; identity owns and writes them. */
export const userRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () =>
    db
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .where('m.account_id', '=', ctx.accountId)
  const matching = ({ q, teamId, role, status }: Filter) =>
    own()
      .$if(role !== undefined, (query) => query.where('m.role', '=', role ?? ''))
      .$if(status !== undefined, (query) => query.where('m.status', '=', status ?? ''))
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) =>
          e.or((['u.name', 'u.email', 'u.id'] as const).map((c) => e(c, 'ilike', containing(q ?? '')))),
        ),
      )
      .$if(teamId !== undefined, (query) =>
        query.where((e) =>
          e.exists(
            e
              .selectFrom('team_members as t')
              .select('t.team_id')
              .whereRef('t.account_id', '=', 'm.account_id')
              .whereRef('t.user_id', '=', 'm.user_id')
              .where('t.team_id', '=', teamId ?? ''),
          ),
        ),
      )
  const keysOf = sql<bigint>`(select count(*) from keys k where k.account_id = m.account_id and k.user_id = m.user_id
    and k.purpose = 'gateway' and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now}))`.as('keys')
  const full = (rows: ReturnType<typeof own>) =>
    rows.selectAll('m').select(['u.email', 'u.name', 'u.last_seen_at', teamsOf, keysOf])

  return {
    async page({ limit, after, ...filter }: Page) {
      const rows = await full(matching(filter))
        .$if(after !== undefined, (query) => query.where('m.user_id', '<', after ?? ''))
        .orderBy('m.user_id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<User | null> {
      const row = await full(own().where('m.user_id', '=', id)).executeTakeFirst()
      return row ? present(row) : null
    },
    async slices(): Promise<AccountSlice['users']> {
      const rows = await full(own()).orderBy('m.user_id').execute()
      return rows.map(present).map(({ id, name, role, status, limits, teams }) => ({
        id,
        name,
        role,
        status,
        limits,
        teamIds: teams.map((team) => team.id),
      }))
    },
  }
}

// the order of the list is the order the person's teams were given in: the first is the primary one
const teamsOf = sql<{ id: string; name: string }[]>`coalesce((
  select json_agg(json_build_object('id', t.id, 'name', t.name) order by tm.position)
  from team_members tm join teams t on t.account_id = tm.account_id and t.id = tm.team_id
  where tm.account_id = m.account_id and tm.user_id = m.user_id), '[]')`.as('teams')

const present = (row: Row): User => ({
  id: row.user_id,
  email: row.email,
  name: row.name,
  role: row.role as User['role'],
  status: row.status as User['status'],
  limits: limitsOf(row),
  teams: row.teams,
  keys: Number(row.keys),
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
})
