/**
 * Measures Cockpit beside a plain proxy and another gateway, in interleaved rounds of one run.
 * `npm run bench` takes about fifteen minutes, `npm run bench -- --quick` one; `--only=direct,nginx` names the gateways.
 */

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { bare } from './bare.ts'
import { bifrost } from './bifrost.ts'
import { cockpit, cockpitOfTwo } from './cockpit.ts'
import { measureIdentity } from './identity.ts'
import { litellm } from './litellm.ts'
import { LOAD_CORE, machine, onCore, pinThisProcess, STREAMS_MANY } from './machine.ts'
import { measureAll, type Plan, type Subject } from './measure.ts'
import { nginx } from './nginx.ts'
import { direct, type Peer } from './peer.ts'
import { measurePeople } from './people.ts'
import { portkey } from './portkey.ts'
import { barText, reportOf } from './report.ts'
import { barsOf, type Results, ratiosOf, rowOf } from './results.ts'
import { MODELS } from './wire.ts'

const FULL: Plan = {
  rounds: 5,
  roundMs: 3_500,
  warmUpMs: 2_000,
  slowStreams: 2_000,
  slowModel: MODELS.slow,
  rampMs: 1_000,
  many: { model: MODELS.calm, count: STREAMS_MANY, rampMs: 8_000 },
}
const QUICK: Plan = {
  rounds: 2,
  roundMs: 1_200,
  warmUpMs: 800,
  slowStreams: 1_000,
  slowModel: MODELS.brief,
  rampMs: 500,
  many: null,
}

const ROOT = join(import.meta.dirname, '..')

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string', default: import.meta.dirname },
  },
})
const plan = options.quick ? QUICK : FULL
const peers = [direct, nginx, bare, portkey, litellm, bifrost, cockpit, cockpitOfTwo].filter(
  ({ name }) => !options.only || options.only.split(',').includes(name),
)

const about = machine()
pinThisProcess(LOAD_CORE)
const mock = await startMock()
const skipped: Results['skipped'] = []
const subjects: Subject[] = []
const skip = (name: string, error: unknown) => {
  const reason = (error instanceof Error ? error.message : String(error))
    .replaceAll(ROOT, '.')
    .replace(/\s+/g, ' ')
    .slice(0, 400)
  skipped.push({ name, reason })
  console.log(`SKIPPED ${name}: ${reason}`)
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().then(() => process.exit(130)))

try {
  for (const peer of peers) await bring(peer)
  await measureAll(subjects, plan, (line) => console.log(line))
  await write()
} finally {
  await stopAll()
}

async function stopAll(): Promise<void> {
  for (const { running } of subjects.splice(0)) await running.stop()
  mock.stop()
}

async function bring(peer: Peer): Promise<void> {
  try {
    const running = await peer.start(mock.port)
    const { name, streamsMax = null, takesMany = false } = peer
    subjects.push({ name, streamsMax, takesMany, running, mockPid: mock.pid, rounds: {}, errors: [], sent: 0 })
    console.log(`started ${peer.name} ${peer.version()}`)
  } catch (error) {
    skip(peer.name, error)
  }
}

async function write(): Promise<void> {
  const rows = []
  const versions: Record<string, string> = { node: process.version }
  for (const subject of subjects) {
    const peer = peers.find(({ name }) => name === subject.name)
    if (subject.errors.length > 0 || !peer) {
      skip(subject.name, `it answered wrongly: ${subject.errors[0]}`)
      process.exitCode = 1
      continue
    }
    if (peer.version()) versions[peer.name] = peer.version()
    const accounts = (await subject.running.accounts?.(subject.sent)) ?? null
    rows.push(rowOf(subject, { version: peer.version(), does: peer.does, accounts }))
  }
  // what follows is the time a page takes, on the whole machine
  await stopAll()
  pinThisProcess(null)
  const identity = peers.includes(cockpit) ? await measureIdentity((line) => console.log(line)) : undefined
  const people =
    peers.includes(cockpit) && !options.quick ? await measurePeople((line) => console.log(line)) : undefined
  const ratios = ratiosOf(rows)
  const mode = options.quick ? 'quick' : 'full'
  const results: Results = {
    at: new Date().toISOString(),
    mode,
    machine: about,
    versions,
    plan,
    rows,
    skipped,
    ratios,
    ...(identity && { identity }),
    ...(people && { people }),
    bars: barsOf(ratios),
  }
  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(options.out, 'RESULTS.md'), reportOf(results))
  console.log(`\n${JSON.stringify(ratios, null, 2)}`)
  for (const [name, bar] of Object.entries(results.bars)) {
    if (bar.met !== null) console.log(`${bar.met ? 'met   ' : 'MISSED'} ${name} ${bar.value} (${barText(bar)})`)
  }
}

async function startMock(): Promise<{ port: number; pid: number; stop(): void }> {
  const [program, ...args] = onCore(LOAD_CORE, [process.execPath, join(import.meta.dirname, 'mock.ts')])
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)))
    child.once('exit', () => reject(new Error('the mock upstream did not start')))
  })
  return { port, pid: child.pid ?? 0, stop: () => child.kill('SIGTERM') }
}
