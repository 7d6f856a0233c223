import { Provenance, type User } from '@cockpit/contract/directory'
import type { AccountSlice } from '@cockpit/contract/snapshot'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import { limitsOf } from './teams-repository.ts'
import {
  behind,
  conditionsOf,
  cutSorted,
  hasFactor,
  needsPerson,
  type SortName,
  sortOf,
  type UserFilter,
  workingKeys,
} from './users-list.ts'

type Row = Selectable<DB['memberships']> & {
  email: string
  name: string
  last_seen_at: Date | null
  tokens_valid_from: Date | null
  teams: User['teams']
  keys: bigint
  second_factor: boolean
}
type Page = UserFilter & { limit: number; after?: string | undefined; sort: SortName }

/** What an account sees of its people. Reads `users` and `memberships`; identity owns and writes them. */
export const userRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const members = () => db.selectFrom('memberships as m').where('m.account_id', '=', ctx.accountId)
  const own = () => members().innerJoin('users as u', 'u.id', 'm.user_id')
  const keysOf = sql<bigint>`(select count(*) from ${workingKeys(now)})`.as('keys')
  const factorOf = hasFactor.as('second_factor')
  const full = (rows: ReturnType<typeof own>) =>
    rows
      .selectAll('m')
      .select(['u.email', 'u.name', 'u.last_seen_at', 'u.tokens_valid_from', teamsOf, keysOf, factorOf])
  const together = (all: readonly RawBuilder<boolean>[]) =>
    all.length > 0 ? sql<boolean>`${sql.join([...all], sql` and `)}` : sql<boolean>`true`

  return {
    async page(query: Page) {
      const { items, next, found } = await this.rows(query)
      return { items, next, total: found ?? (await this.count(query)) }
    },
    /**
     * A page; `found` is how many there are where that is known by the way. What is shown of a person is read for those
     * of the page only, not for all that are sorted.
     */
    async rows({ limit, after, sort, ...filter }: Page) {
      const by = sortOf(sort, now)
      const conditions = conditionsOf(filter, now)
      const place = after === undefined ? [] : [behind(after, sort, by)]
      const direction = by.descending ? 'desc' : 'asc'
      // looking at people one by one costs most, so those that are looked at anyway are counted in the same go
      const total =
        after === undefined && needsPerson(filter) ? sql<bigint | null>`count(*) over ()` : sql<bigint | null>`null`
      const chosen = own()
        .where(together([...conditions, ...place]))
        .select(['m.user_id', by.written.as('sort_value'), total.as('total')])
        .orderBy(by.value, direction)
        .orderBy('m.user_id', direction)
        .limit(limit + 1)
      const rows = await full(own().innerJoin(chosen.as('chosen'), 'chosen.user_id', 'm.user_id'))
        .select([sql<unknown>`chosen.sort_value`.as('sort_value'), sql<bigint | null>`chosen.total`.as('total')])
        .orderBy(by.value, direction)
        .orderBy('m.user_id', direction)
        .execute()
      const page = cutSorted(rows, { limit, sort }, present)
      const counted = rows[0]?.total ?? null
      // a first page that holds all is its own count
      const whole = after === undefined && page.next === null ? page.items.length : null
      return { ...page, found: counted === null ? whole : Number(counted) }
    },
    async count(filter: UserFilter): Promise<number> {
      const rows = needsPerson(filter) ? own() : members()
      const { total } = await rows
        .where(together(conditionsOf(filter, now)))
        .select(sql<bigint>`count(*)`.as('total'))
        .executeTakeFirstOrThrow()
      return Number(total)
    },
    async find(id: string): Promise<User | null> {
      const row = await full(own().where('m.user_id', '=', id)).executeTakeFirst()
      return row ? present(row) : null
    },
    async byEmail(email: string): Promise<User | null> {
      const row = await full(own().where('u.email', '=', email)).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Whether the person belongs to another account; `active`: and may work there. Needs a platform transaction. */
    async isElsewhere(id: string, { active }: { active: boolean }): Promise<boolean> {
      const row = await db
        .selectFrom('memberships')
        .select('user_id')
        .where('user_id', '=', id)
        .where('account_id', '<>', ctx.accountId)
        .$if(active, (rows) => rows.where('status', '=', 'active'))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
    async slices(): Promise<AccountSlice['users']> {
      const rows = await full(own()).orderBy('m.user_id').execute()
      return rows.map((row) => {
        const { id, name, role, status, limits, teams } = present(row)
        const tokensValidFrom = row.tokens_valid_from?.getTime()
        const teamIds = teams.map((team) => team.id)
        return { id, name, role, status, limits, teamIds, ...(tokensValidFrom !== undefined && { tokensValidFrom }) }
      })
    },
  }
}

// the order of the list is the order the person's teams were given in: the first is the primary one
const teamsOf = sql<User['teams']>`coalesce((
  select json_agg(json_build_object('id', t.id, 'name', t.name, 'source', tm.source) order by tm.position)
  from team_members tm join teams t on t.account_id = tm.account_id and t.id = tm.team_id
  where tm.account_id = m.account_id and tm.user_id = m.user_id), '[]')`.as('teams')

const present = (row: Row): User => ({
  id: row.user_id,
  email: row.email,
  name: row.name,
  role: row.role as User['role'],
  status: row.status as User['status'],
  source: row.source as User['source'],
  limits: limitsOf(row),
  teams: row.teams,
  keys: Number(row.keys),
  secondFactor: row.second_factor,
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  provenance: provenanceOf(row.provenance),
})

const provenanceOf = (stored: unknown): User['provenance'] => {
  const known = Provenance.safeParse(stored)
  return known.success ? known.data : null
}
