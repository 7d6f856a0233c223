import { readdir, readFile } from 'node:fs/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type MigrationProvider, Migrator } from 'kysely/migration'
import pg from 'pg'

/**
 * Brings the schema up to date. Files run once, in the order of their names, each whole; those of one start are one
 * transaction. Several processes may start at once. Returns the names of those that ran now.
 */
export const migrate = async (connection: pg.PoolConfig, directory: URL): Promise<string[]> => {
  const pool = new pg.Pool({ ...connection, max: 2 })
  pool.on('error', () => {}) // the query that needed the connection reports it
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const { error, results = [] } = await new Migrator({ db: kysely, provider: files(directory) }).migrateToLatest()
    const failed = results.find(({ status }) => status === 'Error')
    if (failed) throw new Error(`Migration ${failed.migrationName} failed: ${reason(error)}`, { cause: error })
    if (error) throw new Error(`The database could not be migrated: ${reason(error)}`, { cause: error })
    return results.map(({ migrationName }) => migrationName)
  } finally {
    await kysely.destroy()
  }
}

const files = (directory: URL): MigrationProvider => ({
  async getMigrations() {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.sql'))
    return Object.fromEntries(
      names.map((name) => [
        name.slice(0, -'.sql'.length),
        { up: async (db) => void (await sql.raw(await readFile(new URL(name, directory), 'utf8')).execute(db)) },
      ]),
    )
  },
})

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
