import type { BatchStatus } from '@cockpit/contract/stored'
import { type Insertable, sql, type Updateable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import type { BatchRow, LineEnd, LineRow } from './batch-model.ts'

const open = ['validating', 'in_progress', 'finalizing', 'cancelling']

/** All SQL over batches. */
export const batchRepository = ({ sql: db }: Tx, accountId: string) => ({
  find: (id: string): Promise<BatchRow | undefined> =>
    db
      .selectFrom('stored_batches')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst(),

  async insert(row: Omit<Insertable<DB['stored_batches']>, 'account_id'>): Promise<BatchRow> {
    return db
      .insertInto('stored_batches')
      .values({ ...row, account_id: accountId })
      .returningAll()
      .executeTakeFirstOrThrow()
  },

  update: (id: string, fields: Updateable<DB['stored_batches']>): Promise<BatchRow> =>
    db
      .updateTable('stored_batches')
      .set(fields)
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(),

  /** Only while it stands so; nothing otherwise. */
  updateWhile: (
    id: string,
    states: readonly BatchStatus[],
    fields: Updateable<DB['stored_batches']>,
  ): Promise<BatchRow | undefined> =>
    db
      .updateTable('stored_batches')
      .set(fields)
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('status', 'in', [...states])
      .returningAll()
      .executeTakeFirst(),

  async remove(id: string): Promise<void> {
    await db.deleteFrom('stored_batches').where('account_id', '=', accountId).where('id', '=', id).execute()
  },

  /** Keeps a claim; what it is now, or nothing where somebody else works on it. */
  keepClaim: (id: string, by: string, until: Date): Promise<BatchRow | undefined> =>
    db
      .updateTable('stored_batches')
      .set({ claimed_until: until })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .returningAll()
      .executeTakeFirst(),

  async letGo(id: string, by: string): Promise<void> {
    await db
      .updateTable('stored_batches')
      .set({ claimed_by: null, claimed_until: null })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .execute()
  },
})

/** Takes a batch that nobody works on, of whatever account. Needs a platform transaction. */
export const claimBatch = async (tx: Tx, at: Date, by: string, until: Date): Promise<BatchRow | undefined> => {
  const { rows } = await sql<BatchRow>`
    update stored_batches b set claimed_by = ${by}, claimed_until = ${until}
    where (account_id, id) in (
      select w.account_id, w.id from stored_batches w
      where w.status = any (${open}::text[]) and (w.claimed_until is null or w.claimed_until < ${at})
      order by w.created_at limit 1 for update skip locked
    )
    returning b.*`.execute(tx.sql)
  return rows[0]
}

/** All SQL over the lines of one batch. */
export const lineRepository = ({ sql: db }: Tx, { account_id, id }: Pick<BatchRow, 'account_id' | 'id'>) => {
  const mine = db.updateTable('stored_batch_lines').where('account_id', '=', account_id).where('batch_id', '=', id)
  const all = db
    .selectFrom('stored_batch_lines')
    .selectAll()
    .where('account_id', '=', account_id)
    .where('batch_id', '=', id)
  return {
    async insert(
      rows: readonly Omit<Insertable<DB['stored_batch_lines']>, 'account_id' | 'batch_id'>[],
    ): Promise<void> {
      if (rows.length === 0) return
      await db
        .insertInto('stored_batch_lines')
        .values(rows.map((row) => ({ ...row, account_id, batch_id: id })))
        .execute()
    },
    async clear(): Promise<void> {
      await db
        .deleteFrom('stored_batch_lines')
        .where('account_id', '=', account_id)
        .where('batch_id', '=', id)
        .execute()
    },
    /** What ran in a process that is gone is to be made again, under the name it had. */
    async takeOver(): Promise<void> {
      await mine.set({ state: 'waiting' }).where('state', '=', 'running').execute()
    },
    due: (at: Date, limit: number): Promise<{ place: number }[]> =>
      db
        .selectFrom('stored_batch_lines')
        .select('place')
        .where('account_id', '=', account_id)
        .where('batch_id', '=', id)
        .where('state', '=', 'waiting')
        .where('not_before', '<=', at)
        .orderBy('place')
        .limit(limit)
        .execute(),
    async nextAt(): Promise<Date | null> {
      const row = await db
        .selectFrom('stored_batch_lines')
        .select((e) => e.fn.min('not_before').as('at'))
        .where('account_id', '=', account_id)
        .where('batch_id', '=', id)
        .where('state', '=', 'waiting')
        .executeTakeFirst()
      return row?.at ?? null
    },
    /** Nothing where it is not due: whoever looked before it was asked may begin it only now. */
    start: (place: number, requestId: string, at: Date): Promise<LineRow | undefined> =>
      mine
        .set((e) => ({
          state: 'running',
          runs: e('runs', '+', 1),
          request_id: e.fn.coalesce('request_id', e.val(requestId)),
          started_at: e.fn.coalesce('started_at', e.val(at)),
        }))
        .where('place', '=', place)
        .where('state', '=', 'waiting')
        .where('not_before', '<=', at)
        .returningAll()
        .executeTakeFirst(),
    /** Only what is still this run of it; another process may have taken over. */
    async end({ place, runs }: LineRow, state: LineEnd, answer: { http_status: number; sealed_answer: string }) {
      const ended = await mine
        .set({ ...answer, state, sealed_request: null })
        .where('place', '=', place)
        .where('state', '=', 'running')
        .where('runs', '=', runs)
        .returning('place')
        .execute()
      if (ended.length > 0) await count(state, 1)
    },
    async again({ place, runs }: LineRow, notBefore: Date): Promise<void> {
      await mine
        .set((e) => ({
          ...{ state: 'waiting', not_before: notBefore, request_id: null, started_at: null },
          attempts: e('attempts', '+', 1),
        }))
        .where('place', '=', place)
        .where('state', '=', 'running')
        .where('runs', '=', runs)
        .execute()
    },
    /** Ends all that have not begun. */
    async endWaiting(state: 'canceled' | 'expired'): Promise<void> {
      const ended = await mine
        .set({ state, sealed_request: null })
        .where('state', '=', 'waiting')
        .returning('place')
        .execute()
      await count(state, ended.length)
    },
    page: (states: readonly LineEnd[], after: number, limit: number): Promise<LineRow[]> =>
      all
        .where('state', 'in', [...states])
        .where('place', '>', after)
        .orderBy('place')
        .limit(limit)
        .execute(),
    async forgetAnswers(): Promise<void> {
      await mine.set({ sealed_answer: null }).execute()
    },
  }

  async function count(state: LineEnd, by: number): Promise<void> {
    await db
      .updateTable('stored_batches')
      .set((e) => ({ [state]: e(state, '+', by) }))
      .where('account_id', '=', account_id)
      .where('id', '=', id)
      .execute()
  }
}
