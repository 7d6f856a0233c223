/**
 * `npm run isolation`: proves on a running installation that no account reaches another, with synthetic accounts that
 * are deleted afterwards, and prints a signed report. `--mutants` also takes away each guard, policy and predicate of
 * this source tree for itself, on databases of its own, and counts how many the proof notices; that takes hours, so
 * `--minutes=25` begins no further one after so long, guards first, `--sample=12` takes at most so many of each other
 * kind, evenly spread, and `--only=modules/scim` those whose name holds this.
 *
 * `--notebook=/tmp/verdicts` keeps what was decided, so that a later run goes on there. `--since=FILE` takes over what an
 * earlier report decided of those that have the same name, tries the others, and says in the report how many. `--report=FILE` says where the
 * report is written; without it, that is docs/reports/isolation.json with `--mutants`, and the data directory otherwise.
 *
 * `--verify=FILE` does nothing of this: it says whether a report is as it was signed, with which key, and what it found.
 *
 * COCKPIT_URL names the installation (default http://localhost:4000), COCKPIT_MASTER_KEY its master key. Of one that was
 * started for this there is more to ask: `--database` takes the address of its database, to see that no row of the other
 * account changes; `--provider-port=9001` plays its identity provider, which it must know as http://127.0.0.1:9001, and
 * knocks with tokens of it that let nobody in; COCKPIT_BREAK_GLASS_CODE breaks its glass, and whoever did must not reach
 * out of the account they work in either.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { type Idp, startIdp } from '../support/idp.ts'
import { reachable } from '../support/reach.ts'
import type { Query } from './catalog.ts'
import { openReceiver } from './deliveries.ts'
import { runMatrix } from './matrix.ts'
import { breakGlassIn } from './principals.ts'
import { type Report, readReport, signingKey, signReport } from './report.ts'
import { signedForgeries } from './signed-forgeries.ts'
import { openStage, type Stage } from './stage.ts'
import { countsOf, type Earlier, tryMutants } from './trials.ts'

const root = path.resolve(import.meta.dirname, '../..')
const say = (text: string) => process.stdout.write(`${text}\n`)

const {
  COCKPIT_URL: url = 'http://localhost:4000',
  COCKPIT_MASTER_KEY: masterKey,
  COCKPIT_DATA_DIR = 'data',
  COCKPIT_BREAK_GLASS_CODE: code,
} = process.env
const { values: options } = parseArgs({
  options: {
    mutants: { type: 'boolean', default: false },
    sample: { type: 'string', default: 'Infinity' },
    minutes: { type: 'string', default: 'Infinity' },
    only: { type: 'string' },
    notebook: { type: 'string' },
    since: { type: 'string' },
    report: { type: 'string' },
    verify: { type: 'string' },
    database: { type: 'string' },
    'provider-port': { type: 'string' },
  },
})
const { only, notebook } = options
const dataDir = path.resolve(root, COCKPIT_DATA_DIR)
// what a run without mutants finds must not stand in place of the report that is kept with the sources
const usualFile = options.mutants
  ? path.join(root, 'docs/reports/isolation.json')
  : path.join(dataDir, 'isolation.json')
const reportFile = options.report === undefined ? usualFile : path.resolve(options.report)
/** So many parts of the matrix between two words about how far it is. */
const partsPerWord = 100
const since = options.since === undefined ? undefined : earlierReport(options.since)
const selection = { sample: Number(options.sample), minutes: Number(options.minutes), only, notebook, since }

if (options.verify !== undefined) verify(options.verify)
else if (!masterKey) refuse('COCKPIT_MASTER_KEY is not set: give the master key of the installation at COCKPIT_URL.')
else if (!(selection.sample >= 1 && selection.minutes > 0)) refuse('--sample and --minutes take a number from 1.')
else await main(masterKey)

