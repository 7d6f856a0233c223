import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usageFrame, usageLine } from '@cockpit/contract/usage-line'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLog } from '../../platform/index.ts'
import {
  accountSlice,
  chat,
  completion,
  connectionTo,
  MemoryLedger,
  modelNamed,
  platformSlice,
  runGateway,
  sendJson,
  until,
  upstream,
} from '../testing.ts'
import { createMeter } from './meter.ts'

let dataDir = ''
const stops: (() => unknown)[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cockpit-wal-'))
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const answering = async () => {
  const up = await upstream((_seen, res) => sendJson(res, completion('Hi')))
  stops.push(up.close)
  return up
}
const slicesFor = (url: string) => [
  platformSlice({ connections: [connectionTo(url)], models: [modelNamed('small')] }),
  accountSlice(),
]
const gatewayOn = async (url: string, ledger = new MemoryLedger({ bud_root: 1_000_000_000n })) => {
  const running = await runGateway(slicesFor(url), { dataDir, ledger, config: { shipSoonMs: 5, shipEveryMs: 20 } })
  stops.push(running.stop)
  return running
}

const spawnGateway = async (upstreamUrl: string): Promise<{ child: ChildProcess; url: string }> => {
  const script = join(import.meta.dirname, 'testing.child.ts')
  const child = spawn(process.execPath, [script, dataDir, upstreamUrl], { stdio: ['ignore', 'pipe', 'inherit'] })
  stops.push(() => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()))
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)))
  })
  return { child, url }
}

/** Calls until the gateway is gone; the ids of the calls whose answers arrived whole. */
const callUntilDead = async (url: string, answered: Set<string>): Promise<void> => {
  for (;;) {
    const answer = await chat(url).catch(() => null)
    if (answer === null) return
    if (answer.status === 200) answered.add(String(answer.headers['x-request-id']))
  }
}

test('kill -9 under load loses no call that was answered, and the next process books each exactly once', async () => {
  const up = await answering()
  const answered = new Set<string>()
  for (let round = 0; round < 2; round++) {
    const { child, url } = await spawnGateway(up.url)
    const target = answered.size + 150
    const callers = Array.from({ length: 8 }, () => callUntilDead(url, answered))
    await until(() => answered.size >= target, 'enough calls', 15_000)
    child.kill('SIGKILL')
    await Promise.all(callers)
  }
  const { ledger } = await gatewayOn(up.url)
  await until(() => [...answered].every((id) => ledger.records.has(id)), 'every answered call is booked', 10_000)
  expect(ledger.duplicates).toBe(0)
  const settled = [...ledger.records.values()].reduce((sum, record) => sum + BigInt(record.creditMicros), 0n)
  expect(ledger.nodes.get('bud_root')?.settled).toBe(settled)
  await until(
    () => readdirSync(join(dataDir, 'wal')).length === 1 && left(dataDir) === 0,
    'the directories of the dead are gone',
  )
}, 60_000)

const left = (dir: string) =>
  readdirSync(join(dir, 'wal')).flatMap((name) =>
    readdirSync(join(dir, 'wal', name)).filter((inner) => inner.startsWith('from-')),
  ).length

test('while the ledger is away usage waits on disk, in many segments, and arrives once when it is back', async () => {
  const up = await answering()
  const ledger = new MemoryLedger({ bud_root: 1_000_000_000n })
  const ship = ledger.ship.bind(ledger)
  let away = true
  let lateFailure = true
  ledger.ship = async (batch) => {
    if (away) throw new Error('away')
    await ship(batch)
    // booked, but the answer is lost: the batch comes again
    if (lateFailure) {
      lateFailure = false
      throw new Error('connection lost')
    }
  }
  const { url, gateway } = await gatewayOn(up.url, ledger)
  const answers = await Promise.all(Array.from({ length: 300 }, () => chat(url)))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(gateway.stats().unshippedRecords).toBe(300)
  expect(ledger.records.size).toBe(0)
  away = false
  await until(() => ledger.records.size === 300, 'all are booked', 10_000)
  await until(() => gateway.stats().unshippedRecords === 0, 'nothing waits')
  expect(ledger.duplicates).toBeGreaterThan(0)
  expect(ledger.nodes.get('bud_root')?.settled).toBe(6_000n)
})

test.each([
  { beyond: 'what fits in memory', tailBytesMax: 16 << 10, tailRunsMax: 1_000_000 },
  { beyond: 'what can be remembered', tailBytesMax: 1 << 20, tailRunsMax: 40 },
])('usage that waits beyond $beyond is read back from many segments, and none is lost', async (bounds) => {
  const ledger = new MemoryLedger({ bud_root: 1_000_000_000n })
  const meter = createMeter({
    dataDir,
    processId: 'gw_test',
    usage: ledger,
    log: createLog('silent'),
    config: { segmentBytesMax: 4 << 10, shipSoonMs: 1, shipEveryMs: 1, shipRecordsMax: 50, ...bounds },
    onShipped: () => {},
    onInherited: async () => {},
  })
  const count = 1_500
  let written = 0
  const write = async (records: number) => {
    const end = Math.min(count, written + records)
    while (written < end) meter.append(entry(written++), () => {})
    await new Promise((resume) => setTimeout(resume, 1))
  }
  // whatever is booked, more is written meanwhile: new segments begin while the last one is being read
  const book = ledger.ship.bind(ledger)
  ledger.ship = async (batch) => {
    await write(4)
    await book(batch)
  }
  await write(90)
  await until(() => ledger.records.size === count, 'all are booked', 20_000)
  expect(ledger.duplicates).toBe(0)
  expect(await meter.drain(1_000)).toBe(true)
})

