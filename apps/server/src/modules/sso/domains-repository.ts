import type { Selectable } from 'kysely'
import { type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

export type DomainRow = Selectable<DB['account_domains']>

/** All SQL over `account_domains`, of the account of the transaction; who has a domain is asked from the platform. */
export const domainRepository = ({ sql: db, ctx }: Tx) => ({
  all: (): Promise<DomainRow[]> =>
    db.selectFrom('account_domains').selectAll().where('account_id', '=', ctx.accountId).orderBy('domain').execute(),
  async insert(domain: string, token: string, at: Date) {
    const row = { account_id: ctx.accountId, domain, token, created_at: at }
    const added = db
      .insertInto('account_domains')
      .values(row)
      .onConflict((on) => on.columns(['account_id', 'domain']).doNothing())
    if ((await added.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n)
      throw new Problem('domain.taken', `The account has '${domain}' already.`)
  },
  async verify(domain: string, at: Date) {
    await db
      .updateTable('account_domains')
      .set({ verified_at: at })
      .where('account_id', '=', ctx.accountId)
      .where('domain', '=', domain)
      .execute()
      .catch((error: unknown) => {
        if (isUniqueViolation(error, 'account_domains__verified'))
          throw new Problem('domain.taken', `Another account has proven '${domain}'; it must give it up first.`)
        throw error
      })
  },
  async remove(domain: string) {
    await db
      .deleteFrom('account_domains')
      .where('account_id', '=', ctx.accountId)
      .where('domain', '=', domain)
      .execute()
  },
  async verifiedOf(accountId: string): Promise<string[]> {
    const rows = await db
      .selectFrom('account_domains')
      .select('domain')
      .where('account_id', '=', accountId)
      .where('verified_at', 'is not', null)
      .execute()
    return rows.map(({ domain }) => domain)
  },
  async verifiedOfAll(accountIds: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
    if (accountIds.length === 0) return new Map()
    const rows = await db
      .selectFrom('account_domains')
      .select(['account_id', 'domain'])
      .where('account_id', 'in', [...accountIds])
      .where('verified_at', 'is not', null)
      .execute()
    const byAccount = Map.groupBy(rows, (row) => row.account_id)
    return new Map([...byAccount].map(([accountId, own]) => [accountId, own.map(({ domain }) => domain)]))
  },
  async ownerOf(domain: string): Promise<string | null> {
    const row = await db
      .selectFrom('account_domains')
      .select('account_id')
      .where('domain', '=', domain)
      .where('verified_at', 'is not', null)
      .executeTakeFirst()
    return row?.account_id ?? null
  },
})
