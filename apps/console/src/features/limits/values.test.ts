import { expect, test } from 'vitest'
import { changedLimits, checkLimit, freshLimit, limitsOf, scopeOf, valuesOf } from './values.ts'

const limits = {
  ...{ rpm: 5, tpm: null, parallel: null, inputTokensMax: null, outputTokensMax: 100 },
  perRun: { credits: '2.5', calls: 20, seconds: 600 },
  perSession: null,
  perAgent: { tokens: 1_000 },
}

test('a limit comes out of its form as it went in', () => {
  expect(limitsOf(valuesOf({ type: 'key', id: 'key_1' }, limits))).toEqual(limits)
})

test('only what was changed is sent, and what was emptied is lifted', () => {
  const before = valuesOf({ type: 'account', id: '' }, limits)
  expect(changedLimits(before, before)).toEqual({})
  const after = { ...before, rpm: null, 'perRun.calls': 9, 'perAgent.tokens': null }
  expect(changedLimits(before, after)).toEqual({
    rpm: null,
    perRun: { credits: '2.5', calls: 9, seconds: 600 },
    perAgent: null,
  })
})

test('a limit needs its scope and a number, and says where one is missing', () => {
  expect(checkLimit(freshLimit('team'))).toMatchObject({ scopeId: expect.any(String), rpm: expect.any(String) })
  const tagged = { ...freshLimit('tag'), tag: ' nightly ', 'perRun.credits': '1,5' }
  expect(checkLimit(tagged)).toMatchObject({ tag: undefined, rpm: undefined, 'perRun.credits': expect.any(String) })
  expect(scopeOf(tagged)).toEqual({ type: 'tag', id: 'nightly' })
  expect(scopeOf(freshLimit('account'))).toEqual({ type: 'account' })
})
