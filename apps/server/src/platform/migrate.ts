import { readdir, readFile } from 'node:fs/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
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
    const { error, results = [] } = await new Migrator({
      db: kysely,
      provider: files(directory),
      // each noun counts in a range of its own, so a later release may bring a lower number than the last that ran
      allowUnorderedMigrations: true,
    }).migrateToLatest()
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
    const names = (await readdir(directory)).filter((name) => /\.(sql|ts)$/.test(name))
    return Object.fromEntries(names.map((name) => [name.replace(/\.\w+$/, ''), migration(new URL(name, directory))]))
  },
})

/** SQL, or a module whose `up` does what SQL alone cannot. */
const migration = (file: URL): Migration => ({
  async up(db) {
    if (file.pathname.endsWith('.sql')) return void (await sql.raw(await readFile(file, 'utf8')).execute(db))
    const { up } = (await import(file.href)) as Migration
    await up(db)
  },
})

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
