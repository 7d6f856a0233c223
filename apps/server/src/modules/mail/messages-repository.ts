import type { MailKind, MailMessage, MailState } from '@cockpit/contract/mail'
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'

export type MessageRow = Selectable<DB['mail_messages']>
type Filter = { q?: string | undefined; state?: MailState | undefined; kind?: MailKind | undefined }

/** All SQL over mail_messages. */
export const messageRepository = ({ sql: db }: Tx) => {
  const of = (accountId: string) => db.selectFrom('mail_messages').where('account_id', '=', accountId)
  const matching = (accountId: string, { q, state, kind }: Filter) =>
    of(accountId)
      .$if(state !== undefined, (rows) => rows.where('state', '=', state ?? ''))
      .$if(kind !== undefined, (rows) => rows.where('kind', '=', kind ?? ''))
      .$if(q !== undefined && q !== '', (rows) => {
        const wanted = containing(q ?? '')
        return rows.where((e) => e.or([e('to_address', 'ilike', wanted), e('subject', 'ilike', wanted)]))
      })

  return {
    find: (accountId: string, id: string): Promise<MessageRow | undefined> =>
      of(accountId).selectAll().where('id', '=', id).executeTakeFirst(),

    async page(accountId: string, { limit, after, ...filter }: Filter & { limit: number; after?: string | undefined }) {
      const rows = await matching(accountId, filter)
        .selectAll()
        .$if(after !== undefined, (own) => own.where('id', '<', after ?? ''))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(accountId, filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },

    async insert(rows: readonly Insertable<DB['mail_messages']>[]): Promise<void> {
      if (rows.length > 0) await db.insertInto('mail_messages').values(rows).execute()
    },

    /** True when the letter was still in that state. */
    async update(
      accountId: string,
      id: string,
      from: readonly MailState[],
      fields: Updateable<DB['mail_messages']>,
    ): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('mail_messages')
        .set(fields)
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('state', 'in', [...from])
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    },

    /** What these letters were about is gone: those that were not sent yet are not sent any more. */
    async withdraw(accountId: string, about: string): Promise<void> {
      await db
        .updateTable('mail_messages')
        .set({ state: 'withdrawn', sealed_text: null })
        .where('account_id', '=', accountId)
        .where('about', '=', about)
        .where('state', '=', 'waiting')
        .execute()
    },

    async anyDue(at: Date): Promise<boolean> {
      const { rows } = await sql`
        select 1 from mail_messages where state = 'waiting' and next_attempt_at <= ${at}
          and (claimed_until is null or claimed_until < ${at}) limit 1`.execute(db)
      return rows.length > 0
    },

    /** Takes letters that are due, each for one worker until the claim ends. A try counts from its beginning. */
    async claim(at: Date, until: Date, limit: number): Promise<MessageRow[]> {
      const { rows } = await sql<MessageRow>`
        update mail_messages m set claimed_until = ${until}, attempts = m.attempts + 1
        where (account_id, id) in (
          select w.account_id, w.id from mail_messages w
          where w.state = 'waiting' and w.next_attempt_at <= ${at}
            and (w.claimed_until is null or w.claimed_until < ${at})
          order by w.next_attempt_at limit ${limit} for update skip locked
        )
        returning m.*`.execute(db)
      return rows
    },

    async forgetBefore(before: Date): Promise<void> {
      await db.deleteFrom('mail_messages').where('created_at', '<', before).execute()
    },
  }
}

export const present = (row: MessageRow): MailMessage => ({
  id: row.id,
  kind: row.kind as MailKind,
  to: row.to_address,
  subject: row.subject,
  state: row.state as MailState,
  attempts: row.attempts,
  nextAttemptAt: row.state === 'waiting' ? row.next_attempt_at.toISOString() : null,
  lastError: row.last_error,
  said: row.said,
  canRetry: row.state === 'failed' && row.sealed_text !== null,
  createdAt: row.created_at.toISOString(),
  sentAt: row.sent_at?.toISOString() ?? null,
})
