import { labAnswerCharsMax } from '@cockpit/contract/lab-runs'
import { expect, test } from 'vitest'
import { GatewayFailure } from '../playground/gateway.ts'
import { after, begun, costOf, ended, figuresOf, leastOf, resultOf } from './lane.ts'
import { templates } from './templates.ts'

test('while it streams tokens are guessed, and told as soon as the provider says them', () => {
  let lane = begun('small', 1_000)
  expect(figuresOf(lane, 1_500)).toMatchObject({ firstMs: null, durationMs: 500, tokensPerSecond: null })
  lane = after(lane, { kind: 'begin', requestId: 'req_1' }, 1_600)
  lane = after(lane, { kind: 'text', text: 'x'.repeat(40) }, 2_000)
  expect(figuresOf(lane, 3_000)).toMatchObject({ firstMs: 1_000, outputTokens: 10, guessed: true, tokensPerSecond: 10 })
  lane = after(lane, { kind: 'usage', usage: { input: 7, output: 30 } }, 3_500)
  lane = ended(lane, null, false, 4_000)
  expect(figuresOf(lane, 9_000)).toMatchObject({
    durationMs: 3_000,
    inputTokens: 7,
    guessed: false,
    tokensPerSecond: 15,
  })
  expect(costOf({ input: '1', output: '10' }, figuresOf(lane, 9_000))).toBeCloseTo(0.000307)
})

test('a refusal is kept with its code, a stop as one, and a long answer up to what fits', () => {
  const refused = new GatewayFailure(402, { code: 'budget.exhausted', message: 'Nothing left.' }, 'req_2')
  expect(resultOf(ended(begun('small', 0), refused, false, 50))).toMatchObject({
    ...{ status: 'failed', requestId: 'req_2', durationMs: 50 },
    error: { code: 'budget.exhausted', message: 'Nothing left.' },
  })
  expect(resultOf(ended(begun('small', 0), new Error('aborted'), true, 50))).toMatchObject({
    status: 'stopped',
    error: null,
  })
  const long = after(begun('small', 0), { kind: 'text', text: 'y'.repeat(labAnswerCharsMax + 1) }, 1)
  expect(resultOf(ended(long, null, false, 2))).toMatchObject({
    truncated: true,
    answer: 'y'.repeat(labAnswerCharsMax),
  })
})

test('the least is named only where it is less than another', () => {
  const of = (...values: (number | null)[]) => leastOf(values.map((value, at) => ({ model: `m${at}`, value })))
  expect([of(3, 1, 2), of(1, null, 2), of(1, 1), of(1), of(null, null)]).toEqual(['m1', 'm0', null, null, null])
})

test('there are ten templates in nine categories, each with a name of its own', () => {
  expect(new Set(templates.map(({ id }) => id)).size).toBe(10)
  expect(new Set(templates.map(({ category }) => category)).size).toBe(9)
})
