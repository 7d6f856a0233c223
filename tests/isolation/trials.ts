/** Mutants, each tried in a process and on a database of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrate, startPostgres } from '../../apps/server/src/platform/index.ts'
import { type Mutant, policyMutants, sourceMutants } from './mutants.ts'
import type { Report } from './report.ts'

/** Whoever is not done then has decided nothing: a busy machine is no proof. */
const mutantTimeoutMs = 900_000

type Fate = 'killed' | 'survived' | 'second line' | 'undecided'
type Verdict = { kind: Mutant['kind'] | 'none'; name: string; fate: Fate; by: string }
export type Trials = { verdicts: Verdict[]; existing: Record<string, number>; selection: Selection }
export type Selection = {
  /** At most so many of each kind, guards aside: they are few, and the first line. */
  sample: number
  /** Only those whose name holds this. */
  only: string | undefined
  /** No further one is begun after so long. */
  minutes: number
}

export const tryMutants = async (selection: Selection, say: (text: string) => void): Promise<Trials> => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-mutants-'))
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const postgres = await startPostgres({ dataDir: path.join(directory, 'pg'), settings })
  const admin = new pg.Client(postgres.connection)
  try {
    await admin.connect()
    const policies = await policiesOfTemplate(admin, postgres.connection)
    const host = String(postgres.connection.host)
    const untouched = await tryOne(admin, host, null, 'untouched')
    if (untouched.fate !== 'survived')
      throw new Error(`the matrix does not pass on the program as it is: ${untouched.fate} by ${untouched.by}`)
    const all = [...sourceMutants(), ...policies]
    const verdicts: Verdict[] = []
    const end = Date.now() + selection.minutes * 60_000
    for (const [index, mutant] of selected(all, selection).entries()) {
      if (Date.now() > end) break
      let verdict = await tryOne(admin, host, mutant, `mutant_${index}`)
      // what could not be arranged may be the fault of a busy machine, so it counts when it happens again
      if (unsure.has(verdict.by)) verdict = await tryOne(admin, host, mutant, `mutant_${index}`)
      verdicts.push(verdict)
      const { fate, by } = verdict
      say(`${fate === 'killed' ? `killed by ${by}` : fate.toUpperCase()}: ${mutant.kind} ${verdict.name}`)
    }
    return { verdicts, existing: countBy(all.map(({ kind }) => kind)), selection }
  } finally {
    await admin.end()
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const policiesOfTemplate = async (admin: pg.Client, connection: pg.ClientConfig) => {
  await admin.query('create database template_isolation')
  const database = { ...connection, database: 'template_isolation' }
  await migrate(database, new URL('../../db/migrations/', import.meta.url))
  const template = new pg.Client(database)
  await template.connect()
  const policies = await policyMutants(async (text) => (await template.query(text)).rows)
  await template.end()
  return policies
}

/** Guards first, then policies and predicates by turns, doors last; of each kind evenly spread over where they stand. */
const selected = (all: readonly Mutant[], { sample, only }: Selection): Mutant[] => {
  const wanted = all.filter(({ name }) => only === undefined || name.includes(only))
  const of = (kind: Mutant['kind']) => wanted.filter((mutant) => mutant.kind === kind)
  const spread = (some: readonly Mutant[]) => {
    const step = Math.max(1, some.length / sample)
    return some.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
  }
  const [policies, predicates] = [spread(of('policy')), spread(of('predicate'))]
  const turns = Array.from({ length: Math.max(policies.length, predicates.length) }, (_, at) => at)
  const byTurns = turns.flatMap((at) => [policies[at] ?? [], predicates[at] ?? []].flat())
  return [...of('guard'), ...byTurns, ...spread(of('door'))]
}

const tryOne = async (admin: pg.Client, host: string, mutant: Mutant | null, database: string): Promise<Verdict> => {
  await admin.query(`create database ${database} template template_isolation strategy file_copy`)
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'mutant-run.ts')], {
    env: { ...process.env, COCKPIT_MUTANT: JSON.stringify({ mutant, host, database }) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, mutantTimeoutMs)
  const code = await new Promise<number | null>((resolve) => child.once('exit', (exit) => resolve(exit)))
  clearTimeout(timer)
  await admin.query(`drop database ${database} with (force)`)
  const { kind, name } = mutant ?? { kind: 'none' as const, name: 'untouched' }
  const fate = isLate ? 'undecided' : (fates[code ?? -1] ?? 'killed')
  const by = code === 10 ? (JSON.parse(said.split('\n')[0] ?? '{}').by ?? 'matrix') : 'its own failure'
  return { kind, name, fate, by: mutant ? (fate === 'killed' ? by : '') : said }
}

/** What the exit codes of `mutant-run.ts` mean; whatever cannot even run has been noticed, unless it was ended. */
const fates: Readonly<Record<number, Fate>> = { 0: 'survived', 20: 'second line', [-1]: 'undecided' }
const unsure: ReadonlySet<string> = new Set(['arranging', 'its own failure'])

/** What row-level security guards already is no mutant of its own: its policies are. */
export const countsOf = ({ verdicts, existing, selection: { only } }: Trials): Partial<Report> => {
  const counted = verdicts.filter(({ fate }) => fate === 'killed' || fate === 'survived')
  const killed = counted.filter(({ fate }) => fate === 'killed')
  const named = (fate: Fate) => verdicts.filter((verdict) => verdict.fate === fate).map(({ name }) => name)
  return {
    mutants: counted.length,
    mutants_killed_percent: Math.round((1000 * killed.length) / Math.max(1, counted.length)) / 10,
    mutants_existing: existing,
    mutants_tried: countBy(verdicts.map(({ kind }) => kind)),
    ...(only !== undefined && { mutants_only: only }),
    second_lines: named('second line').length,
    undecided: named('undecided').length,
    survivors: named('survived'),
    killedBy: countBy(killed.map(({ by }) => by)),
  }
}

const countBy = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
