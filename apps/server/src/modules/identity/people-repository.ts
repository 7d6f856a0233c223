import type { MemberSource } from '@cockpit/contract/directory'
import type { RateLimits, RoleName } from '@cockpit/contract/kit'
import { sql as raw, type Selectable } from 'kysely'
import { type DB, platformAccount, type Tx } from '../../platform/index.ts'
import type { Membership } from './model.ts'

export type Person = {
  id: string
  email: string
  name: string
  passwordHash: string | null
  /** Tokens issued before are refused. */
  tokensValidFrom?: Date | null
  createdAt?: Date
  /** Since when they have the password they have. */
  passwordSince?: Date
}
/** A membership as it is stored and told in events. */
export type StoredMembership = { role: RoleName; status: Membership['status']; limits: RateLimits }
type MembershipChange = { [K in keyof StoredMembership]?: StoredMembership[K] | undefined }

/** All SQL over `users` and `memberships`. Needs a platform transaction: a person is more than one account sees. */
export const peopleRepository = ({ sql }: Tx) => ({
  async byEmail(email: string): Promise<Person | null> {
    const row = await sql.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
    return row ? person(row) : null
  },
  async byId(id: string): Promise<Person | null> {
    const row = await sql.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? person(row) : null
  },
  /** The hash somebody signs in by; nobody gives them another before the end of the transaction. */
  async heldPasswordHash(id: string): Promise<string | null> {
    const row = await sql.selectFrom('users').select('password_hash').where('id', '=', id).forShare().executeTakeFirst()
    return row?.password_hash ?? null
  },
  /** False when somebody has this e-mail already. */
  async insert({ id, email, name, passwordHash }: Person, at: Date): Promise<boolean> {
    const row = { id, email, name, password_hash: passwordHash, created_at: at }
    const added = sql
      .insertInto('users')
      .values(row)
      .onConflict((on) => on.column('email').doNothing())
    return (await added.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
  async setPasswordHash(id: string, passwordHash: string | null, at: Date) {
    const columns = { password_hash: passwordHash, password_changed_at: at }
    await sql.updateTable('users').set(columns).where('id', '=', id).execute()
  },
  /** Whatever proved the address before says nothing of another one. */
  async setEmail(id: string, email: string) {
    await sql.updateTable('users').set({ email, email_verified_at: null }).where('id', '=', id).execute()
  },
  async rename(id: string, name: string) {
    await sql.updateTable('users').set({ name }).where('id', '=', id).execute()
  },
  async endTokens(id: string, before: Date) {
    await sql.updateTable('users').set({ tokens_valid_from: before }).where('id', '=', id).execute()
  },
  async seen(id: string, at: Date) {
    await sql.updateTable('users').set({ last_seen_at: at }).where('id', '=', id).execute()
  },
  async remove(ids: readonly string[]) {
    if (ids.length > 0) await sql.deleteFrom('users').where('id', 'in', ids).execute()
  },

  /** Ids of those of the account who have one of these addresses or ids. */
  async among(accountId: string, { emails, ids }: { emails: readonly string[]; ids: readonly string[] }) {
    const rows = await sql
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select('u.id')
      .where('m.account_id', '=', accountId)
      .where(raw<boolean>`(u.email = any(${emails}::text[]) or u.id = any(${ids}::text[]))`)
      .execute()
    return rows.map(({ id }) => id)
  },

  /** Memberships of a person, oldest first. */
  async memberships(userId: string): Promise<Membership[]> {
    const rows = await sql
      .selectFrom('memberships as m')
      .innerJoin('accounts as a', 'a.account_id', 'm.account_id')
      // how an account lets people in belongs to its single sign-on; whoever signs in needs to know this much
      .leftJoin('sso_configs as s', 's.account_id', 'm.account_id')
      .select(['m.account_id', 'a.name', 'a.status as account_status', 'm.role', 'm.status', 's.required'])
      .where('m.user_id', '=', userId)
      .orderBy('m.created_at')
      .orderBy('m.account_id')
      .execute()
    return rows.map((row) => ({
      accountId: row.account_id,
      accountName: row.name,
      accountStatus: row.account_status as Membership['accountStatus'],
      role: row.role as RoleName,
      status: row.status as Membership['status'],
      ssoRequired: row.required ?? false,
    }))
  },
  async findMembership(accountId: string, userId: string): Promise<StoredMembership | null> {
    const row = await sql
      .selectFrom('memberships')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .forUpdate()
      .executeTakeFirst()
    return row ? membership(row) : null
  },
  /** False when the person is a member already. */
  async insertMembership(
    accountId: string,
    userId: string,
    { limits, ...fields }: StoredMembership,
    at: Date,
    source: MemberSource = 'manual',
  ) {
    const row = { ...fields, source, ...limitColumns(limits), account_id: accountId, user_id: userId, created_at: at }
    const added = sql
      .insertInto('memberships')
      .values(row)
      .onConflict((on) => on.columns(['account_id', 'user_id']).doNothing())
    return (await added.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
  async sourceOf(accountId: string, userId: string): Promise<string | null> {
    const own = sql.selectFrom('memberships').select('source').where('account_id', '=', accountId)
    return (await own.where('user_id', '=', userId).executeTakeFirst())?.source ?? null
  },
  async setSource(accountId: string, userId: string, source: MemberSource) {
    await sql
      .updateTable('memberships')
      .set({ source })
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute()
  },
  async updateMembership(accountId: string, userId: string, { role, status, limits }: MembershipChange) {
    await sql
      .updateTable('memberships')
      .set({ ...(role && { role }), ...(status && { status }), ...(limits && limitColumns(limits)) })
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute()
  },
  async deleteMembership(accountId: string, userId: string, at: Date) {
    await sql.deleteFrom('memberships').where('account_id', '=', accountId).where('user_id', '=', userId).execute()
    await sql
      .insertInto('membership_removals')
      .values({ account_id: accountId, user_id: userId, at })
      .onConflict((on) => on.columns(['account_id', 'user_id']).doUpdateSet({ at }))
      .execute()
  },
  /** Seats of an account. Where they are limited, they are held: of two who join at once, one may take the last. */
  async holdSeats(accountId: string): Promise<{ max: number | null; used: number }> {
    const seats = sql.selectFrom('accounts').select('seats_max').where('account_id', '=', accountId)
    if (((await seats.executeTakeFirst())?.seats_max ?? null) === null) return { max: null, used: 0 }
    const held = await seats.forNoKeyUpdate().executeTakeFirst()
    const { used } = await sql
      .selectFrom('memberships')
      .select((e) => e.fn.countAll<bigint>().as('used'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    return { max: held?.seats_max ?? null, used: Number(used) }
  },
  async onlyIn(accountId: string): Promise<string[]> {
    const rows = await sql
      .selectFrom('memberships as m')
      .select('m.user_id')
      .where('m.account_id', '=', accountId)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('memberships as other')
              .select('other.user_id')
              .whereRef('other.user_id', '=', 'm.user_id')
              .where('other.account_id', '<>', accountId),
          ),
        ),
      )
      .execute()
    return rows.map((row) => row.user_id)
  },
  async hasSuperAdmin(): Promise<boolean> {
    const row = await sql
      .selectFrom('memberships')
      .select('user_id')
      .where('account_id', '=', platformAccount)
      .where('role', '=', 'super_admin')
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },

  /** Name and status of one real account. Accounts belong to tenancy; whoever signs in needs to know these two. */
  async account(id: string) {
    const row = await sql
      .selectFrom('accounts')
      .select(['account_id as id', 'name', 'status'])
      .where('account_id', '=', id)
      .where('account_id', '<>', platformAccount)
      .executeTakeFirst()
    return row ?? null
  },
  async accountNames(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const rows = await sql
      .selectFrom('accounts')
      .select('name')
      .where('account_id', 'in', [...ids])
      .execute()
    return rows.map(({ name }) => name)
  },
  async firstAccounts(limit: number) {
    return sql
      .selectFrom('accounts')
      .select(['account_id as id', 'name', 'status'])
      .where('account_id', '<>', platformAccount)
      .orderBy('name')
      .limit(limit)
      .execute()
  },
})

const person = (row: Selectable<DB['users']>): Person => ({
  id: row.id,
  email: row.email,
  name: row.name,
  passwordHash: row.password_hash,
  tokensValidFrom: row.tokens_valid_from,
  createdAt: row.created_at,
  passwordSince: row.password_changed_at ?? row.created_at,
})

const limitColumns = ({ rpm, tpm }: RateLimits) => ({ rpm, tpm: tpm === null ? null : BigInt(tpm) })

const membership = ({ role, status, rpm, tpm }: Selectable<DB['memberships']>): StoredMembership => ({
  role: role as RoleName,
  status: status as Membership['status'],
  limits: { rpm, tpm: tpm === null ? null : Number(tpm) },
})
