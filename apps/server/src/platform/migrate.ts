import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, type MigrationResultSet, Migrator } from 'kysely/migration'
import pg from 'pg'

/**
 * Brings the schema up to date. Files run once, in the order of their names, each whole; those of one start are one
 * transaction. Several processes may start at once, also of a release and the one before it. Returns the names of those
 * that ran now.
 */
export const migrate = async (connection: pg.PoolConfig, directory: URL): Promise<string[]> => {
  const pool = new pg.Pool({ ...connection, max: 2 })
  pool.on('error', () => {}) // the query that needed the connection reports it
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const migrator = new Migrator({
      db: kysely,
      provider: files(directory, kysely),
      // each noun counts in a range of its own, so a later release may bring a lower number than the last that ran
      allowUnorderedMigrations: true,
    })
    const { error, results = [] } = await untilUnhindered(() => migrator.migrateToLatest())
    const failed = results.find(({ status }) => status === 'Error')
    if (failed) throw new Error(`Migration ${failed.migrationName} failed: ${reason(error)}`, { cause: error })
    if (error) throw new Error(`The database could not be migrated: ${reason(error)}`, { cause: error })
    return results.map(({ migrationName }) => migrationName)
  } finally {
    await kysely.destroy()
  }
}

const attemptsMax = 10
const pauseMs = 200

/**
 * Processes that still serve lock the same tables in an order of their own, and PostgreSQL ends one of two that wait for each
 * other. What ran in that attempt is undone as a whole, so it is tried again.
 */
const untilUnhindered = async (attempt: () => Promise<MigrationResultSet>): Promise<MigrationResultSet> => {
  for (let nth = 1; ; nth++) {
    const done = await attempt()
    const isDeadlock = (done.error as { code?: unknown } | undefined)?.code === '40P01'
    if (!isDeadlock || nth === attemptsMax) return done
    await sleep(pauseMs * nth)
  }
}

const files = (directory: URL, kysely: Kysely<unknown>): MigrationProvider => ({
  async getMigrations() {
    const names = (await readdir(directory)).filter((name) => /\.(sql|ts)$/.test(name))
    const own = names.map((name) => [name.replace(/\.\w+$/, ''), migration(new URL(name, directory))] as const)
    return {
      ...Object.fromEntries((await namesRun(kysely)).map((name) => [name, ofAnother])),
      ...Object.fromEntries(own),
    }
  },
})

/** A later release ran it, beside which this one may be started again: a migration only adds to what there is. */
const ofAnother: Migration = {
  async up() {
    throw new Error('what another release brought has run already')
  },
}

const namesRun = async (kysely: Kysely<unknown>): Promise<string[]> => {
  const { rows: tables } = await sql`select 1 where to_regclass('kysely_migration') is not null`.execute(kysely)
  if (tables.length === 0) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(kysely)
  return rows.map(({ name }) => name)
}

/** SQL, or a module whose `up` does what SQL alone cannot. */
const migration = (file: URL): Migration => ({
  async up(db) {
    if (file.pathname.endsWith('.sql')) return void (await sql.raw(await readFile(file, 'utf8')).execute(db))
    const { up } = (await import(file.href)) as Migration
    await up(db)
  },
})

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