async function main(masterKey: string) {
  const cockpit = reachable(url, masterKey)
  // the last super admin stays, and it must not be one that was made for this
  if ((await cockpit.as().identity.setupState()).needed)
    return refuse(`${url} has no super admin yet: set it up first, so that nothing of this proof stays there.`)
  const pool = options.database === undefined ? null : new pg.Pool({ connectionString: options.database, max: 2 })
  const query: Query | undefined = pool ? async (text, values) => (await pool.query(text, values)).rows : undefined
  const port = options['provider-port']
  const idp = port === undefined ? null : await startIdp({ port: Number(port) })
  const receiver = isHere(url) ? await openReceiver() : undefined
  const stage = await openStage(cockpit, masterKey, query)
  const proof = await proofOf(stage, { idp, query, receiver }).finally(() => stage.clear())
  await Promise.all([idp?.stop(), pool?.end(), receiver?.close()])
  const notAsked = partsLeftOut({ query, idp, receiver })
  for (const part of notAsked) say(`Not asked: ${part}`)
  for (const { route, principal, way, what } of proof.leaks) say(`LEAK ${route} · ${principal} · ${way}: ${what}`)
  say(`${proof.cases} cases, ${proof.leaks.length} leaks`)
  const trials = options.mutants ? await tryMutants(selection, say) : null
  const report: Report = {
    at: new Date().toISOString(),
    installation: url,
    cases: proof.cases,
    leaks: proof.leaks.length,
    leakList: proof.leaks,
    casesByPrincipal: proof.byPrincipal,
    parts_left_out: notAsked,
    ...(trials && countsOf(trials)),
  }
  const signed = signReport(report, signingKey(dataDir))
  mkdirSync(path.dirname(reportFile), { recursive: true })
  writeFileSync(reportFile, `${JSON.stringify(signed, null, 2)}\n`)
  say(JSON.stringify(signed, null, 2))
  say(`The report is in ${reportFile}.`)
  const isProven = report.leaks === 0 && (report.survivors ?? []).length === 0
  process.exitCode = isProven ? 0 : 1
}

/** With everybody there is, as far as the installation lets them be. */
async function proofOf(stage: Stage, { idp, ...more }: { idp: Idp | null } & Parameters<typeof runMatrix>[1]) {
  const insiders = code ? [await breakGlassIn(stage.cockpit, stage.own, code)] : []
  const strangers = idp ? await signedForgeries(idp, stage.other.account) : []
  let parts = 0
  const after = async () => {
    if (++parts % partsPerWord === 0) say(`${parts} parts are asked; each route is asked of both accounts`)
  }
  say('The accounts are made; now every route is asked, which takes some minutes.')
  return runMatrix(stage, { ...more, insiders, strangers, after })
}

/** What this run proves nothing of, and what it would take. */
function partsLeftOut({ query, idp, receiver }: { query: unknown; idp: unknown; receiver: unknown }): string[] {
  const parts: [has: unknown, words: string][] = [
    [query, 'whether a row of the other account changes, and sessions that ran out or were left open; give --database'],
    [idp, 'tokens of an identity provider that are expired, forged or for somebody else; give --provider-port'],
    [code, 'whoever broke the glass; give COCKPIT_BREAK_GLASS_CODE'],
    [receiver, 'what is sent to destinations of audit events; run it on the machine of the installation'],
    [options.mutants, 'whether the proof notices a guard, policy or predicate that is gone; give --mutants'],
  ]
  return parts.flatMap(([has, words]) => (has ? [] : [words]))
}

/** Whether it listens on this machine alone, and so may send to it. */
function isHere(url: string) {
  return ['localhost', '127.0.0.1'].includes(new URL(url).hostname)
}

function earlierReport(file: string): Earlier {
  const text = readFileSync(file, 'utf8')
  const { isAsSigned, words } = readReport(text)
  if (!isAsSigned) throw new Error(`${file}: ${words}`)
  const { at, verdicts = {} } = JSON.parse(text) as Report
  return { at, verdicts }
}

function verify(file: string) {
  const { isAsSigned, words } = readReport(readFileSync(file, 'utf8'))
  say(words)
  process.exitCode = isAsSigned ? 0 : 1
}

function refuse(why: string) {
  process.stderr.write(`${why}\n`)
  process.exitCode = 2
}
