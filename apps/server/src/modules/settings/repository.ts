import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

/** What the database says of itself. */
export const databaseRepository = (tx: Tx) => ({
  /** The version alone: "18.4" of "18.4 (Debian 18.4-1)". */
  async version(): Promise<string> {
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(tx.sql)
    return rows[0]?.version.split(' ')[0] ?? 'unknown'
  },
})
