import type { Selectable } from 'kysely'
import { sql as raw } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import type { ZitadelEvent } from './port.ts'
import { workChannel } from './runs-repository.ts'

export type Feed = Selectable<DB['zitadel_feed']>
type Via = 'webhook' | 'poll'

/** What was heard from Zitadel, and how hearing it goes. Platform transactions only. */
export const feedRepository = ({ sql }: Tx) => ({
  /** False when this event was heard before, whichever way. */
  async insert(event: ZitadelEvent, via: Via, at: Date): Promise<boolean> {
    const row = {
      aggregate_type: event.aggregateType,
      aggregate_id: event.aggregateId,
      sequence: event.sequence,
      type: event.type,
      happened_at: event.at,
      received_at: at,
      via,
      outcome: 'heard',
      problem: null,
    }
    const added = sql
      .insertInto('zitadel_events')
      .values(row)
      .onConflict((on) =>
        on
          .columns(['aggregate_type', 'aggregate_id', 'sequence'])
          .doUpdateSet(row)
          // one that could not be applied is as good as unheard
          .where('zitadel_events.problem', 'is not', null),
      )
    return (await added.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
  async setOutcome({ aggregateType, aggregateId, sequence }: ZitadelEvent, outcome: string, problem: string | null) {
    await sql
      .updateTable('zitadel_events')
      .set({ outcome, problem })
      .where('aggregate_type', '=', aggregateType)
      .where('aggregate_id', '=', aggregateId)
      .where('sequence', '=', sequence)
      .execute()
  },
  /** Whether something newer of the same kind was heard of this aggregate: webhooks come in any order. */
  async isOvertaken({ aggregateType, aggregateId, sequence }: ZitadelEvent, types: readonly string[]) {
    const row = await sql
      .selectFrom('zitadel_events')
      .select('sequence')
      .where('aggregate_type', '=', aggregateType)
      .where('aggregate_id', '=', aggregateId)
      .where('sequence', '>', sequence)
      .where('type', 'in', [...types])
      .where('problem', 'is', null)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
  async failures(limit: number) {
    return sql
      .selectFrom('zitadel_events')
      .select(['received_at', 'type', 'problem'])
      .where('problem', 'is not', null)
      .orderBy('received_at', 'desc')
      .limit(limit)
      .execute()
  },
  async forget(before: Date) {
    await sql.deleteFrom('zitadel_events').where('received_at', '<', before).execute()
  },

  feed: (): Promise<Feed> => sql.selectFrom('zitadel_feed').selectAll().executeTakeFirstOrThrow(),
  async heard(type: string, at: Date, isNew: boolean) {
    await sql
      .updateTable('zitadel_feed')
      .set((e) => ({
        webhook_at: at,
        webhook_type: type,
        webhooks: e('webhooks', '+', 1n),
        duplicates: e('duplicates', '+', isNew ? 0n : 1n),
      }))
      .execute()
  },
  async refused(times: number, why: string, at: Date) {
    await sql
      .updateTable('zitadel_feed')
      .set((e) => ({ refused: e('refused', '+', BigInt(times)), refused_at: at, refusal: why }))
      .execute()
  },
  async polled(
    at: Date,
    change: { problem: string | null; found?: number; cursor?: ZitadelEvent | { at: Date } | null },
  ) {
    const { problem, found = 0, cursor } = change
    await sql
      .updateTable('zitadel_feed')
      .set((e) => ({
        polled_at: at,
        poll_problem: problem,
        poll_found: e('poll_found', '+', BigInt(found)),
        ...(cursor && { cursor_at: cursor.at }),
        ...(cursor && 'sequence' in cursor && { cursor_sequence: cursor.sequence }),
      }))
      .execute()
  },

  /** Asks for a comparison now, and for another when projections have caught up. */
  async reconcileSoon(accountId: string, at: Date, reason: string) {
    const row = { due_at: at, passes_left: 2, reason }
    await sql
      .insertInto('zitadel_reconciliations')
      .values({ account_id: accountId, ...row })
      .onConflict((on) => on.column('account_id').doUpdateSet(row))
      .execute()
    await raw`select pg_notify(${workChannel}, '')`.execute(sql)
  },
  /** Takes one comparison that is due: the second pass is put off, the last one taken away. */
  async takeDue(at: Date, againAt: Date): Promise<{ accountId: string; reason: string } | null> {
    const due = await sql
      .selectFrom('zitadel_reconciliations')
      .selectAll()
      .where('due_at', '<=', at)
      .orderBy('due_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!due) return null
    const row = sql.updateTable('zitadel_reconciliations').where('account_id', '=', due.account_id)
    if (due.passes_left > 1) await row.set({ due_at: againAt, passes_left: due.passes_left - 1 }).execute()
    else await sql.deleteFrom('zitadel_reconciliations').where('account_id', '=', due.account_id).execute()
    return { accountId: due.account_id, reason: due.reason }
  },
  async nextDue(): Promise<Date | null> {
    const row = await sql
      .selectFrom('zitadel_reconciliations')
      .select((e) => e.fn.min('due_at').as('due'))
      .executeTakeFirst()
    return row?.due ?? null
  },
  async waiting(): Promise<number> {
    const { rows } = await sql
      .selectFrom('zitadel_reconciliations')
      .select((e) => e.fn.countAll<bigint>().as('rows'))
      .executeTakeFirstOrThrow()
    return Number(rows)
  },
})

export type Cause = 'user' | 'organization' | 'authorization'

/** Memberships that Zitadel stopped. Platform transactions only. */
export const suspensionRepository = ({ sql }: Tx) => ({
  async causes(accountId: string, userId: string): Promise<Cause[]> {
    const rows = await sql
      .selectFrom('zitadel_suspensions')
      .select('cause')
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute()
    return rows.map(({ cause }) => cause as Cause)
  },
  async of(accountId: string): Promise<{ userId: string; cause: Cause }[]> {
    const rows = await sql
      .selectFrom('zitadel_suspensions')
      .select(['user_id', 'cause'])
      .where('account_id', '=', accountId)
      .execute()
    return rows.map((row) => ({ userId: row.user_id, cause: row.cause as Cause }))
  },
  async accountsOf(userId: string, cause: Cause): Promise<string[]> {
    const rows = await sql
      .selectFrom('zitadel_suspensions')
      .select('account_id')
      .where('user_id', '=', userId)
      .where('cause', '=', cause)
      .execute()
    return rows.map((row) => row.account_id)
  },
  async insert(accountId: string, userId: string, cause: Cause, eventType: string, at: Date) {
    await sql
      .insertInto('zitadel_suspensions')
      .values({ account_id: accountId, user_id: userId, cause, event_type: eventType, at })
      .onConflict((on) => on.doNothing())
      .execute()
  },
  async remove(accountId: string, userId: string, cause: Cause) {
    await sql
      .deleteFrom('zitadel_suspensions')
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where('cause', '=', cause)
      .execute()
  },
})
