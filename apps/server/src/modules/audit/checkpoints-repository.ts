import type { AuditCheckpoint } from '@cockpit/contract/audit'
import type { KnownPlace } from '@cockpit/contract/audit-verifier'
import { type Selectable, sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

export type ChainHead = { accountId: string; seq: number; hash: string; prunedSeq: number }

/** All SQL over audit_checkpoints, audit_keys and, to read, audit_chains. */
export const checkpointRepository = (tx: Tx) => ({
  /** Every chain, or those that grew since their last checkpoint. */
  async heads({ unsigned = false } = {}): Promise<ChainHead[]> {
    let chains = tx.sql.selectFrom('audit_chains as c').selectAll('c').orderBy('c.account_id')
    if (unsigned)
      chains = chains.where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('audit_checkpoints as p')
              .whereRef('p.account_id', '=', 'c.account_id')
              .whereRef('p.seq', '>=', 'c.seq'),
          ),
        ),
      )
    return (await chains.execute()).map(presentHead)
  },

  /** Those of the places where that event is not. */
  async absent(places: readonly KnownPlace[]): Promise<KnownPlace[]> {
    if (places.length === 0) return []
    const { rows } = await sql<{ accountId: string; seq: number; hash: string }>`
      select place."accountId", place.seq, place.hash
      from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as place("accountId" text, seq integer, hash text)
      left join events e on e.account_id = place."accountId" and e.chain_seq = place.seq
      where e.hash is distinct from place.hash order by 1`.execute(tx.sql)
    return rows
  },

  /** Of every chain, and of every checkpoint whose chain is gone. */
  async accountIds(): Promise<string[]> {
    const ids = tx.sql
      .selectFrom('audit_chains')
      .select('account_id')
      .union(tx.sql.selectFrom('audit_checkpoints').select('account_id'))
    return (await ids.orderBy('account_id').execute()).map((row) => row.account_id)
  },

  /** How far chains are signed: one, or all. */
  async standing(accountId: string | null) {
    const { rows } = await sql<{ chains: bigint; events: bigint; unsigned: bigint }>`
      select count(*) as chains, coalesce(sum(c.seq - c.pruned_seq), 0)::bigint as events,
        coalesce(sum(c.seq - coalesce(p.seq, 0)), 0)::bigint as unsigned
      from audit_chains c
      left join lateral (
        select max(seq) as seq from audit_checkpoints p where p.account_id = c.account_id
      ) p on true
      where ${accountId}::text is null or c.account_id = ${accountId}`.execute(tx.sql)
    let newest = tx.sql.selectFrom('audit_checkpoints').selectAll()
    if (accountId) newest = newest.where('account_id', '=', accountId)
    const last = await newest.orderBy('at', 'desc').orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return {
      chains: Number(rows[0]?.chains ?? 0),
      events: Number(rows[0]?.events ?? 0),
      unsigned: Number(rows[0]?.unsigned ?? 0),
      lastCheckpoint: last ? present(last) : null,
    }
  },

  async last(accountId: string): Promise<AuditCheckpoint | null> {
    const row = await of(tx, accountId).orderBy('seq', 'desc').orderBy('kind').limit(1).executeTakeFirst()
    return row ? present(row) : null
  },

  /** The newest one that was signed before a moment: it covers events older than that and no others. */
  async lastBefore(accountId: string, at: Date): Promise<AuditCheckpoint | null> {
    const row = await of(tx, accountId).where('at', '<', at).orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row ? present(row) : null
  },

  async all(accountId: string): Promise<AuditCheckpoint[]> {
    return (await of(tx, accountId).orderBy('seq').execute()).map(present)
  },

  async page(accountId: string | null, { limit, after }: { limit: number; after?: string | undefined }) {
    // at most as many digits as a bigint holds in any case
    const [, afterSeq, afterAccount] = /^(\d{1,18})\.(\w+)$/.exec(after ?? '') ?? []
    let rows = tx.sql.selectFrom('audit_checkpoints').selectAll()
    if (accountId) rows = rows.where('account_id', '=', accountId)
    if (afterSeq && afterAccount)
      rows = rows.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('seq', 'account_id'), '<', tuple(BigInt(afterSeq), afterAccount)),
      )
    const found = await rows
      .orderBy('seq', 'desc')
      .orderBy('account_id', 'desc')
      .limit(limit + 1)
      .execute()
    let counted = tx.sql.selectFrom('audit_checkpoints').select((e) => e.fn.countAll<bigint>().as('total'))
    if (accountId) counted = counted.where('account_id', '=', accountId)
    const { total } = await counted.executeTakeFirstOrThrow()
    const items = found.slice(0, limit).map(present)
    const end = items.at(-1)
    return { items, next: found.length > limit && end ? `${end.seq}.${end.accountId}` : null, total: Number(total) }
  },

  async insert(checkpoints: readonly AuditCheckpoint[]): Promise<void> {
    const rows = checkpoints.map(({ accountId, keyId, ...same }) => ({
      ...same,
      account_id: accountId,
      key_id: keyId,
      seq: BigInt(same.seq),
    }))
    if (rows.length === 0) return
    // one after another, so that positions grow in the order in which they become visible
    await tx.lock('audit_checkpoints')
    // two workers may sign the same place; both say the same
    await tx.sql
      .insertInto('audit_checkpoints')
      .values(rows)
      .onConflict((c) => c.doNothing())
      .execute()
  },

  /** Those behind a position, of one account or of all, in the order they were signed; and the position of the last. */
  async behind(accountId: string | null, position: bigint, limit: number) {
    let rows = tx.sql.selectFrom('audit_checkpoints').selectAll().where('position', '>', position)
    if (accountId) rows = rows.where('account_id', '=', accountId)
    const found = await rows.orderBy('position').limit(limit).execute()
    return { checkpoints: found.map(present), position: found.at(-1)?.position ?? position }
  },

  async unexported(keyId: string, limit: number): Promise<AuditCheckpoint[]> {
    const rows = tx.sql
      .selectFrom('audit_checkpoints')
      .selectAll()
      .where('key_id', '=', keyId)
      .where('exported_at', 'is', null)
    return (await rows.orderBy('at').limit(limit).execute()).map(present)
  },

  async markExported(checkpoints: readonly AuditCheckpoint[], at: Date): Promise<void> {
    for (const { accountId, seq, kind } of checkpoints)
      await tx.sql
        .updateTable('audit_checkpoints')
        .set({ exported_at: at })
        .where('account_id', '=', accountId)
        .where('seq', '=', BigInt(seq))
        .where('kind', '=', kind)
        .execute()
  },

  async keys(): Promise<{ id: string; publicKey: string; createdAt: Date }[]> {
    const rows = await tx.sql.selectFrom('audit_keys').selectAll().orderBy('created_at').execute()
    return rows.map(({ id, public_key, created_at }) => ({ id, publicKey: public_key, createdAt: created_at }))
  },

  async addKey(id: string, publicKey: string, at: Date): Promise<void> {
    await tx.sql
      .insertInto('audit_keys')
      .values({ id, public_key: publicKey, created_at: at })
      .onConflict((c) => c.doNothing())
      .execute()
  },
})

const of = (tx: Tx, accountId: string) =>
  tx.sql.selectFrom('audit_checkpoints').selectAll().where('account_id', '=', accountId)

const presentHead = (row: Selectable<DB['audit_chains']>): ChainHead => ({
  accountId: row.account_id,
  seq: Number(row.seq),
  hash: row.hash,
  prunedSeq: Number(row.pruned_seq),
})

const present = (row: Selectable<DB['audit_checkpoints']>): AuditCheckpoint => ({
  kind: row.kind as AuditCheckpoint['kind'],
  accountId: row.account_id,
  seq: Number(row.seq),
  hash: row.hash,
  at: row.at.toISOString(),
  keyId: row.key_id,
  signature: row.signature,
})
