import { expect, test } from 'vitest'
import { settleOf, shareOf, sharesOf } from './waterfall.ts'

const span = (name: string, startMs: number, durationMs: number) => ({ name, startMs, durationMs })

test('the time of a call is told apart by who was waited for', () => {
  const spans = [
    span('auth', 0, 1),
    span('attempt 1', 2, 100),
    // a second before the next attempt is the gateway's to wait
    span('first byte', 1_102, 400),
    span('stream', 1_502, 500),
  ]
  expect(sharesOf(spans, 2_010)).toEqual({ gateway: 1_010, provider: 500, stream: 500 })
})

test('what happened at once counts once', () => {
  const spans = [span('attempt 1', 0, 100), span('hedge', 50, 100), span('stream', 120, 100)]
  expect(sharesOf(spans, 220)).toEqual({ gateway: 0, provider: 150, stream: 70 })
})

test('settling begins where the last part ends', () => {
  expect(settleOf([span('auth', 0, 1), span('stream', 1, 9)], 12)).toEqual({ startMs: 10, durationMs: 2 })
  expect(settleOf([], 12)).toBeNull()
})

test('every attempt is the provider’s, and what the gateway does itself is its own', () => {
  expect(['attempt 12', 'plan', 'fallback', 'stream'].map((name) => shareOf({ name }))).toEqual([
    ...['provider', 'gateway', 'gateway', 'stream'],
  ])
})