const entry = (nth: number): Parameters<ReturnType<typeof createMeter>['append']>[0] => {
  const accountId = `acc_${nth % 3}`
  const plan: TracePlan = {
    ...{ id: `plan_${nth % 7}_${accountId}`, accountId, principal: { kind: 'key', id: 'key_1', name: 'Key' } },
    ...{ steps: [], deployments: [], factor: '1', budget: null, snapshotVersion: 1 },
  }
  const frame = usageFrame({
    ...{ accountId, planId: plan.id, keyId: 'key_1', userId: null, serviceAccountId: null, teamId: null, orgId: null },
    ...{ modelId: null, model: 'small', factor: '1', priceVersion: null },
  })
  const line = usageLine(frame, {
    ...{
      id: `req_${nth}`,
      at: 1,
      connectionId: null,
      dialect: 'openai',
      operation: 'chat',
      stream: false,
      status: 'ok',
    },
    ...{ httpStatus: 200, errorCode: null, errorMessage: null, costMicros: '0', creditMicros: '0', ttftMs: null },
    ...{ durationMs: 1, attempts: 1, hold: null, content: null },
    tokens: { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0, source: 'none' },
    trace: '{"steps":[],"spans":[],"figures":[],"droppedFields":[]}',
  })
  return { accountId, holdId: null, plan, line }
}

test('a line cut by a crash and a damaged one are left out, the others count', async () => {
  const up = await answering()
  const { child, url } = await spawnGateway(up.url)
  const answers = [await chat(url), await chat(url)]
  const dead = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await dead
  const [name = ''] = readdirSync(join(dataDir, 'wal'))
  const dir = join(dataDir, 'wal', name)
  const segment = join(dir, readdirSync(dir).find((file) => file.endsWith('.log')) ?? '')
  appendFileSync(segment, 'R{"damaged":\nRacc_1 - plan {"id":"req_cut"')
  const { ledger } = await gatewayOn(up.url)
  const ids = answers.map(({ headers }) => String(headers['x-request-id']))
  await until(() => ids.every((id) => ledger.records.has(id)), 'the whole lines are booked')
  expect(ledger.records.size).toBe(2)
})

test('what a living process writes is left to it', async () => {
  const up = await answering()
  const { url } = await spawnGateway(up.url)
  await chat(url)
  const { ledger } = await gatewayOn(up.url)
  await new Promise((resume) => setTimeout(resume, 200))
  expect(ledger.records.size).toBe(0)
})

test('a directory without an owner, as a full disk may leave it, is taken over', async () => {
  const up = await answering()
  mkdirSync(join(dataDir, 'wal', 'gw_odd'), { recursive: true })
  writeFileSync(join(dataDir, 'wal', 'gw_odd', 'owner.json'), '')
  await gatewayOn(up.url)
  await until(() => !readdirSync(join(dataDir, 'wal')).includes('gw_odd'), 'it is gone')
})

test('when usage cannot be written no new call is made, and it goes on once there is room', async () => {
  const up = await answering()
  const { url, ledger, gateway } = await gatewayOn(up.url)
  expect((await chat(url)).status).toBe(200)
  const { default: fs, ...real } = await import('node:fs')
  const { syncBuiltinESMExports } = await import('node:module')
  let full = true
  fs.writeSync = ((...args: Parameters<typeof real.writeSync>) => {
    if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    return real.writeSync(...args)
  }) as typeof fs.writeSync
  syncBuiltinESMExports()
  try {
    expect((await chat(url)).status).toBe(200)
    const refused = await chat(url)
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([503, 'gateway.storage_full'])
    expect(gateway.notReady()).toEqual(['write-ahead file cannot be written'])
    full = false
    await until(() => gateway.notReady().length === 0, 'it recovers')
    expect((await chat(url)).status).toBe(200)
    await until(() => ledger.records.size === 3, 'every answered call is booked')
  } finally {
    fs.writeSync = real.writeSync
    syncBuiltinESMExports()
  }
})

test('a drained meter leaves nothing behind; one that could not ship leaves everything', async () => {
  const meterOn = (ledger: MemoryLedger) =>
    createMeter({
      dataDir,
      processId: 'gw_test',
      usage: ledger,
      log: createLog('silent'),
      config: {
        segmentBytesMax: 1 << 20,
        shipSoonMs: 5,
        shipEveryMs: 20,
        shipRecordsMax: 500,
        tailBytesMax: 1,
        tailRunsMax: 1,
      },
      onShipped: () => {},
      onInherited: async () => {},
    })
  expect(await meterOn(new MemoryLedger({ bud_root: 1n })).drain(500)).toBe(true)
  expect(readdirSync(join(dataDir, 'wal'))).toEqual([])
})
