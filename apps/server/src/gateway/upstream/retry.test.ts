import { describe, expect, test } from 'vitest'
import { failureOfAnswer, failureOfError } from './failure.ts'
import { decideNext } from './retry.ts'

const answer = (status: number, headers: Record<string, string> = {}, body = '{"error":{"message":"no"}}') =>
  failureOfAnswer(status, headers, Buffer.from(body), { dialect: 'openai', redact: (text) => text })
const decide = (failure: ReturnType<typeof answer>, differs: Partial<Parameters<typeof decideNext>[0]> = {}) =>
  decideNext({ failure, tries: 1, maxRetries: 2, hasNext: false, waitMaxMs: 10_000, chance: 0, ...differs })

describe('what follows a failed attempt', () => {
  test.each([
    ['500 is tried again after half a second', answer(500), {}, { kind: 'retry', afterMs: 500 }],
    ['the second wait is longer', answer(500), { tries: 2 }, { kind: 'retry', afterMs: 1_000 }],
    ['chance takes off up to a quarter', answer(500), { chance: 1 }, { kind: 'retry', afterMs: 375 }],
    ['retries end', answer(500), { tries: 3 }, { kind: 'give_up' }],
    ['retries end at the next deployment', answer(500), { tries: 3, hasNext: true }, { kind: 'next' }],
    ['Retry-After is kept to', answer(429, { 'retry-after': '3' }), {}, { kind: 'retry', afterMs: 3_000 }],
    ['so are its milliseconds', answer(503, { 'retry-after-ms': '40' }), {}, { kind: 'retry', afterMs: 40 }],
    ['nobody waits an hour', answer(429, { 'retry-after': '3600' }), {}, { kind: 'give_up' }],
    ['429 moves on when there is somewhere to go', answer(429), { hasNext: true }, { kind: 'next' }],
    ['400 is the caller’s own', answer(400), { hasNext: true }, { kind: 'give_up' }],
    ['404 may be known elsewhere', answer(404), { hasNext: true }, { kind: 'next' }],
    ['401 kills the credential', answer(401), { hasNext: true }, { kind: 'next' }],
    ['403 without another ends it', answer(403), {}, { kind: 'give_up' }],
    [
      'a spent quota is not waited for',
      answer(429, {}, '{"error":{"message":"pay","code":"insufficient_quota"}}'),
      {},
      { kind: 'give_up' },
    ],
    ['the provider may forbid it', answer(500, { 'x-should-retry': 'false' }), {}, { kind: 'give_up' }],
  ] as const)('%s', (_name, failure, differs, expected) => {
    expect(decide(failure, differs)).toEqual(expected)
  })

  test('a connection that broke is tried again; a provider that took the call in silence is not asked twice', () => {
    const reset = failureOfError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    expect(decide(reset)).toMatchObject({ kind: 'retry' })
    const silent = failureOfError(Object.assign(new Error('slow'), { code: 'UND_ERR_HEADERS_TIMEOUT' }))
    expect(silent.status).toBe(504)
    expect(decide(silent)).toEqual({ kind: 'give_up' })
    expect(decide(silent, { hasNext: true })).toEqual({ kind: 'next' })
  })
})
