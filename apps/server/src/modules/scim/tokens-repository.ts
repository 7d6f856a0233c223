import type { ScimToken } from '@cockpit/contract/scim'
import type { Insertable, Selectable, Updateable } from 'kysely'
import { credentialStatus, cutPage, type DB, type Tx } from '../../platform/index.ts'

type Table = DB['scim_tokens']

/** Who gave a token its present secret, since when, and how far it reached by them. */
export type Word = {
  vouched_kind: string
  vouched_by: string
  vouched_name: string | null
  vouched_at: Date | null
  vouched_with: string[] | null
}
export type StoredToken = Omit<ScimToken, 'vouching'> & { word: Word }

/** All SQL over `scim_tokens`, of the account of the transaction. */
export const tokenRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('scim_tokens').selectAll().where('account_id', '=', ctx.accountId)
  const present = (row: Selectable<Table>): StoredToken => ({
    id: row.id,
    name: row.name,
    preview: row.preview,
    status: credentialStatus(row, now),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    word: wordOf(row),
  })
  return {
    async page({ limit, after }: { limit: number; after?: string | undefined }) {
      const rows = await own()
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await db
        .selectFrom('scim_tokens')
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .where('account_id', '=', ctx.accountId)
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async hold(id: string): Promise<StoredToken | null> {
      const row = await own().where('id', '=', id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async active(): Promise<StoredToken[]> {
      return (await own().orderBy('id').execute()).map(present).filter(({ status }) => status === 'active')
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>): Promise<StoredToken> {
      const values = { ...row, account_id: ctx.accountId }
      return present(await db.insertInto('scim_tokens').values(values).returningAll().executeTakeFirstOrThrow())
    },
    async update(id: string, columns: Updateable<Table>): Promise<StoredToken> {
      const changed = db.updateTable('scim_tokens').set(columns).where('account_id', '=', ctx.accountId)
      return present(await changed.where('id', '=', id).returningAll().executeTakeFirstOrThrow())
    },
    /** The one before becomes the previous one, and works until `until`; null ends it now. */
    async replaceSecret(
      id: string,
      secret: Word & { hash: string; preview: string },
      until: Date | null,
    ): Promise<StoredToken> {
      const row = await db
        .updateTable('scim_tokens')
        .set((e) => ({
          ...secret,
          previous_hash: until === null ? null : e.ref('hash'),
          previous_valid_until: until,
        }))
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return present(row)
    },
  }
}

const wordOf = ({ vouched_kind, vouched_by, vouched_name, vouched_at, vouched_with }: Selectable<Table>): Word => ({
  vouched_kind,
  vouched_by,
  vouched_name,
  vouched_at,
  vouched_with,
})

/**
 * The token with this hash, in whichever account: a source has no other way to say where it belongs. `was` is one that is
 * in force no more. Platform work.
 */
export const tokenByHash = async ({ sql: db }: Tx, hash: string, now: Date) => {
  const rows = await db
    .selectFrom('scim_tokens as t')
    .innerJoin('accounts as a', 'a.account_id', 't.account_id')
    .selectAll('t')
    .select('a.status as account_status')
    .where((e) => e.or([e('t.hash', '=', hash), e('t.previous_hash', '=', hash)]))
    .execute()
  const row = rows.find(
    (one) => one.hash === hash || (one.previous_valid_until !== null && one.previous_valid_until > now),
  )
  const token = row && credentialStatus(row, now) === 'active' ? row : null
  return { token, was: token ? null : (rows[0] ?? null) }
}
