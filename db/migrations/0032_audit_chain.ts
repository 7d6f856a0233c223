/** Chains the events there are. Only the program knows the form that is hashed, so this step is not SQL. */
import { createHash } from 'node:crypto'
import { eventText, genesisHash, type Unchained } from '@cockpit/contract/audit-chain'
import { type Kysely, sql } from 'kysely'

type Row = {
  id: string
  name: string
  at: Date
  actor: Unchained['actor']
  on_behalf_of: Unchained['onBehalfOf']
  subject: Unchained['subject']
  before: Unchained['before']
  after: Unchained['after']
  request_id: string
  ip: string | null
  session_id: string | null
  reason: string | null
}
const batchRows = 1_000

export const up = async (db: Kysely<unknown>): Promise<void> => {
  const { rows } = await sql<{ account_id: string }>`select distinct account_id from events`.execute(db)
  for (const { account_id } of rows) await chain(db, account_id)
  await sql`
    alter table events
      alter column chain_seq set not null, alter column prev_hash set not null, alter column hash set not null`.execute(
    db,
  )
  await sql`create unique index events__chain on events (account_id, chain_seq)`.execute(db)
}

const chain = async (db: Kysely<unknown>, accountId: string) => {
  let [seq, hash] = [0, genesisHash]
  for (;;) {
    const { rows } = await sql<Row>`
      select * from events where account_id = ${accountId} and chain_seq is null order by seq limit ${batchRows}`.execute(
      db,
    )
    if (rows.length === 0) break
    const links = rows.map((row) => {
      const prevHash = hash
      seq++
      hash = createHash('sha256')
        .update(prevHash + eventText(unchained(row, accountId, seq)))
        .digest('hex')
      return { id: row.id, chain_seq: seq, prev_hash: prevHash, hash }
    })
    await sql`
      update events e set chain_seq = l.chain_seq, prev_hash = l.prev_hash, hash = l.hash
      from jsonb_to_recordset(${JSON.stringify(links)}::jsonb) as l(id text, chain_seq bigint, prev_hash text, hash text)
      where e.account_id = ${accountId} and e.id = l.id`.execute(db)
  }
  await sql`
    insert into audit_chains (account_id, seq, hash, updated_at) values (${accountId}, ${seq}, ${hash}, now())`.execute(
    db,
  )
}

const unchained = (row: Row, accountId: string, seq: number): Unchained => ({
  id: row.id,
  accountId,
  seq,
  name: row.name,
  outcome: 'done',
  at: row.at.toISOString(),
  actor: row.actor,
  onBehalfOf: row.on_behalf_of,
  subject: row.subject,
  before: row.before,
  after: row.after,
  requestId: row.request_id,
  ip: row.ip,
  sessionId: row.session_id,
  userAgent: null,
  policyVersion: null,
  reason: row.reason,
})
