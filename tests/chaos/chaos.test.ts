/** What may happen to a gateway under load, each time with the same end: no usage is lost and no budget is exceeded. */
import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { expectSoundBooks, inherited } from '../gateway/load.ts'
import { eventually } from '../support/account.ts'
import { startCockpit } from '../support/cockpit.ts'
import { startValkey, whyNoValkey } from '../support/valkey.ts'
import {
  cutMidStream,
  garbage,
  garbageMidStream,
  hang,
  hangMidStream,
  reset,
  resetMidStream,
  type Script,
  slowDrip,
  startUpstream,
} from '../upstreams/index.ts'
import { openSpenders, type Stage, startStage, usual } from './stage.ts'
import { ask, isFull, startTraffic, type Traffic } from './traffic.ts'

let stage: Stage
const open: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
}, 90_000)
const begin = async (script?: Script) => {
  const begun = await startStage(script)
  open.push(begun)
  return begun
}

const ids = ({ whole }: Traffic) => whole.map(({ id }) => id)
/** Everybody but the one who ran out of credits was served, or told plainly to come back. */
const onlyFailedWith = ({ failed }: Traffic, ...statuses: number[]) =>
  expect([...failed.keys()].filter((status) => status !== 402 && !statuses.includes(status))).toEqual([])

test('the database stops under load: calls are served meanwhile, and booked when it is back', async () => {
  const awayMs = isFull ? 60_000 : 6_000
  stage = await begin()
  const cockpit = await stage.start('one')
  const spenders = await openSpenders(cockpit, stage.upstream)
  const traffic = startTraffic({ url: cockpit.url, ...spenders })
  await pause(3_000)
  await stage.line.cut()
  const from = performance.now()
  await pause(1_000)
  const after = performance.now()
  await pause(awayMs - (after - from))
  expect(traffic.since(after), 'calls served without the database').toBeGreaterThan(50)
  await stage.line.mend()
  const back = performance.now()
  await eventually(async () => expect(traffic.since(back)).toBeGreaterThan(100), 20_000)
  await traffic.stop()
  onlyFailedWith(traffic, 503)
  await expectSoundBooks(await stage.restart(cockpit, 'one'), spenders.account, ids(traffic))
}, 300_000)

test('kill -9 of a serving process and of the one that works in the background, under load', async () => {
  stage = await begin()
  const work = await stage.start('work', ['--role=api,worker'])
  const serving = await stage.start('gateway', ['--role=gateway'], { COCKPIT_WORKERS: '2' })
  const spenders = await openSpenders({ ...work, url: work.url }, stage.upstream)
  await eventually(async () => {
    const [key] = spenders.keys
    const { status } = await ask({
      url: serving.url,
      secret: key?.secret ?? '',
      model: spenders.model.name,
      stream: false,
    })
    expect(status).toBe(200)
  }, 10_000)
  const traffic = startTraffic({ url: serving.url, ...spenders })
  await pause(2_000)
  const [first = 0] = serving.workers()
  process.kill(first, 'SIGKILL')
  await pause(2_000)
  await work.kill()
  await pause(isFull ? 10_000 : 2_000)
  const again = await stage.start('work', ['--role=api,worker'])
  const back = performance.now()
  await eventually(async () => expect(traffic.since(back)).toBeGreaterThan(100), 20_000)
  await traffic.stop()
  onlyFailedWith(traffic, 0, 503)
  await eventually(async () => expect(serving.workers()).toHaveLength(2), 15_000)
  await inherited(stage.directory('gateway'), 3)
  expect(await serving.terminate()).toBe(0)
  await expectSoundBooks(again, spenders.account, ids(traffic))
}, 300_000)

describe('the disk of the write-ahead file is full', () => {
  const cannot = process.platform !== 'linux' || spawnSync('prlimit', ['--version']).status !== 0
  test.skipIf(cannot)(
    'new calls are refused with 503 until there is room, and all usage is booked',
    async () => {
      stage = await begin()
      const cockpit = await stage.start('one')
      const spenders = await openSpenders(cockpit, stage.upstream)
      const limit = (bytes: string) =>
        execFileSync('prlimit', ['--pid', String(cockpit.pid), `--fsize=${bytes}:unlimited`])
      limit(String(300 << 10))
      const traffic = startTraffic({ url: cockpit.url, ...spenders })
      await eventually(async () => expect(traffic.failed.get(503) ?? 0).toBeGreaterThan(50), 60_000)
      const ready = await cockpit.send('GET /health/ready')
      expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('write-ahead file cannot be written')])
      // nothing is served that could not be recorded
      const full = performance.now()
      await pause(1_000)
      expect(traffic.since(full + 500)).toBe(0)
      limit('unlimited')
      const roomy = performance.now()
      await eventually(async () => expect(traffic.since(roomy)).toBeGreaterThan(100), 20_000)
      await traffic.stop()
      onlyFailedWith(traffic, 503)
      await expectSoundBooks(cockpit, spenders.account, ids(traffic))
    },
    200_000,
  )
})

