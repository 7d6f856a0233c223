import type { ClientCredential } from '@cockpit/contract/client-credentials'
import type { Insertable, Selectable } from 'kysely'
import { credentialStatus, type DB, type Tx } from '../../platform/index.ts'
import { endedShownMs, tokensOfCredentialMax } from './model.ts'

type Table = DB['client_credentials']

/** All SQL over `client_credentials` and `client_tokens`, of the account of the transaction. Reads service_accounts. */
export const clientRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('client_credentials').selectAll().where('account_id', '=', ctx.accountId)
  const present = (row: Selectable<Table>): ClientCredential => ({
    id: row.id,
    serviceAccountId: row.service_account_id,
    name: row.name,
    preview: row.preview,
    status: credentialStatus(row, now),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  })
  return {
    /** Held until the end of the transaction, so that it is not deleted meanwhile. */
    async serviceAccount(id: string): Promise<{ id: string; name: string } | null> {
      const row = await db
        .selectFrom('service_accounts')
        .select(['id', 'name'])
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .forShare()
        .executeTakeFirst()
      return row ?? null
    },
    async of(serviceAccountId: string): Promise<ClientCredential[]> {
      const ended = new Date(now.getTime() - endedShownMs)
      const rows = await own()
        .where('service_account_id', '=', serviceAccountId)
        .where((e) => e.or([e('revoked_at', 'is', null), e('revoked_at', '>', ended)]))
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', ended)]))
        .orderBy('id', 'desc')
        .execute()
      return rows.map(present)
    },
    /** Held until the end of the transaction: no token is issued to one that is being revoked. */
    async hold(id: string): Promise<ClientCredential | null> {
      const row = await own().where('id', '=', id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>): Promise<ClientCredential> {
      const values = { ...row, account_id: ctx.accountId }
      return present(await db.insertInto('client_credentials').values(values).returningAll().executeTakeFirstOrThrow())
    },
    async revoke(id: string) {
      await db
        .updateTable('client_credentials')
        .set({ revoked_at: now })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
      await db
        .deleteFrom('client_tokens')
        .where('account_id', '=', ctx.accountId)
        .where('credential_id', '=', id)
        .execute()
    },
    async used(id: string) {
      await db
        .updateTable('client_credentials')
        .set({ last_used_at: now })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
    },
    async insertToken(row: Omit<Insertable<DB['client_tokens']>, 'account_id'>) {
      await db
        .insertInto('client_tokens')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    /** Those that ended, and of the others all but the newest. */
    async forgetOldTokens(credentialId: string) {
      const tokens = db
        .selectFrom('client_tokens')
        .select('id')
        .where('account_id', '=', ctx.accountId)
        .where('credential_id', '=', credentialId)
      await db
        .deleteFrom('client_tokens')
        .where('account_id', '=', ctx.accountId)
        .where('credential_id', '=', credentialId)
        .where((e) =>
          e.or([
            e('expires_at', '<=', now),
            e('id', 'in', tokens.orderBy('id', 'desc').offset(tokensOfCredentialMax - 1)),
          ]),
        )
        .execute()
    },
  }
}

/** Queries over all accounts at once: a program says only what it has. They need a platform transaction. */
export const clientLookup = ({ sql: db }: Tx, now: Date) => ({
  /** Whether it is still in force is asked of whoever holds it: it may end while its rights are found out. */
  async credential(serviceAccountId: string, hash: string) {
    return db
      .selectFrom('client_credentials as c')
      .innerJoin('service_accounts as s', (join) =>
        join.onRef('s.account_id', '=', 'c.account_id').onRef('s.id', '=', 'c.service_account_id'),
      )
      .innerJoin('accounts as a', 'a.account_id', 'c.account_id')
      .select(['c.id', 'c.account_id', 's.name', 'a.status'])
      .where('c.hash', '=', hash)
      .where('c.service_account_id', '=', serviceAccountId)
      .executeTakeFirst()
  },
  /** Of a service account, whether or not it has credentials. */
  async accountOf(serviceAccountId: string): Promise<string | null> {
    const row = await db
      .selectFrom('service_accounts as s')
      .select('s.account_id')
      .where('s.id', '=', serviceAccountId)
      .executeTakeFirst()
    return row?.account_id ?? null
  },
  /** The service account with this token, while token and credential are in force. */
  async byToken(hash: string): Promise<{ id: string; name: string; accountId: string } | null> {
    const row = await db
      .selectFrom('client_tokens as t')
      .innerJoin('client_credentials as c', (join) =>
        join.onRef('c.account_id', '=', 't.account_id').onRef('c.id', '=', 't.credential_id'),
      )
      .innerJoin('service_accounts as s', (join) =>
        join.onRef('s.account_id', '=', 'c.account_id').onRef('s.id', '=', 'c.service_account_id'),
      )
      .select(['s.id', 's.name', 't.account_id as accountId'])
      .where('t.hash', '=', hash)
      .where('t.expires_at', '>', now)
      .where('c.revoked_at', 'is', null)
      .executeTakeFirst()
    return row ?? null
  },
})
