import type { MemberSource, TeamMember } from '@cockpit/contract/directory'
import { type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['team_members']> & {
  name: string
  email: string
  role: string
  status: string
  is_primary: boolean
}
type Page = { limit: number; after?: string | undefined; q?: string | undefined }
export type Joined = { teamId: string; source: MemberSource }

/** All SQL over `team_members`, of the account of the transaction. */
export const memberRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('team_members as t').where('t.account_id', '=', ctx.accountId)
  const peopleOf = (teamId: string, q: string | undefined) =>
    own()
      .innerJoin('memberships as m', (on) =>
        on.onRef('m.account_id', '=', 't.account_id').onRef('m.user_id', '=', 't.user_id'),
      )
      .innerJoin('users as u', 'u.id', 't.user_id')
      .where('t.team_id', '=', teamId)
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) => e.or((['u.name', 'u.email'] as const).map((c) => e(c, 'ilike', containing(q ?? ''))))),
      )

  return {
    async page(teamId: string, { limit, after, q }: Page) {
      const rows = await peopleOf(teamId, q)
        .$if(after !== undefined, (query) => query.where('t.user_id', '<', after ?? ''))
        .selectAll('t')
        .select(['u.name', 'u.email', 'm.role', 'm.status', isPrimary])
        .orderBy('t.user_id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await peopleOf(teamId, q)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    /** Teams of a person, the primary one first. */
    async of(userId: string): Promise<Joined[]> {
      const rows = await own()
        .where('t.user_id', '=', userId)
        .select(['t.team_id', 't.source'])
        .orderBy('t.position')
        .execute()
      return rows.map(({ team_id, source }) => ({ teamId: team_id, source: source as MemberSource }))
    },
    /** Which of these people are in the team, and how they came into it. */
    async in(teamId: string, userIds: readonly string[]): Promise<Map<string, MemberSource>> {
      const rows = await own()
        .where('t.team_id', '=', teamId)
        .where('t.user_id', 'in', userIds)
        .select(['t.user_id', 't.source'])
        .execute()
      return new Map(rows.map(({ user_id, source }) => [user_id, source as MemberSource]))
    },
    /** Behind the teams the people are in already; the ids of those who were not in it. */
    async add(
      teamId: string,
      userIds: readonly string[],
      at: Date,
      source: MemberSource = 'manual',
    ): Promise<string[]> {
      const { rows } = await sql<{ user_id: string }>`
        insert into team_members (account_id, team_id, user_id, position, source, created_at)
        select ${ctx.accountId}, ${teamId}, wanted.id, coalesce(last.position + 1, 0), ${source}, ${at}
        from unnest(${[...userIds]}::text[]) wanted (id)
        left join lateral (select max(position) as position from team_members t
          where t.account_id = ${ctx.accountId} and t.user_id = wanted.id) last on true
        on conflict do nothing
        returning user_id`.execute(db)
      return rows.map((row) => row.user_id)
    },
    async remove(teamId: string, userIds: readonly string[]): Promise<string[]> {
      if (userIds.length === 0) return []
      const rows = await db
        .deleteFrom('team_members')
        .where('account_id', '=', ctx.accountId)
        .where('team_id', '=', teamId)
        .where('user_id', 'in', userIds)
        .returning('user_id')
        .execute()
      return rows.map((row) => row.user_id)
    },
    /** Leaves, joins and orders the teams of a person; how they came into those that stay does not change. */
    async replace(userId: string, teamIds: readonly string[], at: Date) {
      const kept = teamIds.length > 0 ? [...teamIds] : ['']
      await db
        .deleteFrom('team_members')
        .where('account_id', '=', ctx.accountId)
        .where('user_id', '=', userId)
        .where('team_id', 'not in', kept)
        .execute()
      if (teamIds.length === 0) return
      const rows = teamIds.map((team_id, position) => ({
        account_id: ctx.accountId,
        team_id,
        user_id: userId,
        position,
        created_at: at,
      }))
      await db
        .insertInto('team_members')
        .values(rows)
        .onConflict((on) =>
          on
            .columns(['account_id', 'team_id', 'user_id'])
            .doUpdateSet((e) => ({ position: e.ref('excluded.position') })),
        )
        .execute()
    },
    /** Those of these ids that are teams of the account, held so that none is deleted before somebody joined. */
    async teamsAmong(ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db
        .selectFrom('teams')
        .select('id')
        .where('account_id', '=', ctx.accountId)
        .where('id', 'in', ids)
        .orderBy('id')
        .forShare()
        .execute()
      return new Set(rows.map(({ id }) => id))
    },
    /** Those of these ids that are people of the account. */
    async peopleAmong(ids: readonly string[]): Promise<Set<string>> {
      const rows = await db
        .selectFrom('memberships')
        .select('user_id')
        .where('account_id', '=', ctx.accountId)
        .where('user_id', 'in', ids)
        .orderBy('user_id')
        .forKeyShare()
        .execute()
      return new Set(rows.map((row) => row.user_id))
    },
  }
}

const isPrimary = sql<boolean>`not exists (select from team_members other where other.account_id = t.account_id
  and other.user_id = t.user_id and other.position < t.position)`.as('is_primary')

const present = (row: Row): TeamMember => ({
  id: row.user_id,
  name: row.name,
  email: row.email,
  role: row.role as TeamMember['role'],
  status: row.status as TeamMember['status'],
  source: row.source as MemberSource,
  isPrimary: row.is_primary,
  joinedAt: row.created_at.toISOString(),
})
