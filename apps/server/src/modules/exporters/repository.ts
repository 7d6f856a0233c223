import type { Exporter } from '@cockpit/contract/exporters'
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { z } from 'zod'
import { cutPage, type DB, type Tx } from '../../platform/index.ts'
import { ofEnvironment } from './kinds.ts'

type Row = Selectable<DB['exporters']>
export const Settings = z.object({
  user: z.string().nullable(),
  bucket: z.string().nullable(),
  region: z.string().nullable(),
  prefix: z.string().nullable(),
})
export type Settings = z.infer<typeof Settings>

/** All SQL over exporters. */
export const exporterRepository = ({ sql: db }: Tx) => ({
  find: (accountId: string, id: string): Promise<Row | undefined> =>
    db.selectFrom('exporters').selectAll().where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst(),

  async page(accountId: string, { limit, after }: { limit: number; after?: string | undefined }) {
    const rows = await db
      .selectFrom('exporters')
      .selectAll()
      .where('account_id', '=', accountId)
      .$if(after !== undefined, (own) => own.where('id', '<', after ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { total } = await db
      .selectFrom('exporters')
      .select((e) => e.fn.countAll<bigint>().as('total'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    return { ...cutPage(rows, limit, present), total: Number(total) }
  },

  async insert(row: Insertable<DB['exporters']>): Promise<void> {
    await db.insertInto('exporters').values(row).execute()
  },

  async update(accountId: string, id: string, fields: Updateable<DB['exporters']>): Promise<void> {
    await db.updateTable('exporters').set(fields).where('account_id', '=', accountId).where('id', '=', id).execute()
  },

  async remove(accountId: string, id: string): Promise<void> {
    await db.deleteFrom('exporters').where('account_id', '=', accountId).where('id', '=', id).execute()
  },

  async anyDue(at: Date): Promise<boolean> {
    const { rows } = await sql`
      select 1 from exporters where status = 'active' and next_attempt_at <= ${at}
        and (claimed_until is null or claimed_until < ${at}) limit 1`.execute(db)
    return rows.length > 0
  },

  /** Takes exporters that may have something to send, each for one worker until the claim ends. */
  async claim(at: Date, until: Date, horizon: bigint, limit: number): Promise<Row[]> {
    const { rows } = await sql<Row>`
      update exporters e set claimed_until = ${until}
      where (account_id, id) in (
        select w.account_id, w.id from exporters w
        where w.status = 'active' and w.next_attempt_at <= ${at} and w.cursor_seq < ${horizon}
          and (w.claimed_until is null or w.claimed_until < ${at})
        order by w.next_attempt_at limit ${limit} for update skip locked
      )
      returning e.*`.execute(db)
    return rows
  },
})

export const present = (row: Row): Exporter => ({
  id: row.id,
  name: row.name,
  kind: row.kind as Exporter['kind'],
  url: row.url,
  ...Settings.parse(row.settings),
  content: row.content as Exporter['content'],
  hasSecret: row.sealed_secret !== null,
  ofEnvironment: row.id === ofEnvironment,
  status: row.status as Exporter['status'],
  sent: Number(row.sent),
  failures: row.failures,
  nextAttemptAt: row.failures > 0 ? row.next_attempt_at.toISOString() : null,
  lastError: row.last_error,
  lastDeliveredAt: row.last_delivered_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
})
