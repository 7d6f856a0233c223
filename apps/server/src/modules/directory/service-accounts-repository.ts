import type { ServiceAccount } from '@cockpit/contract/directory'
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { containing, cutPage, type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Table = DB['service_accounts']
type Row = Selectable<Table> & { keys: bigint }
type Page = { limit: number; after?: string | undefined; q?: string | undefined }

/** All SQL over `service_accounts`, of the account of the transaction. Counts keys of the keys room. */
export const serviceAccountRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const own = () => db.selectFrom('service_accounts as s').where('s.account_id', '=', ctx.accountId)
  const matching = (q: string | undefined) =>
    own().$if(q !== undefined && q !== '', (query) =>
      query.where((e) => e.or((['s.name', 's.id'] as const).map((c) => e(c, 'ilike', containing(q ?? ''))))),
    )
  const keysOf = sql<bigint>`(select count(*) from keys k where k.account_id = s.account_id
    and k.service_account_id = s.id and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > ${now}))`.as('keys')

  return {
    async page({ limit, after, q }: Page) {
      const rows = await matching(q)
        .$if(after !== undefined, (query) => query.where('s.id', '<', after ?? ''))
        .selectAll('s')
        .select(keysOf)
        .orderBy('s.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(q)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<ServiceAccount | null> {
      const row = await own().where('s.id', '=', id).selectAll('s').select(keysOf).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction: no key is issued to one that is being deleted. */
    async hold(id: string): Promise<ServiceAccount | null> {
      const row = await own().where('s.id', '=', id).selectAll('s').select(keysOf).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      const values = { ...row, account_id: ctx.accountId }
      await db.insertInto('service_accounts').values(values).execute().catch(explainConflict(row.name))
    },
    async update(id: string, columns: Updateable<Table>, name: string) {
      await db
        .updateTable('service_accounts')
        .set(columns)
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(name))
    },
    async remove(id: string) {
      await db.deleteFrom('service_accounts').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    async slices() {
      const rows = await own().select(['s.id', 's.name', 's.team_id']).orderBy('s.id').execute()
      return rows.map(({ id, name, team_id }) => ({ id, name, teamId: team_id }))
    },
  }
}

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'service_accounts__name'))
    throw new Problem('service_account.name_taken', `Another service account is called '${name}'.`)
  throw error
}

const present = (row: Row): ServiceAccount => ({
  id: row.id,
  name: row.name,
  description: row.description,
  teamId: row.team_id,
  keys: Number(row.keys),
  createdAt: row.created_at.toISOString(),
})
