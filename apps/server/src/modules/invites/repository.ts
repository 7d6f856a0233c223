import type { Invite, inviteStatuses } from '@cockpit/contract/invites'
import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'
import { statusOf } from './model.ts'

type Status = (typeof inviteStatuses)[number]
type Filter = { q?: string | undefined; status?: Status | undefined }
type Page = Filter & { limit: number; after?: string | undefined }
export type StoredInvite = Selectable<DB['invites']> & { teams: { id: string; name: string }[] }

/** All SQL over `invites` and `invite_teams`, of the account of the transaction. */
export const inviteRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('invites as i').where('i.account_id', '=', ctx.accountId)
  const matching = ({ q, status }: Filter) =>
    own()
      .$if(status !== undefined, (rows) => rows.where(isOf(status ?? 'pending', now)))
      .$if(q !== undefined && q !== '', (rows) => rows.where('i.email', 'ilike', containing(q ?? '')))

  return {
    async page({ limit, after, ...filter }: Page) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('i.id', '<', after ?? ''))
        .selectAll('i')
        .select(teamsOf)
        .orderBy('i.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, (row) => presentInvite(row, now)), total: Number(total) }
    },
    /** Held until the end of the transaction: of two who use a link at once, one does. */
    async hold(id: string): Promise<StoredInvite | null> {
      return (
        (await own().where('i.id', '=', id).selectAll('i').select(teamsOf).forUpdate('i').executeTakeFirst()) ?? null
      )
    },
    /** Those of an address that nobody accepted or revoked, expired or not; held as above. */
    async holdOpen(email: string): Promise<StoredInvite[]> {
      const open = own().where('i.accepted_at', 'is', null).where('i.revoked_at', 'is', null)
      return open.where('i.email', '=', email).selectAll('i').select(teamsOf).orderBy('i.id').forUpdate('i').execute()
    },
    async insert(row: Omit<Insertable<DB['invites']>, 'account_id'>, teamIds: readonly string[]) {
      await db
        .insertInto('invites')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
      const teams = teamIds.map((team_id, position) => ({
        account_id: ctx.accountId,
        invite_id: row.id,
        team_id,
        position,
      }))
      if (teams.length > 0) await db.insertInto('invite_teams').values(teams).execute()
    },
    async update(id: string, change: Partial<Selectable<DB['invites']>>) {
      await db.updateTable('invites').set(change).where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    /** Links that no longer work make room for new ones. */
    async closeExpired(emails: readonly string[]) {
      await db
        .updateTable('invites')
        .set({ revoked_at: now })
        .where('account_id', '=', ctx.accountId)
        .where('email', 'in', emails)
        .where('accepted_at', 'is', null)
        .where('revoked_at', 'is', null)
        .where('expires_at', '<=', now)
        .execute()
    },
    /** Which of these addresses are in the account, and which have an open invitation. */
    async taken(emails: readonly string[]) {
      const { rows } = await sql<{ email: string; member: boolean }>`
        select u.email, true as member from memberships m join users u on u.id = m.user_id
          where m.account_id = ${ctx.accountId} and u.email = any(${[...emails]}::text[])
        union all
        select i.email, false from invites i where i.account_id = ${ctx.accountId}
          and i.email = any(${[...emails]}::text[]) and i.accepted_at is null and i.revoked_at is null`.execute(db)
      return new Map(rows.map(({ email, member }) => [email, member ? ('member' as const) : ('invited' as const)]))
    },
    async accountName(): Promise<string> {
      const account = db.selectFrom('accounts').select('name').where('account_id', '=', ctx.accountId)
      return (await account.executeTakeFirstOrThrow()).name
    },
    /** Seats that are left when every open invitation is accepted; null where they are not limited. */
    async seatsLeft(): Promise<number | null> {
      const { rows } = await sql<{ left: bigint | null }>`
        select seats_max
          - (select count(*) from memberships m where m.account_id = a.account_id)
          - (select count(*) from invites i where i.account_id = a.account_id and ${isOf('pending', now)}) as left
        from accounts a where a.account_id = ${ctx.accountId}`.execute(db)
      const left = rows[0]?.left ?? null
      return left === null ? null : Number(left)
    },
  }
}

/** Finds an invitation by its link, in whichever account. Needs a platform transaction. */
export const invitationLookup = ({ sql: db }: Tx) => ({
  async byTokenHash(hash: string) {
    const row = await db
      .selectFrom('invites as i')
      .innerJoin('accounts as a', 'a.account_id', 'i.account_id')
      .where('i.token_hash', '=', hash)
      .selectAll('i')
      .select(['a.name as account_name', 'a.status as account_status', teamsOf])
      .executeTakeFirst()
    return row ?? null
  },
  /** Invitations of this address to accounts that this person is active in by now. */
  async ofMember(email: string, userId: string) {
    return db
      .selectFrom('invites as i')
      .innerJoin('memberships as m', 'm.account_id', 'i.account_id')
      .where('m.user_id', '=', userId)
      .where('m.status', '=', 'active')
      .where('i.email', '=', email)
      .where('i.accepted_at', 'is', null)
      .where('i.revoked_at', 'is', null)
      .select(['i.account_id', 'i.id'])
      .execute()
  },
})

const isOf = (status: Status, now: Date): RawBuilder<boolean> => {
  if (status === 'accepted') return sql`i.accepted_at is not null`
  if (status === 'revoked') return sql`i.accepted_at is null and i.revoked_at is not null`
  const open = sql`i.accepted_at is null and i.revoked_at is null`
  return status === 'pending' ? sql`${open} and i.expires_at > ${now}` : sql`${open} and i.expires_at <= ${now}`
}

const teamsOf = sql<StoredInvite['teams']>`coalesce((
  select json_agg(json_build_object('id', t.id, 'name', t.name) order by it.position)
  from invite_teams it join teams t on t.account_id = it.account_id and t.id = it.team_id
  where it.account_id = i.account_id and it.invite_id = i.id), '[]')`.as('teams')

export const presentInvite = (row: StoredInvite, now: Date): Invite => ({
  id: row.id,
  email: row.email,
  role: row.role as Invite['role'],
  teams: row.teams,
  status: statusOf(row, now),
  invitedBy: row.inviter_name,
  createdAt: row.created_at.toISOString(),
  sentAt: row.sent_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  acceptedAt: row.accepted_at?.toISOString() ?? null,
  userId: row.accepted_by,
})
