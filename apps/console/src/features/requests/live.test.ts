import { ApiProblem } from '@cockpit/client/core'
import type { LiveEvent } from '@cockpit/contract/usage'
import { expect, test } from 'vitest'
import { followLive, type LiveTold } from './live.ts'

const rate = (requestsPerSecond: number): LiveEvent => ({
  kind: 'rate',
  at: '2026-01-01T00:00:00Z',
  requestsPerSecond,
  errorsPerSecond: 0,
  activeStreams: 0,
})
const never = () => new Promise<void>(() => {})

/** Runs over scripted attempts until they are used up; returns what was told and how long it waited between. */
const run = async (attempts: (() => AsyncIterable<LiveEvent>)[], silent = false) => {
  const told: LiveTold<LiveEvent>[] = []
  const waits: number[] = []
  const end = new AbortController()
  await followLive({
    open: () => {
      const next = attempts.shift()
      if (!next) throw new Error('no attempt left')
      return next()
    },
    tell: (one) => void told.push(one),
    wait: async (ms) => {
      if (ms === 8_000) return silent ? undefined : never()
      waits.push(ms)
      if (attempts.length === 0) end.abort()
    },
    signal: end.signal,
  })
  return { kinds: told.map(({ kind }) => kind), told, waits }
}
const saying = (...events: LiveEvent[]) =>
  async function* () {
    yield* events
  }
const failing = (error: unknown) =>
  // biome-ignore lint/correctness/useYield: it fails before the first event
  async function* (): AsyncGenerator<LiveEvent> {
    throw error
  }

test('a stream that ends is told and opened again', async () => {
  const { kinds } = await run([saying(rate(1), rate(2)), saying(rate(3))])
  expect(kinds).toEqual(['open', 'event', 'event', 'stopped', 'open', 'event', 'stopped'])
})

test('failures in a row wait longer, and one that works starts over', async () => {
  const broken = failing(new TypeError('cut'))
  const { waits } = await run([broken, broken, broken, saying(rate(1)), broken])
  expect(waits).toEqual([500, 1_000, 2_000, 500, 1_000])
})

test('a refusal is final: it would be refused again', async () => {
  const refused = new ApiProblem({ type: 'access.denied', status: 403, title: 'No', detail: 'No.' })
  const { told, waits } = await run([failing(refused), saying(rate(1))])
  expect(told).toEqual([{ kind: 'stopped', error: refused, final: true }])
  expect(waits).toEqual([])
})

test('silence counts as a stop', async () => {
  const mute = async function* (): AsyncGenerator<LiveEvent> {
    await never()
    yield rate(0)
  }
  expect((await run([mute], true)).kinds).toEqual(['stopped'])
})

test('a failure that arrives as an event is a stop, not a figure', async () => {
  const problem = { type: 'internal.error', title: 'Broken', status: 500, detail: 'Broken.' } as unknown as LiveEvent
  expect((await run([saying(rate(1), problem)])).kinds).toEqual(['open', 'event', 'stopped'])
})
