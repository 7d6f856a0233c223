import type { SavedView } from '@cockpit/contract/saved-views'
import { type Selectable, sql } from 'kysely'
import { type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Fields = Pick<SavedView, 'name' | 'search' | 'hiddenColumns'>

/** All SQL over `saved_views`: those of the caller in the account of the transaction, and never another's. */
export const savedViewRepository = ({ sql: db, ctx }: Tx) => {
  const own = () =>
    db
      .selectFrom('saved_views')
      .selectAll()
      .where('account_id', '=', ctx.accountId)
      .where('owner_id', '=', ctx.actor.id)
  return {
    async all(list: string | undefined): Promise<SavedView[]> {
      const rows = await own()
        .$if(list !== undefined, (views) => views.where('list', '=', list ?? ''))
        .orderBy(sql`lower(name)`)
        .orderBy('id')
        .execute()
      return rows.map(present)
    },
    /** Held until the end of the transaction, so that changes of one view come one by one. */
    async hold(id: string): Promise<SavedView | null> {
      const row = await own().where('id', '=', id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async insert({ id, list, at, ...fields }: Fields & { id: string; list: string; at: Date }) {
      const place = { account_id: ctx.accountId, owner_id: ctx.actor.id, id, list }
      await db
        .insertInto('saved_views')
        .values({ ...place, ...columnsOf(fields), created_at: at, updated_at: at })
        .execute()
        .catch(explainConflict(fields.name))
    },
    async update(id: string, fields: Fields, at: Date) {
      await db
        .updateTable('saved_views')
        .set({ ...columnsOf(fields), updated_at: at })
        .where('account_id', '=', ctx.accountId)
        .where('owner_id', '=', ctx.actor.id)
        .where('id', '=', id)
        .execute()
        .catch(explainConflict(fields.name))
    },
    async remove(id: string) {
      await db
        .deleteFrom('saved_views')
        .where('account_id', '=', ctx.accountId)
        .where('owner_id', '=', ctx.actor.id)
        .where('id', '=', id)
        .execute()
    },
  }
}

const columnsOf = ({ name, search, hiddenColumns }: Fields) => ({
  name,
  search: JSON.stringify(search),
  hidden_columns: hiddenColumns,
})

const explainConflict = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'saved_views__name'))
    throw new Problem('saved_view.name_taken', `You have another view called '${name}' of this list.`)
  throw error
}

const present = (row: Selectable<DB['saved_views']>): SavedView => ({
  id: row.id,
  list: row.list,
  name: row.name,
  search: row.search as SavedView['search'],
  hiddenColumns: row.hidden_columns,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
