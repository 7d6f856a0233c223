/** Mutants, tried one after another in a program that has them all as switches, on a database of its own. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { migrate, startPostgres } from '../../apps/server/src/platform/index.ts'
import { isExplained, type Mutant, policyMutants, sourceMutants } from './mutants.ts'
import { openNotebook } from './notebook.ts'
import type { Report } from './report.ts'

/** Whoever has not decided then has decided nothing: a busy machine is no proof. */
const silenceMaxMs = 600_000

/**
 * `not asked`: nothing that the matrix asks runs it as the platform, so that taking it away changes nothing there.
 * `harmless`: taking it away lets nobody reach another account, for a reason that stands in harmless.ts.
 * `second line`: predicates behind it hold alone; without them and it, the proof notices.
 */
type Fate = 'killed' | 'survived' | 'harmless' | 'second line' | 'not asked' | 'undecided'
export type Told = { id: number; fate: Fate; by: string; what: string; route?: string }
export type Order = {
  mutants: readonly Mutant[]
  todo: readonly number[]
  thorough: boolean
  host: string
  database: string
}
type Verdict = Told & { mutant: Mutant }
export type Trials = { verdicts: Verdict[]; existing: Record<string, number>; selection: Selection; taken: number }
export type Selection = {
  /** At most so many of each kind, guards aside: they are few, and the first line. */
  sample: number
  /** Only those whose name holds this. */
  only: string | undefined
  /** No further one is begun after so long. */
  minutes: number
  /** A file that keeps what was decided, from one run to the next. */
  notebook: string | undefined
  /** A report whose verdicts stand for mutants of the same name. */
  since: Earlier | undefined
}
export type Earlier = { at: string; verdicts: Readonly<Record<string, string>> }

const earlierReport = 'an earlier report'

