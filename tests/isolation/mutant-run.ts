/**
 * One Cockpit with one guard, policy or predicate taken away, and the matrix over it. Runs in a process of its own, as
 * the change is made to the source while it is loaded; nothing is written to disk.
 * Ends with 0 when nothing was noticed, with 10 and the first leak when something was, and with 20 when nothing was and
 * the predicate that was taken away guards no statement that runs as the platform.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import type { Query } from './catalog.ts'
import { lintCatalog } from './catalog.ts'
import { type Mutant, mutated, pathOf, removedHere, roomOf } from './mutants.ts'

const masterKey = 'mk_test_0123456789abcdef'
const { mutant, host, database } = JSON.parse(process.env.COCKPIT_MUTANT ?? '') as {
  mutant: Mutant | null
  host: string
  database: string
}

if (mutant && mutant.kind !== 'policy') {
  const [url, source] = [pathToFileURL(pathOf(mutant)).href, mutated(mutant)]
  registerHooks({
    load: (asked, context, next) =>
      asked === url ? { format: 'module-typescript', source, shortCircuit: true } : next(asked, context),
  })
}

const pool = new pg.Pool({ host, user: 'postgres', database, max: 2 })
const query: Query = async (text, values) => (await pool.query(text, values)).rows
const noticed = (what: unknown) => {
  process.stdout.write(`${JSON.stringify(what)}\n`)
  process.exit(10)
}

if (mutant?.kind === 'predicate')
  await query(`
    create sequence mutant_seen;
    grant usage on sequence mutant_seen to cockpit_app, cockpit_platform;
    create function ${removedHere}() returns boolean language plpgsql volatile as $$
    begin
      if current_user <> 'cockpit_platform' then return false; end if;
      perform nextval('mutant_seen');
      return true;
    end $$`)
if (mutant?.kind === 'policy') {
  await query(mutant.sql)
  const [finding] = await lintCatalog(query)
  if (finding) noticed({ by: 'catalog', ...finding })
}
const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-mutant-'))
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))
try {
  const [{ parseConfig }, { startServer }, { createLog }] = await Promise.all([
    import('../../apps/server/src/config.ts'),
    import('../../apps/server/src/server.ts'),
    import('../../apps/server/src/platform/index.ts'),
  ])
  const environment = {
    PORT: '0',
    COCKPIT_DATA_DIR: dataDir,
    COCKPIT_MASTER_KEY: masterKey,
    DATABASE_URL: `postgres://postgres@localhost/${database}?host=${encodeURIComponent(host)}`,
  }
  const running = await startServer({
    config: parseConfig(environment, []),
    environment,
    version: '0.0.0-mutant',
    consoleDir: path.join(dataDir, 'no-console'),
    migrations: new URL('../../db/migrations/', import.meta.url),
    now: () => new Date(),
    log: createLog('silent'),
  })
  const [{ reachable }, { openStage }, { runMatrix }] = await Promise.all([
    import('../support/reach.ts'),
    import('./stage.ts'),
    import('./matrix.ts'),
  ])
  const stage = await openStage(reachable(running.url, masterKey), masterKey, query)
  const { leaks, cases } = await runMatrix(stage, {
    query,
    stopAtFirst: true,
    first: mutant ? roomOf(mutant) : undefined,
  })
  if (leaks[0]) noticed({ by: 'matrix', cases, ...leaks[0] })
} catch (error) {
  // what cannot even be arranged any more did not go unnoticed
  noticed({ by: 'arranging', what: String(error).slice(0, 300) })
}
const isUsed = async () => (await query<{ is_called: boolean }>('select is_called from mutant_seen'))[0]?.is_called
process.exit(mutant?.kind === 'predicate' && !(await isUsed()) ? 20 : 0)
