import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export type FoundKey = { id: string; name: string; accountId: string }

/** Queries over keys of all accounts at once. They need a platform transaction. */
export const keyLookup = (tx: Tx) => ({
  /** The working key whose secret, or whose secret before the last rotation, has this hash. */
  async findByHash(hash: string, now: Date): Promise<FoundKey | null> {
    const row = await tx.sql
      .selectFrom('keys')
      .select(['id', 'name', 'account_id as accountId'])
      .where('revoked_at', 'is', null)
      .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
      .where((e) =>
        e.or([e('hash', '=', hash), e.and([e('previous_hash', '=', hash), e('previous_valid_until', '>', now)])]),
      )
      .executeTakeFirst()
    return row ?? null
  },
  /** Of these hashes, those of secrets that a rotation replaced, in whichever account. */
  async replacedAmong(hashes: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await tx.sql
      .selectFrom('keys')
      .select('previous_hash')
      .where('previous_hash', 'in', [...hashes])
      .execute()
    return new Set(rows.flatMap(({ previous_hash }) => previous_hash ?? []))
  },
  /** Batches arrive in any order and some twice, so a use never moves back in time. */
  async touchLastUsed(usedAt: ReadonlyMap<string, Date>) {
    if (usedAt.size === 0) return
    // in one order, so that two batches cannot wait for each other
    const ids = [...usedAt.keys()].sort()
    const times = ids.map((id) => usedAt.get(id)?.toISOString())
    await sql`
      with used as (
        select k.account_id, k.id, u.at
        from unnest(${ids}::text[], ${times}::timestamptz[]) as u (id, at) join keys k on k.id = u.id
        where k.last_used_at is null or k.last_used_at < u.at
        order by k.id for update of k
      )
      update keys set last_used_at = used.at from used where keys.account_id = used.account_id and keys.id = used.id`.execute(
      tx.sql,
    )
  },
})