describe(`the shared cache${whyNoValkey ? ` (left out, as ${whyNoValkey})` : ''}`, () => {
  test.skipIf(whyNoValkey)(
    'hangs under load, then dies: calls are served as before, all usage is booked, and it is used again',
    async () => {
      const valkey = await startValkey()
      open.push(valkey)
      stage = await begin()
      const cockpit = await stage.start('one', [], { COCKPIT_VALKEY_URL: valkey.url })
      const spenders = await openSpenders(cockpit, stage.upstream)
      await spenders.account.api.cache.create({ body: { scope: { type: 'account' }, settings: { only: 'all' } } })
      // every third call says what was said before
      const says = (nth: number) => `Hello ${nth % 3 === 0 ? 0 : nth}`
      const traffic = startTraffic({ url: cockpit.url, ...spenders }, { says })
      const figure = async (result: string) => {
        const text = await (await fetch(`${cockpit.url}/metrics`)).text()
        return Number(
          new RegExp(`^cockpit_shared_cache_lookups_total.result="${result}". (\\d+)$`, 'm').exec(text)?.[1],
        )
      }
      const isUsed = async () => {
        const before = await figure('miss')
        await eventually(async () => expect(await figure('miss')).toBeGreaterThan(before + 20), 20_000)
      }
      await isUsed()
      for (const fault of ['hangs', 'is dead']) {
        if (fault === 'hangs') valkey.pause()
        else await valkey.kill()
        const [from, missed] = [performance.now(), await figure('miss')]
        await pause(isFull ? 90_000 : 5_000)
        expect(traffic.since(from), `calls served while it ${fault}`).toBeGreaterThan(100)
        expect((await figure('miss')) - missed, `asked while it ${fault}`).toBeLessThan(10)
        if (fault === 'hangs') valkey.resume()
        else await valkey.startAgain()
        await isUsed()
      }
      await traffic.stop()
      onlyFailedWith(traffic)
      await expectSoundBooks(await stage.restart(cockpit, 'one'), spenders.account, ids(traffic))
    },
    400_000,
  )
})

test('providers hang, reset, talk garbage and drip, under load: each call ends, is on record once, and keeps nothing', async () => {
  const faults = [
    ...[hang(), reset(), garbage(), hangMidStream('one two three four'), resetMidStream('one two three four')],
    ...[cutMidStream('one two three four'), garbageMidStream('one two three four')],
    slowDrip('one two three four', { bytes: 9, everyMs: 400 }),
  ]
  stage = await begin((_request, nth) => (nth % 3 === 0 ? (faults[(nth / 3) % faults.length] ?? usual) : usual))
  const cockpit = await stage.start('one')
  const timeouts = { connectMs: 1_000, firstByteMs: 1_500, idleMs: 1_500, totalMs: 4_000 }
  const spenders = await openSpenders(cockpit, stage.upstream, { timeouts })
  const traffic = startTraffic({ url: cockpit.url, ...spenders })
  await pause(isFull ? 30_000 : 5_000)
  await traffic.stop()
  onlyFailedWith(traffic, 0, 502, 503, 504)
  expect(traffic.whole.length).toBeGreaterThan(100)
  expect((traffic.failed.get(504) ?? 0) + (traffic.failed.get(502) ?? 0)).toBeGreaterThan(10)
  await eventually(async () => {
    const figures = await (await fetch(`${cockpit.url}/metrics`)).text()
    expect(figures).toMatch(/^cockpit_open_calls 0$/m)
    expect(figures).toMatch(/^cockpit_unshipped_records 0$/m)
  })
  await expectSoundBooks(await stage.restart(cockpit, 'one'), spenders.account, traffic.answered)
}, 200_000)

test('the clock jumps ahead and back under load: who may spend may go on, and the books stay sound', async () => {
  let jumpedMs = 0
  const upstream = await startUpstream(usual)
  const cockpit = await startCockpit({}, { now: () => new Date(Date.now() + jumpedMs) })
  open.push(cockpit, { stop: () => upstream.close() })
  const spenders = await openSpenders(cockpit, upstream)
  const traffic = startTraffic({ url: cockpit.url, ...spenders })
  for (const minutes of [10, -10, 0]) {
    await pause(isFull ? 10_000 : 2_000)
    jumpedMs = minutes * 60_000
    const from = performance.now()
    await eventually(async () => expect(traffic.since(from)).toBeGreaterThan(50), 10_000)
  }
  await traffic.stop()
  onlyFailedWith(traffic)
  // what was reserved by a clock that ran ahead is free when that time has come
  jumpedMs = 12 * 60_000
  await expectSoundBooks(cockpit, spenders.account, traffic.answered)
}, 200_000)
