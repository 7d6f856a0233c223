import type { RateScope } from '@cockpit/policy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Log } from '../platform/index.ts'
import { Call } from './call.ts'
import type { CallRequest, CallResponse } from './lane/index.ts'
import { createLimits } from './limits.ts'
import type { PlanEntry } from './plans.ts'
import type { RateAsk, RateGrant } from './ports.ts'
import { createRating } from './rating.ts'
import type { Refusal } from './refusal.ts'
import { createSharing } from './sharing.ts'

// the clock stands still until a test moves it
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const scope: RateScope = { type: 'key', id: 'key_1', name: 'CI', rpm: 60, tpm: null }
const log = { warn() {}, debug() {} } as unknown as Log

/** A process among two of which whoever counts answers when the test says so, and a call that needs what others have left. */
const oneOfTwo = async () => {
  const grant = ({ want }: Extract<RateAsk, { kind: 'minute' }>): RateGrant => ({ granted: want, left: 60 - want })
  let open: (() => void) | null = () => {}
  const answers: (() => void)[] = []
  const sharing = createSharing({
    rates: {
      async exchange({ asks }) {
        if (!open) await new Promise<void>((resolve) => answers.push(resolve))
        return {
          processes: 2,
          grants: asks.map((ask) => (ask.kind === 'minute' ? grant(ask) : { granted: 0, left: 0 })),
        }
      },
    },
    ...{ processId: 'gw_1', now: Date.now, log, beatMs: 1e9 },
  })
  await sharing.start()
  open = null
  const limits = createLimits(sharing)
  const said: (Refusal | 'goes on')[] = []
  const deny = (_call: Call, refused: Refusal) => {
    said.push(refused)
  }
  const rating = createRating({
    ...{ limits, deny, now: Date.now, config: { bodyTimeoutMs: 30_000 } },
    again(call) {
      if (rating.takeRate(call, false)) said.push('goes on')
    },
    onBug: (_call, error) => {
      throw error
    },
  })
  const call = new Call({
    ...{ id: 'req_1', req: {} as CallRequest, res: {} as CallResponse },
    ...{ dialect: 'openai', operation: 'chat', search: '', at: 0 },
  })
  call.entry = { gate: limits.gateFor([scope], Date.now()), deployments: [] as readonly unknown[] } as PlanEntry
  const answer = async () => {
    for (const one of answers.splice(0)) one()
    await vi.advanceTimersByTimeAsync(0)
  }
  return { call, rating, said, answer }
}

test('a call waits for what others have left as long as that takes to be said, and is not refused meanwhile', async () => {
  const { call, rating, said, answer } = await oneOfTwo()
  expect(rating.takeRate(call, true)).toBe(false)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(said).toEqual([])
  await answer()
  expect(said).toEqual(['goes on'])
  expect(call.ticket).not.toBeNull()
  expect(call.deadlineAt).toBe(Number.POSITIVE_INFINITY)
})

test('a call that nobody told in all the time it may take is not told that a limit is used up', async () => {
  const { call, rating, said, answer } = await oneOfTwo()
  rating.takeRate(call, true)
  await vi.advanceTimersByTimeAsync(0)
  expect(call.deadlineAt).toBe(call.startedAt + 30_000)
  call.onDeadline()
  await vi.advanceTimersByTimeAsync(0)
  expect(said).toMatchObject([{ code: 'rate.unavailable', status: 503, retryable: true }])
  call.finished = true
  await answer()
  expect(said).toHaveLength(1)
  expect(call.ticket).toBeNull()
})
