import { TrafficBody } from '@cockpit/contract/traffic'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export const trafficChannel = 'cockpit_traffic'

/** What a gateway process says of an account; of all of them under the platform's. */
export type TrafficRow = { accountId: string; at: number; openStreams: number; body: TrafficBody }
export type SeenTraffic = { at: number; processId: string; openStreams: number; updatedAt: number; body: TrafficBody }

export const trafficRepository = ({ sql: db, ctx }: Tx) => ({
  /** Replaces what the process said of the same seconds. Accounts that are gone are left out. */
  async write(processId: string, rows: readonly TrafficRow[], now: Date) {
    await sql`
      insert into traffic (account_id, at, process_id, open_streams, body, updated_at)
      select account_id, to_timestamp(t.at / 1000.0), ${processId}, t."openStreams", t.body, ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t("accountId" text, at bigint, "openStreams" integer, body jsonb)
      join accounts on account_id = t."accountId"
      on conflict (account_id, at, process_id) do update set
        open_streams = excluded.open_streams, body = excluded.body, updated_at = excluded.updated_at`.execute(db)
    await sql`select pg_notify(${trafficChannel}, '')`.execute(db)
  },

  async read(from: Date): Promise<SeenTraffic[]> {
    const rows = await db
      .selectFrom('traffic')
      .selectAll()
      .where('account_id', '=', ctx.accountId)
      .where('at', '>=', from)
      .orderBy('at')
      .execute()
    return rows.map((row) => ({
      at: row.at.getTime(),
      processId: row.process_id,
      openStreams: row.open_streams,
      updatedAt: row.updated_at.getTime(),
      body: TrafficBody.parse(row.body),
    }))
  },

  prune: (before: Date) => db.deleteFrom('traffic').where('at', '<', before).execute(),

  /** Names of what traffic is counted by, of those that the transaction sees. */
  async names(by: 'connection' | 'key' | 'account', ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const table = { connection: sql.ref('provider_connections'), key: sql.ref('keys'), account: sql.ref('accounts') }[
      by
    ]
    const id = sql.ref(by === 'account' ? 'account_id' : 'id')
    const { rows } = await sql<{ id: string; name: string }>`
      select ${id} as id, name from ${table} where ${id} = any(${[...ids]}::text[])`.execute(db)
    return new Map(rows.map((row) => [row.id, row.name]))
  },
})
