/** Writes the types of all tables from a freshly migrated database. `--check` only says whether they are current. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, startPostgres } from '../apps/server/src/platform/index.ts'

const root = new URL('..', import.meta.url)
const target = new URL('apps/server/src/platform/tables.ts', root)

const directory = mkdtempSync(join(tmpdir(), 'tables-'))
const postgres = await startPostgres({ dataDir: join(directory, 'pg'), settings: { fsync: 'off' } })
try {
  await migrate(postgres.connection, new URL('db/migrations/', root))
  const generated = generate(String(postgres.connection.host))
  if (!process.argv.includes('--check')) {
    writeFileSync(target, generated)
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== generated) {
    console.error('tables.ts is older than db/migrations: run `npm run tables`.')
    process.exitCode = 1
  }
} finally {
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
}

function generate(host: string): string {
  const file = join(directory, 'tables.ts')
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [
      new URL('node_modules/kysely-codegen/dist/cli/bin.js', root).pathname,
      ...['--dialect', 'postgres', '--out-file', file, '--log-level', 'error'],
      ...['--url', `postgres://postgres@localhost/postgres?host=${encodeURIComponent(host)}`],
      ...['--exclude-pattern', '{kysely_*,jobs.*}', '--type-mapping', '{"int8":"bigint"}'],
    ],
    { encoding: 'utf8', cwd: tmpdir() },
  )
  if (status !== 0) throw new Error(`kysely-codegen failed: ${stderr}${stdout}`)
  return readFileSync(file, 'utf8')
}
