/**
 * `npm run isolation`: proves on a running installation that no account reaches another, with two synthetic accounts that
 * are deleted afterwards, and prints a signed report. `--mutants` also takes away each guard, policy and predicate of
 * this source tree for itself, on databases of its own, and counts how many the proof notices.
 *
 * COCKPIT_URL names the installation (default http://localhost:4000), COCKPIT_MASTER_KEY its master key.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrate, startPostgres } from '../../apps/server/src/platform/index.ts'
import { reachable } from '../support/reach.ts'
import { runMatrix } from './matrix.ts'
import { type Mutant, policyMutants, sourceMutants } from './mutants.ts'
import { type Report, signingKey, signReport } from './report.ts'
import { openStage } from './stage.ts'

const root = path.resolve(import.meta.dirname, '../..')
const reportFile = path.join(root, 'docs/reports/isolation.json')
const mutantTimeoutMs = 240_000
const say = (text: string) => process.stdout.write(`${text}\n`)

const {
  COCKPIT_URL: url = 'http://localhost:4000',
  COCKPIT_MASTER_KEY: masterKey,
  COCKPIT_DATA_DIR = 'data',
} = process.env
const withMutants = process.argv.includes('--mutants')

if (!masterKey) {
  process.stderr.write('COCKPIT_MASTER_KEY is not set: give the master key of the installation at COCKPIT_URL.\n')
  process.exitCode = 2
} else await main(masterKey)

async function main(masterKey: string) {
  const stage = await openStage(reachable(url, masterKey), masterKey)
  const proof = await runMatrix(stage).finally(() => stage.clear())
  for (const { route, principal, way, what } of proof.leaks) say(`LEAK ${route} · ${principal} · ${way}: ${what}`)
  say(`${proof.cases} cases, ${proof.leaks.length} leaks`)
  const mutants = withMutants ? await runMutants() : null
  const report: Report = {
    at: new Date().toISOString(),
    installation: url,
    cases: proof.cases,
    leaks: proof.leaks.length,
    leakList: proof.leaks,
    casesByPrincipal: proof.byPrincipal,
    ...(mutants && {
      mutants: mutants.length,
      mutants_killed_percent: Math.round((1000 * mutants.filter(({ killed }) => killed).length) / mutants.length) / 10,
      survivors: mutants.filter(({ killed }) => !killed).map(({ name }) => name),
      killedBy: countBy(mutants.filter(({ killed }) => killed).map(({ by }) => by)),
    }),
  }
  const signed = signReport(report, signingKey(path.resolve(root, COCKPIT_DATA_DIR)))
  mkdirSync(path.dirname(reportFile), { recursive: true })
  writeFileSync(reportFile, `${JSON.stringify(signed, null, 2)}\n`)
  say(JSON.stringify(signed, null, 2))
  process.exitCode = proof.leaks.length > 0 || (mutants?.some(({ killed }) => !killed) ?? false) ? 1 : 0
}

type Verdict = { name: string; killed: boolean; by: string }

async function runMutants(): Promise<Verdict[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-mutants-'))
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const postgres = await startPostgres({ dataDir: path.join(directory, 'pg'), settings })
  const admin = new pg.Client(postgres.connection)
  try {
    await admin.connect()
    await admin.query('create database template_isolation')
    await migrate(
      { ...postgres.connection, database: 'template_isolation' },
      new URL('../../db/migrations/', import.meta.url),
    )
    const template = new pg.Client({ ...postgres.connection, database: 'template_isolation' })
    await template.connect()
    const policies = await policyMutants(async (text) => (await template.query(text)).rows)
    await template.end()
    const verdicts: Verdict[] = []
    const untouched = await runMutant(admin, String(postgres.connection.host), null, 'untouched')
    if (untouched.killed) throw new Error(`the matrix fails on the program as it is: ${untouched.by}`)
    for (const [index, mutant] of [...sourceMutants(), ...policies].entries()) {
      const verdict = await runMutant(admin, String(postgres.connection.host), mutant, `mutant_${index}`)
      verdicts.push(verdict)
      say(`${verdict.killed ? `killed by ${verdict.by}` : 'SURVIVED'}: ${mutant.kind} ${verdict.name}`)
    }
    return verdicts
  } finally {
    await admin.end()
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runMutant(admin: pg.Client, host: string, mutant: Mutant | null, database: string): Promise<Verdict> {
  await admin.query(`create database ${database} template template_isolation strategy file_copy`)
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'mutant-run.ts')], {
    env: { ...process.env, COCKPIT_MUTANT: JSON.stringify({ mutant, host, database }) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), mutantTimeoutMs)
  const code = await new Promise<number | null>((resolve) => child.once('exit', (exit) => resolve(exit)))
  clearTimeout(timer)
  await admin.query(`drop database ${database} with (force)`)
  const by =
    code === 10 ? (JSON.parse(said.split('\n')[0] ?? '{}').by ?? 'matrix') : code === 0 ? '' : 'its own failure'
  return { name: mutant?.name ?? 'untouched', killed: code !== 0, by: mutant ? by : said }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
