import type { RoleName } from '@cockpit/contract/kit'
import type { Selectable } from 'kysely'
import { type DB, jsonb, platformAccount, type Tx } from '../../../platform/index.ts'
import type { Held, Provenance } from './model.ts'

export type KnownIdentity = { userId: string }

/**
 * All SQL over `user_identities`, `account_domains` as far as they are verified, who wrote `sso_configs`, `account_identity_orgs` and the
 * provenance of memberships. Needs a platform transaction: whose somebody is concerns all accounts.
 */
export const resolutionRepository = ({ sql: db }: Tx) => ({
  async identity(issuer: string, subject: string): Promise<KnownIdentity | null> {
    const row = await db
      .selectFrom('user_identities')
      .select('user_id')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst()
    return row ? { userId: row.user_id } : null
  },
  async hasIdentityAt(userId: string, issuer: string): Promise<boolean> {
    const row = await db
      .selectFrom('user_identities')
      .select('subject')
      .where('user_id', '=', userId)
      .where('issuer', '=', issuer)
      .executeTakeFirst()
    return row !== undefined
  },
  async hasIdentity(userId: string): Promise<boolean> {
    const row = await db
      .selectFrom('user_identities')
      .select('subject')
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return row !== undefined
  },
  async link(identity: { issuer: string; subject: string; userId: string; email: string | null }, at: Date) {
    const { userId, ...fields } = identity
    const row = { ...fields, user_id: userId, created_at: at, last_seen_at: at }
    await db.insertInto('user_identities').values(row).execute()
  },
  async seen(issuer: string, subject: string, email: string | null, at: Date) {
    await db
      .updateTable('user_identities')
      // tokens seldom say it, and their silence takes nothing back
      .set({ last_seen_at: at, ...(email !== null && { email }) })
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .execute()
  },

  async accountsOfOrgs(issuer: string, orgIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (orgIds.length === 0) return new Map()
    const rows = await db
      .selectFrom('account_identity_orgs')
      .select(['org_id', 'account_id'])
      .where('issuer', '=', issuer)
      .where('org_id', 'in', orgIds)
      .execute()
    return new Map(rows.map((row) => [row.org_id, row.account_id]))
  },
  /** Whether any account is an organisation of this issuer. */
  async hasOrgs(issuer: string): Promise<boolean> {
    const row = await db
      .selectFrom('account_identity_orgs')
      .select('account_id')
      .where('issuer', '=', issuer)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
  async setOrg(link: { accountId: string; issuer: string; orgId: string }, at: Date) {
    const { accountId, issuer, orgId } = link
    await db
      .insertInto('account_identity_orgs')
      .values({ account_id: accountId, issuer, org_id: orgId, created_at: at })
      .onConflict((on) => on.columns(['account_id', 'issuer']).doUpdateSet({ org_id: orgId, created_at: at }))
      .execute()
  },
  async removeOrg(accountId: string, issuer: string) {
    await db
      .deleteFrom('account_identity_orgs')
      .where('account_id', '=', accountId)
      .where('issuer', '=', issuer)
      .execute()
  },
  async accountOfDomain(domain: string): Promise<string | null> {
    const row = await db
      .selectFrom('account_domains')
      .select('account_id')
      .where('domain', '=', domain)
      .where('verified_at', 'is not', null)
      .executeTakeFirst()
    return row?.account_id ?? null
  },
  /** Whether an account has a provider of its own that lets people in. */
  async hasProvider(accountId: string): Promise<boolean> {
    const own = db.selectFrom('sso_configs').select('enabled').where('account_id', '=', accountId)
    return (await own.executeTakeFirst())?.enabled ?? false
  },
  /** What the writer of the settings of an account's own provider might do; null when that was everything. */
  async providerWrittenWith(accountId: string): Promise<readonly string[] | null> {
    const own = db.selectFrom('sso_configs').select('written_with').where('account_id', '=', accountId)
    return (await own.executeTakeFirst())?.written_with ?? null
  },
  /** Active admins of an account, by their membership or by a role given beside it for good, who are nobody of the platform. */
  async adminsOf(accountId: string): Promise<string[]> {
    const rows = await db
      .selectFrom('memberships as m')
      .select('m.user_id')
      .where('m.account_id', '=', accountId)
      .where((e) =>
        e.or([
          e('m.role', 'in', ['owner', 'account_admin']),
          e.exists(
            e
              .selectFrom('role_assignments as a')
              .select('a.id')
              .whereRef('a.account_id', '=', 'm.account_id')
              .whereRef('a.user_id', '=', 'm.user_id')
              .where('a.role', 'in', ['owner', 'account_admin'])
              .where('a.org_id', 'is', null)
              .where('a.team_id', 'is', null)
              .where('a.expires_at', 'is', null),
          ),
        ]),
      )
      .where('m.status', '=', 'active')
      .where('m.user_id', 'not in', (e) =>
        e.selectFrom('memberships').select('user_id').where('account_id', '=', platformAccount),
      )
      .execute()
    return rows.map((row) => row.user_id)
  },
  /** Accounts this e-mail is an active admin of, oldest first; those that have an org at the issuer take people from there. */
  async adminAccounts(email: string, issuer: string): Promise<string[]> {
    const rows = await db
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select('m.account_id')
      .where('u.email', '=', email)
      .where('m.role', 'in', ['owner', 'account_admin'])
      .where('m.status', '=', 'active')
      .where('m.account_id', 'not in', (e) =>
        e.selectFrom('account_identity_orgs').select('account_id').where('issuer', '=', issuer),
      )
      .orderBy('m.created_at')
      .orderBy('m.account_id')
      .execute()
    return rows.map((row) => row.account_id)
  },

  /** Memberships of a person, oldest first, held until the end of the transaction. */
  async held(userId: string): Promise<Held[]> {
    const rows = await db
      .selectFrom('memberships')
      .select(['account_id', 'role', 'status', 'source', 'provenance'])
      .where('user_id', '=', userId)
      .orderBy('created_at')
      .orderBy('account_id')
      .forUpdate()
      .execute()
    return rows.map(heldOf)
  },
  async add(accountId: string, userId: string, role: RoleName, provenance: Provenance, at: Date) {
    const row = { account_id: accountId, user_id: userId, role, source: 'sso', created_at: at }
    await db
      .insertInto('memberships')
      .values({ ...row, provenance: jsonb(provenance) })
      .execute()
  },
  async change(
    accountId: string,
    userId: string,
    change: Partial<Pick<Held, 'role' | 'status'>> & { provenance: Provenance },
  ) {
    const { provenance, ...columns } = change
    await db
      .updateTable('memberships')
      .set({ ...columns, provenance: jsonb(provenance) })
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute()
  },
  async removedAt(accountId: string, userId: string): Promise<Date | null> {
    const row = await db
      .selectFrom('membership_removals')
      .select('at')
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return row?.at ?? null
  },
  async hasOtherSuperAdmin(userId: string): Promise<boolean> {
    const row = await db
      .selectFrom('memberships')
      .select('user_id')
      .where('account_id', '=', platformAccount)
      .where('role', '=', 'super_admin')
      .where('status', '=', 'active')
      .where('user_id', '<>', userId)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
})

const heldOf = (
  row: Pick<Selectable<DB['memberships']>, 'account_id' | 'role' | 'status' | 'source' | 'provenance'>,
): Held => ({
  accountId: row.account_id,
  role: row.role as RoleName,
  status: row.status as Held['status'],
  source: row.source as Held['source'],
  provenance: row.provenance as Provenance | null,
})