export const tryMutants = async (selection: Selection, say: (text: string) => void): Promise<Trials> => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-mutants-'))
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const postgres = await startPostgres({ dataDir: path.join(directory, 'pg'), settings })
  const admin = new pg.Client(postgres.connection)
  try {
    await admin.connect()
    const mutants = [...sourceMutants(), ...(await policiesOfTemplate(admin, postgres.connection))]
    const end = Date.now() + selection.minutes * 60_000
    const verdicts = new Map<number, Verdict>()
    const notebook = openNotebook(selection.notebook)
    const note = (told: Told) => {
      const mutant = mutants[told.id]
      if (!mutant) return
      const isHarmless = told.fate === 'survived' && isExplained(mutant)
      const verdict = { ...told, mutant, fate: isHarmless ? ('harmless' as const) : told.fate }
      verdicts.set(told.id, verdict)
      const { by, what } = told
      if (told.fate === 'killed' || told.fate === 'second line') notebook.note(mutant, { fate: told.fate, by, what })
      const fate = verdict.fate === 'killed' ? `killed by ${told.by}` : verdict.fate.toUpperCase()
      say(`${fate}: ${mutant.kind} ${mutant.name}${told.what && ` (${told.what})`}`)
    }
    const run = (todo: readonly number[], thorough: boolean) =>
      tryAll({ admin, host: String(postgres.connection.host), mutants, end, note }, todo, thorough)
    const todo = selected(mutants, selection).filter((id) => {
      const mutant = mutants[id]
      const decided = mutant && (notebook.decided(mutant) ?? decidedEarlier(mutant, selection))
      if (decided) verdicts.set(id, { id, mutant, ...decided })
      return !decided
    })
    const taken = [...verdicts.values()].filter(({ by }) => by === earlierReport).length
    say(`${verdicts.size} were decided before, ${todo.length} are left`)
    await run(todo, false)
    // what survives the parts that asked for it is tried on all of them, in an installation that knew nothing before
    for (const [id, { fate }] of [...verdicts]) if (fate === 'survived') await run([id], true)
    for (const survivor of survivedEarlier(todo, mutants, selection))
      if (!verdicts.has(survivor.id)) verdicts.set(survivor.id, survivor)
    return { verdicts: [...verdicts.values()], existing: countBy(mutants.map(({ kind }) => kind)), selection, taken }
  } finally {
    await admin.end()
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const decidedEarlier = (mutant: Mutant, { since }: Selection): Pick<Told, 'fate' | 'by' | 'what'> | undefined => {
  const fate = since?.verdicts[mutant.name]
  const stands =
    fate === 'killed' || fate === 'second line' || fate === 'not asked' || (fate === 'harmless' && isExplained(mutant))
  return stands ? { fate, by: earlierReport, what: '' } : undefined
}

/** What nothing noticed then and nobody came to try now is not noticed still. */
const survivedEarlier = (todo: readonly number[], mutants: readonly Mutant[], { since }: Selection): Verdict[] =>
  todo.flatMap((id) => {
    const mutant = mutants[id]
    const isOne = mutant && since?.verdicts[mutant.name] === 'survived'
    return isOne ? [{ id, mutant, fate: 'survived' as const, by: earlierReport, what: '' }] : []
  })

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

/** Guards first, then policies and predicates, doors last; of each kind evenly spread over where they stand. */
const selected = (all: readonly Mutant[], { sample, only }: Selection): number[] => {
  const wanted = all.flatMap((mutant, id) => (only === undefined || mutant.name.includes(only) ? [{ mutant, id }] : []))
  const of = (kind: Mutant['kind']) => wanted.filter(({ mutant }) => mutant.kind === kind).map(({ id }) => id)
  const spread = (some: readonly number[]) => {
    const step = Math.max(1, some.length / sample)
    return some.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
  }
  return [...of('guard'), ...spread(of('policy')), ...spread(of('predicate')), ...spread(of('door'))]
}

type Trial = { admin: pg.Client; host: string; mutants: readonly Mutant[]; end: number; note: (told: Told) => void }

/** A mutant that ends the program, or keeps it busy without end, costs one run; the others go on in the next one. */
const tryAll = async (trial: Trial, todo: readonly number[], thorough: boolean) => {
  let left = todo
  let runs = 0
  while (left.length > 0 && Date.now() < trial.end) {
    const { told, how } = await tryRun(trial, left, thorough, `mutants_${process.pid}_${runs++}`)
    if (how === 'never began') throw new Error('the matrix does not pass on the program as it is')
    const [current, ...rest] = left.slice(told)
    if (current !== undefined && how !== 'time is up')
      trial.note({ id: current, ...(how === 'ended' ? endedItself : noEnd) })
    left = how === 'time is up' ? [] : rest
  }
}
const endedItself = { fate: 'killed', by: 'its own failure', what: '' } as const
const noEnd = { fate: 'undecided', by: '', what: '' } as const

type How = 'never began' | 'ended' | 'silent' | 'time is up'

const tryRun = async (
  { admin, host, mutants, end, note }: Trial,
  todo: readonly number[],
  thorough: boolean,
  database: string,
) => {
  await admin.query(`create database ${database} template template_isolation strategy file_copy`)
  const order: Order = { mutants, todo, thorough, host, database }
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'mutant-run.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(order))
  let told = 0
  let how = 'ended' as How
  const stop = (why: How) => {
    how = why
    child.kill('SIGKILL')
  }
  let timer = setTimeout(stop, silenceMaxMs, 'silent')
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(timer)
    timer = setTimeout(stop, silenceMaxMs, 'silent')
    told++
    note(JSON.parse(line))
    if (Date.now() > end) stop('time is up')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', (exit) => resolve(exit)))
  clearTimeout(timer)
  await admin.query(`drop database ${database} with (force)`)
  return { told, how: code === 1 && told === 0 ? ('never began' as const) : how }
}

/** What the matrix never asks for as the platform is no mutant of its own: the policies stand before it. */
export const countsOf = ({ verdicts, existing, selection: { only, since }, taken }: Trials): Partial<Report> => {
  const counted = verdicts.filter(({ fate }) => fate === 'killed' || fate === 'survived')
  const killed = counted.filter(({ fate }) => fate === 'killed')
  const of = (fate: Fate) => verdicts.filter((verdict) => verdict.fate === fate)
  return {
    mutants: counted.length,
    mutants_killed_percent: Math.round((1000 * killed.length) / Math.max(1, counted.length)) / 10,
    mutants_existing: existing,
    mutants_tried: countBy(verdicts.map(({ mutant }) => mutant.kind)),
    ...(only !== undefined && { mutants_only: only }),
    ...(since && { taken_over: { from: since.at, verdicts: taken } }),
    equivalent: Object.fromEntries(
      of('harmless').flatMap(({ mutant }) => (mutant.kind === 'policy' ? [] : [[mutant.name, mutant.harmless ?? '']])),
    ),
    second_lines: of('second line').length,
    not_asked: countBy(of('not asked').map(({ mutant }) => mutant.kind)),
    undecided: of('undecided').length,
    survivors: of('survived').map(({ mutant }) => mutant.name),
    killedBy: countBy(killed.map(({ by }) => by)),
    verdicts: Object.fromEntries(verdicts.map(({ mutant, fate }) => [mutant.name, fate]).sort()),
  }
}

const countBy = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
