/**
 * `npm run isolation`: proves on a running installation that no account reaches another, with two synthetic accounts that
 * are deleted afterwards, and prints a signed report. `--mutants` also takes away each guard, policy and predicate of
 * this source tree for itself, on databases of its own, and counts how many the proof notices; that takes hours, so
 * `--sample=12` takes at most so many of each kind, evenly spread.
 *
 * COCKPIT_URL names the installation (default http://localhost:4000), COCKPIT_MASTER_KEY its master key.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
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
const { values: options } = parseArgs({
  options: { mutants: { type: 'boolean', default: false }, sample: { type: 'string' } },
})
const sampleSize = options.sample === undefined ? Number.POSITIVE_INFINITY : Number(options.sample)

if (!masterKey) {
  process.stderr.write('COCKPIT_MASTER_KEY is not set: give the master key of the installation at COCKPIT_URL.\n')
  process.exitCode = 2
} else await main(masterKey)

async function main(masterKey: string) {
  const stage = await openStage(reachable(url, masterKey), masterKey)
  const proof = await runMatrix(stage).finally(() => stage.clear())
  for (const { route, principal, way, what } of proof.leaks) say(`LEAK ${route} · ${principal} · ${way}: ${what}`)
  say(`${proof.cases} cases, ${proof.leaks.length} leaks`)
  const mutants = options.mutants ? await runMutants() : null
  const report: Report = {
    at: new Date().toISOString(),
    installation: url,
    cases: proof.cases,
    leaks: proof.leaks.length,
    leakList: proof.leaks,
    casesByPrincipal: proof.byPrincipal,
    ...(mutants && countsOf(mutants)),
  }
  const signed = signReport(report, signingKey(path.resolve(root, COCKPIT_DATA_DIR)))
  mkdirSync(path.dirname(reportFile), { recursive: true })
  writeFileSync(reportFile, `${JSON.stringify(signed, null, 2)}\n`)
  say(JSON.stringify(signed, null, 2))
  const survived = mutants?.verdicts.some(({ fate }) => fate === 'survived') ?? false
  process.exitCode = proof.leaks.length > 0 || survived ? 1 : 0
}

type Fate = 'killed' | 'survived' | 'second line'
type Verdict = { kind: Mutant['kind'] | 'none'; name: string; fate: Fate; by: string }
type Mutants = { verdicts: Verdict[]; existing: Record<string, number> }

/** What row-level security guards already is no mutant of its own: its policies are. */
function countsOf({ verdicts, existing }: Mutants): Partial<Report> {
  const counted = verdicts.filter(({ fate }) => fate !== 'second line')
  const killed = counted.filter(({ fate }) => fate === 'killed')
  return {
    mutants: counted.length,
    mutants_killed_percent: Math.round((1000 * killed.length) / Math.max(1, counted.length)) / 10,
    mutants_existing: existing,
    mutants_tried: countBy(verdicts.map(({ kind }) => kind)),
    second_lines: verdicts.length - counted.length,
    survivors: counted.filter(({ fate }) => fate === 'survived').map(({ name }) => name),
    killedBy: countBy(killed.map(({ by }) => by)),
  }
}

/** At most so many of each kind, evenly spread over where they stand. */
function sampleOf(all: readonly Mutant[], size: number): Mutant[] {
  return [...Map.groupBy(all, ({ kind }) => kind).values()].flatMap((kind) => {
    const step = Math.max(1, kind.length / size)
    return kind.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
  })
}

async function runMutants(): Promise<Mutants> {
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
    if (untouched.fate === 'killed') throw new Error(`the matrix fails on the program as it is: ${untouched.by}`)
    const all = [...sourceMutants(), ...policies]
    for (const [index, mutant] of sampleOf(all, sampleSize).entries()) {
      const verdict = await runMutant(admin, String(postgres.connection.host), mutant, `mutant_${index}`)
      verdicts.push(verdict)
      const { fate, by } = verdict
      say(`${fate === 'killed' ? `killed by ${by}` : fate.toUpperCase()}: ${mutant.kind} ${verdict.name}`)
    }
    return { verdicts, existing: countBy(all.map(({ kind }) => kind)) }
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
  const fate: Fate = code === 0 ? 'survived' : code === 20 ? 'second line' : 'killed'
  const by = code === 10 ? (JSON.parse(said.split('\n')[0] ?? '{}').by ?? 'matrix') : 'its own failure'
  const { kind, name } = mutant ?? { kind: 'none' as const, name: 'untouched' }
  return { kind, name, fate, by: mutant ? (fate === 'killed' ? by : '') : said }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
