import { domainOf } from '@cockpit/policy'
import { sql as raw } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export type Standing = {
  id: string
  name: string
  hasPassword: boolean
  /** Shown once and for good, or by the account that runs the domain and has this person. */
  isProven: boolean
  /** Whether any other account has or had them. */
  isOfOthers: boolean
}

/** All SQL about whose an e-mail is: `users`, `memberships` and the verified rows of `account_domains`. Platform work. */
export const addressRepository = ({ sql: db }: Tx) => ({
  /** The person with this e-mail, held until the end of the transaction: what is decided about them stays true. */
  async standing(email: string, accountId: string): Promise<Standing | null> {
    const row = await db
      .selectFrom('users as u')
      .select(['u.id', 'u.name'])
      .select([
        raw<boolean>`u.password_hash is not null`.as('has_password'),
        raw<boolean>`u.email_verified_at is not null or exists (
          select 1 from account_domains d join memberships m on m.account_id = d.account_id and m.user_id = u.id
          where d.domain = split_part(u.email, '@', 2) and d.verified_at is not null)`.as('is_proven'),
        raw<boolean>`exists (select 1 from memberships m where m.user_id = u.id and m.account_id <> ${accountId})
          or exists (select 1 from membership_removals r where r.user_id = u.id and r.account_id <> ${accountId})`.as(
          'is_of_others',
        ),
      ])
      .where('u.email', '=', email)
      .forNoKeyUpdate('u')
      .executeTakeFirst()
    if (!row) return null
    const { id, name, has_password, is_proven, is_of_others } = row
    return { id, name, hasPassword: has_password, isProven: is_proven, isOfOthers: is_of_others }
  },
  /** The account that has proven to run the domain of this e-mail. */
  async accountOfDomain(email: string): Promise<string | null> {
    const row = await db
      .selectFrom('account_domains')
      .select('account_id')
      .where('domain', '=', domainOf(email))
      .where('verified_at', 'is not', null)
      .executeTakeFirst()
    return row?.account_id ?? null
  },
  async verified(userId: string, at: Date) {
    await db.updateTable('users').set({ email_verified_at: at }).where('id', '=', userId).execute()
  },
  async accountsOf(userId: string): Promise<string[]> {
    const rows = await db.selectFrom('memberships').select('account_id').where('user_id', '=', userId).execute()
    return rows.map((row) => row.account_id)
  },
  /** The outside identity that a session came in by. */
  async identityOfSession(sessionId: string): Promise<{ issuer: string; subject: string } | null> {
    const row = await db
      .selectFrom('sessions')
      .select(['idp_issuer', 'idp_subject'])
      .where('id', '=', sessionId)
      .executeTakeFirst()
    return row?.idp_issuer && row.idp_subject ? { issuer: row.idp_issuer, subject: row.idp_subject } : null
  },
  async unlinkIdentities(userId: string, except: { issuer: string; subject: string } | null) {
    await db
      .deleteFrom('user_identities')
      .where('user_id', '=', userId)
      .$if(except !== null, (rows) =>
        rows.where((e) => e.or([e('issuer', '<>', except?.issuer ?? ''), e('subject', '<>', except?.subject ?? '')])),
      )
      .execute()
  },
})
