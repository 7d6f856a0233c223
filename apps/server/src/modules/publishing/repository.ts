import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export const snapshotsChannel = 'cockpit_snapshots'

type Stored = { accountId: string; version: number; contentHash: string; body: string | null; at: Date }

/** All SQL over `snapshots`. Needs a platform transaction: publishing works for every account. */
export const snapshotRepository = ({ sql: db }: Tx) => {
  const one = async <T>(query: RawBuilder<T>) => (await query.execute(db)).rows[0]
  return {
    async nextVersion() {
      const row = await one(sql<{ version: bigint }>`select nextval('snapshot_versions') as version`)
      return Number(row?.version)
    },
    async contentHash(accountId: string) {
      const row = await db
        .selectFrom('snapshots')
        .select('content_hash')
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      return row?.content_hash ?? null
    },
    async store({ accountId, version, contentHash, body, at }: Stored) {
      const row = { version: BigInt(version), content_hash: contentHash, body, compiled_at: at }
      await db
        .insertInto('snapshots')
        .values({ account_id: accountId, ...row })
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row))
        .execute()
      await sql`select pg_notify(${snapshotsChannel}, ${accountId})`.execute(db)
    },
    since: (version: number) =>
      db
        .selectFrom('snapshots')
        .select(['account_id', 'version', 'body'])
        .where('version', '>', BigInt(version))
        .orderBy('version')
        .execute(),
    accountIds: async () =>
      (await db.selectFrom('accounts').select('account_id').execute()).map((row) => row.account_id),
    /** Accounts that have a slice and are no more. */
    orphans: async () =>
      (
        await db
          .selectFrom('snapshots')
          .select('account_id')
          .where('body', 'is not', null)
          .where('account_id', 'not in', db.selectFrom('accounts').select('account_id'))
          .execute()
      ).map((row) => row.account_id),
  }
}
