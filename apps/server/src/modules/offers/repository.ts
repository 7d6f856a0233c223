import type { ModelOffer } from '@cockpit/contract/offers'
import { sql } from 'kysely'
import { jsonb, type Tx } from '../../platform/index.ts'

export type StoredList = {
  source: string
  items: unknown
  updatedAt: Date | null
  failure: { at: Date; reason: string } | null
}

/** All SQL over `offer_lists`, in transactions of the platform. */
export const offerListRepository = ({ sql: db }: Tx) => ({
  async find(): Promise<StoredList | null> {
    const row = await db.selectFrom('offer_lists').selectAll().executeTakeFirst()
    if (!row) return null
    const failure = row.failure !== null && row.failed_at !== null ? { at: row.failed_at, reason: row.failure } : null
    return { source: row.source, items: row.items, updatedAt: row.updated_at, failure }
  },
  async succeed(source: string, items: readonly ModelOffer[], at: Date) {
    const fresh = { source, items: jsonb([...items]), updated_at: at, failure: null, failed_at: null }
    await db
      .insertInto('offer_lists')
      .values(fresh)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(fresh))
      .execute()
  },
  /** The last good list stays, unless it came from another source. */
  async fail(source: string, reason: string, at: Date) {
    const failed = { source, failure: reason, failed_at: at }
    await db
      .insertInto('offer_lists')
      .values(failed)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({
          ...failed,
          items: sql`case when offer_lists.source = excluded.source then offer_lists.items end`,
          updated_at: sql`case when offer_lists.source = excluded.source then offer_lists.updated_at end`,
        }),
      )
      .execute()
  },
})
