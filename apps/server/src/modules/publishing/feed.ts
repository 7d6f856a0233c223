import { type Db, systemCtx } from '../../platform/index.ts'
import { snapshotRepository, snapshotsChannel } from './repository.ts'

/** What a gateway reads: slices newer than a version, as stored. The gateway validates them itself. */
export type SnapshotFeed = {
  since(version: number): Promise<{ version: number; accountId: string; body: string | null }[]>
  onChange(changed: () => void): Promise<() => void>
}

export const createSnapshotFeed = ({ db }: { db: Db }): SnapshotFeed => ({
  async since(version) {
    const rows = await db.platform(systemCtx('snapshot'), (tx) => snapshotRepository(tx).since(version))
    return rows.map((row) => ({ version: Number(row.version), accountId: row.account_id, body: row.body }))
  },
  onChange: (changed) => db.listen(snapshotsChannel, changed, changed),
})
