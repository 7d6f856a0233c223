import type { AuditDestination } from '@cockpit/contract/audit'
import { type Selectable, sql, type Updateable } from 'kysely'
import { cutPage, type DB, platformAccount, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['audit_destinations']>
export type DueDestination = {
  accountId: string
  id: string
  url: string
  sealedSecret: string
  cursor: number
  checkpointPosition: bigint
  failures: number
}

/** All SQL over audit_destinations. */
export const destinationRepository = (tx: Tx) => {
  const withHead = () =>
    tx.sql
      .selectFrom('audit_destinations as d')
      .leftJoin('audit_chains as c', 'c.account_id', 'd.account_id')
      .selectAll('d')
      .select('c.seq as head')
  return {
    async find(accountId: string, id: string): Promise<AuditDestination | null> {
      const row = await withHead().where('d.account_id', '=', accountId).where('d.id', '=', id).executeTakeFirst()
      return row ? present(row) : null
    },

    async page(accountId: string, { limit, after }: { limit: number; after?: string | undefined }) {
      const rows = await withHead()
        .where('d.account_id', '=', accountId)
        .$if(after !== undefined, (own) => own.where('d.id', '<', after ?? ''))
        .orderBy('d.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await tx.sql
        .selectFrom('audit_destinations')
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },

    /** A new one begins where the chain stands now, and with the newest checkpoint: what happened before can be exported. */
    async insert(destination: {
      accountId: string
      id: string
      name: string
      url: string
      sealedSecret: string
      at: Date
    }) {
      const { accountId, id, name, url, sealedSecret, at } = destination
      await sql`
        insert into audit_destinations (account_id, id, name, url, sealed_secret, cursor_seq, checkpoint_position, next_attempt_at, created_at)
        values (${accountId}, ${id}, ${name}, ${url}, ${sealedSecret},
          coalesce((select seq from audit_chains where account_id = ${accountId}), 0),
          coalesce((select max(position) - 1 from audit_checkpoints where account_id = ${accountId}), 0), ${at}, ${at})`.execute(
        tx.sql,
      )
    },

    async update(accountId: string, id: string, fields: Updateable<DB['audit_destinations']>): Promise<void> {
      const own = tx.sql.updateTable('audit_destinations').set(fields)
      await own.where('account_id', '=', accountId).where('id', '=', id).execute()
    },

    async remove(accountId: string, id: string): Promise<void> {
      await tx.sql.deleteFrom('audit_destinations').where('account_id', '=', accountId).where('id', '=', id).execute()
    },

    /** Takes destinations that wait for events, each for one worker until the claim ends. */
    async claim(at: Date, until: Date, limit: number): Promise<DueDestination[]> {
      const { rows } = await sql<Row>`
        update audit_destinations d set claimed_until = ${until}
        where (account_id, id) in (
          select w.account_id, w.id from audit_destinations w join audit_chains c on c.account_id = w.account_id
          where w.status = 'active' and w.next_attempt_at <= ${at}
            and (c.seq > w.cursor_seq or exists (
              select from audit_checkpoints p where p.position > w.checkpoint_position
                and (p.account_id = w.account_id or w.account_id = ${platformAccount})
            ))
            and (w.claimed_until is null or w.claimed_until < ${at})
          order by w.next_attempt_at limit ${limit} for update of w skip locked
        )
        returning d.*`.execute(tx.sql)
      return rows.map((row) => ({
        ...{ accountId: row.account_id, id: row.id, url: row.url, sealedSecret: row.sealed_secret },
        ...{ cursor: Number(row.cursor_seq), checkpointPosition: row.checkpoint_position, failures: row.failures },
      }))
    },
  }
}

const present = (row: Row & { head: bigint | null }): AuditDestination => ({
  id: row.id,
  name: row.name,
  url: row.url,
  status: row.status as AuditDestination['status'],
  cursor: Number(row.cursor_seq),
  behind: Math.max(0, Number(row.head ?? 0n) - Number(row.cursor_seq)),
  failures: row.failures,
  nextAttemptAt: row.failures > 0 ? row.next_attempt_at.toISOString() : null,
  lastError: row.last_error,
  lastDeliveredAt: row.last_delivered_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
})
