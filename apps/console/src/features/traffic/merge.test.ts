import type { TrafficPicture, TrafficPoint } from '@cockpit/contract/traffic'
import { expect, test } from 'vitest'
import { merged, rateOf } from './merge.ts'

const times = { p50Ms: null, p95Ms: null, ttftP50Ms: null, ttftP95Ms: null }
const start = Date.parse('2026-03-01T10:00:00.000Z')
const point = (second: number, requests: number): TrafficPoint => ({
  at: new Date(start + second * 1_000).toISOString(),
  seconds: 5,
  ...{ requests, errors: 0, inputTokens: 0, outputTokens: 0, credits: 0 },
  ...times,
})
const picture = (second: number, points: TrafficPoint[], minutes = 5): TrafficPicture => ({
  at: new Date(start + second * 1_000).toISOString(),
  ...{ minutes, stepSeconds: 5, openStreams: 0, by: 'model', parts: [], reasons: [] },
  now: { requestsPerSecond: 0, errorsPerSecond: 0, tokensPerSecond: 0, creditsPerMinute: 0, ...times },
  points,
})
const requests = (of: TrafficPicture) => of.points.map((one) => one.requests)

test('a point said anew replaces what was said before, and new ones follow', () => {
  const first = merged(null, picture(11, [point(0, 1), point(5, 2), point(10, 3)]))
  const second = merged(first, picture(16, [point(10, 4), point(15, 5)]))
  expect(requests(second)).toEqual([1, 2, 4, 5])
})

test('points leave with the range, and with another range all do', () => {
  const first = merged(null, picture(6, [point(0, 1), point(5, 2)]))
  expect(requests(merged(first, picture(302, [point(300, 3)])))).toEqual([2, 3])
  expect(requests(merged(first, picture(7, [point(5, 9)], 15)))).toEqual([9])
})

test('a point that has hardly begun is no rate yet', () => {
  expect(rateOf(10, { seconds: 1 })).toBeNull()
  expect(rateOf(10, { seconds: 5 })).toBe(2)
  expect(rateOf(10, { seconds: 5 }, 60)).toBe(120)
})
