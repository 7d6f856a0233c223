import type { ClaimMapping, SsoKind, SsoTest } from '@cockpit/contract/sso'
import { type Insertable, type Selectable, sql } from 'kysely'
import { type DB, jsonb, platformAccount, type Tx } from '../../platform/index.ts'

type Table = DB['sso_configs']
export type SsoRow = Omit<Selectable<Table>, 'kind' | 'claims' | 'last_test'> & {
  kind: SsoKind
  claims: ClaimMapping
  last_test: SsoTest | null
}
type Written = Omit<Insertable<Table>, 'account_id' | 'claims' | 'last_test'> & { claims: ClaimMapping }

/** On which processes hear that the provider of an account speaks for others than before; the payload is the account. */
export const providersChannel = 'cockpit_sso'

/** All SQL over `sso_configs`. A tenant transaction sees its own; sign-in looks from the platform. */
export const configRepository = ({ sql: db, ctx }: Tx) => ({
  async find(accountId: string = ctx.accountId): Promise<SsoRow | null> {
    const row = await db.selectFrom('sso_configs').selectAll().where('account_id', '=', accountId).executeTakeFirst()
    return row ? present(row) : null
  },
  /** Holds the configuration until the end of the transaction, so that a change is compared with what it changes. */
  async hold(): Promise<SsoRow | null> {
    const own = db.selectFrom('sso_configs').selectAll().where('account_id', '=', ctx.accountId).forUpdate()
    const row = await own.executeTakeFirst()
    return row ? present(row) : null
  },
  async put({ claims, ...columns }: Written) {
    const row = { ...columns, claims: jsonb(claims) }
    const { created_at: _, ...changes } = row
    await db
      .insertInto('sso_configs')
      .values({ ...row, account_id: ctx.accountId })
      .onConflict((on) => on.column('account_id').doUpdateSet(changes))
      .execute()
  },
  async remove(): Promise<boolean> {
    const own = db.deleteFrom('sso_configs').where('account_id', '=', ctx.accountId)
    return (await own.executeTakeFirst()).numDeletedRows === 1n
  },
  async announce() {
    await sql`select pg_notify(${providersChannel}, ${ctx.accountId})`.execute(db)
  },
  async recordTest(test: SsoTest) {
    await db
      .updateTable('sso_configs')
      .set({ last_test: jsonb(test) })
      .where('account_id', '=', ctx.accountId)
      .execute()
  },
  /** An administrator came in by the settings that were last changed at `as`. */
  async adminSignedIn(accountId: string, as: Date, at: Date) {
    await db
      .updateTable('sso_configs')
      .set({ admin_signed_in_at: at })
      .where('account_id', '=', accountId)
      .where('updated_at', '=', as)
      .execute()
  },
  /** Whose provider a token may come from; several accounts may share a client. */
  async withClient(issuer: string, clientIds: readonly string[], most: number): Promise<SsoRow[]> {
    const rows = await db
      .selectFrom('sso_configs')
      .selectAll()
      .where('issuer', '=', issuer)
      .where('client_id', 'in', [...clientIds])
      .orderBy('account_id')
      .limit(most)
      .execute()
    return rows.map(present)
  },
  /** Whether there is such an account at all. Accounts belong to tenancy; who sets one up needs to know this much. */
  async accountExists(): Promise<boolean> {
    if (ctx.accountId === platformAccount) return false
    const row = await db
      .selectFrom('accounts')
      .select('account_id')
      .where('account_id', '=', ctx.accountId)
      .executeTakeFirst()
    return row !== undefined
  },
})

const present = (row: Selectable<Table>): SsoRow => ({
  ...row,
  kind: row.kind as SsoKind,
  claims: row.claims as ClaimMapping,
  last_test: row.last_test as SsoTest | null,
})
