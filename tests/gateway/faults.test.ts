/** What callers see of providers that fail, for every pair of dialects, through the official SDKs. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answer,
  cutMidStream,
  emptyBody,
  errorMidStream,
  failing,
  forbidden,
  garbage,
  garbageMidStream,
  hang,
  hangMidStream,
  htmlError,
  overloaded,
  paymentRequired,
  quotaExhausted,
  type Reply,
  rateLimited,
  redirect,
  reset,
  resetMidStream,
  type Script,
  serverError,
  truncatedBody,
  truncatedJson,
  unauthorized,
} from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Kind, type Provider, type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const other: Record<Kind, Kind> = { 'openai-compatible': 'anthropic', anthropic: 'openai-compatible' }
const errorOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error,
  )

type Ending = [name: string, fault: Reply, status: number, code: string]
const outOfQuota: Ending = ['is out of quota', quotaExhausted(), 502, 'upstream_credentials_exhausted']

describe.concurrent.each(pairs)('$name', ({ caller, kind }) => {
  const start = async (script: Script, differs: Partial<Provider> = {}) => {
    const upstream = await stage.provider(script)
    return { upstream, tenant: await stage.tenant([{ kind, upstream, ...differs }]) }
  }
  /** What the SDK of this caller says about a failure the gateway made. */
  const says = (status: number, code: string) => ({
    status,
    requestID: expect.stringMatching(/^req_/),
    ...(caller.dialect === 'openai' ? { code } : { error: { error: { details: { error_code: code } } } }),
  })

  const passing: [string, Reply, number][] = [
    ['429 with a wait in milliseconds', rateLimited({ retryAfterMs: 60 }), 60],
    ['429 with a wait in seconds', rateLimited({ retryAfter: 1 }), 1_000],
    ['500', serverError(), 300],
    ['503', overloaded({ 'retry-after-ms': '30' }), 30],
    ['a dropped connection', reset(), 300],
    ['an empty answer', emptyBody(), 300],
  ]
  test.concurrent.each(passing)(
    '%s is waited for and tried again, unseen by the caller',
    async (_name, fault, waitMs) => {
      const { tenant, upstream } = await start(failing(1, fault, answer('At last.')), { maxRetries: 2 })
      const said = await caller.ask(tenant)
      expect(said.text).toBe('At last.')
      const [first, second, third] = upstream.requests
      expect(third).toBeUndefined()
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(waitMs - 5)
      expect(await tenant.logged(said.requestId)).toMatchObject({ status: 'ok', attempts: 2 })
    },
  )

  test.concurrent('a stream that fails before its first byte is tried again, unseen by the caller', async () => {
    const { tenant } = await start(failing(1, overloaded({ 'retry-after-ms': '30' }), answer('At last.')), {
      maxRetries: 1,
    })
    expect((await caller.ask(tenant, { stream: true })).text).toBe('At last.')
  })

  const moving: [string, Reply][] = [
    ['is overloaded', overloaded()],
    ['is out of quota', quotaExhausted()],
    ['refuses its credential', unauthorized()],
    ['answers a web page', htmlError(502)],
    ['hangs', hang()],
  ]
  test.concurrent.each(moving)('when a provider %s the next one answers, whatever it speaks', async (_name, fault) => {
    const broken = await stage.provider(fault)
    const sound = await stage.provider(answer({ text: 'Here I am.', usage: { input: 10, output: 5 } }))
    const tenant = await stage.tenant([
      { kind, upstream: broken, maxRetries: 1, timeouts: { firstByteMs: 300 } },
      { kind: other[kind], upstream: sound },
    ])
    const said = await caller.ask(tenant, { stream: true })
    expect(said.text).toBe('Here I am.')
    const logged = await tenant.logged(said.requestId)
    expect(logged).toMatchObject({ status: 'ok', connection: { id: tenant.connections[1]?.id }, credits: '0.02' })
    expect(logged.spans.filter(({ name }) => name.startsWith('attempt')).some(({ ok }) => !ok)).toBe(true)
  })

  const ending: Ending[] = [
    ['refuses the credential', unauthorized(), 502, 'upstream_credentials_exhausted'],
    ['forbids the model', forbidden(), 502, 'upstream_credentials_exhausted'],
    ['wants to be paid', paymentRequired(), 502, 'upstream_credentials_exhausted'],
    // Anthropic has no code for it
    ...(kind === 'anthropic' ? [] : [outOfQuota]),
    ['limits the rate', rateLimited(), 429, 'upstream.rate_limited'],
    ['breaks', serverError(), 500, 'upstream.error'],
    ['answers a web page', htmlError(502), 502, 'upstream.error'],
    ['answers garbage', garbage(), 502, 'upstream.invalid_answer'],
    ['answers half a JSON text', truncatedJson(), 502, 'upstream.invalid_answer'],
    ['closes in the middle of its answer', truncatedBody(), 502, 'upstream.unreachable'],
    ['redirects', redirect('http://127.0.0.1:9/'), 502, 'upstream.invalid_answer'],
  ]
  test.concurrent.each(ending)(
    'a provider that %s is an error in the caller’s words',
    async (_name, fault, status, code) => {
      const { tenant, upstream } = await start(fault)
      const error = await errorOf(caller.ask(tenant))
      expect(error).toBeInstanceOf(caller.dialect === 'openai' ? OpenAI.APIError : Anthropic.APIError)
      expect(error).toMatchObject(says(status, code))
      expect(upstream.requests).toHaveLength(1)
      expect(await tenant.lastLogged()).toMatchObject({
        status: 'error',
        httpStatus: status,
        errorCode: code,
        credits: '0',
      })
    },
  )

  test.concurrent('a provider that never answers is given up when its time is over', async () => {
    const { tenant, upstream } = await start(hang(), { timeouts: { firstByteMs: 300 } })
    const error = await errorOf(caller.ask(tenant))
    expect(error).toMatchObject(says(504, 'upstream.timeout'))
    expect(await (await upstream.request(0)).done).toMatchObject({ by: 'client' })
  })

  const breaking: [string, Reply][] = [
    ['is cut', cutMidStream('one two three four five')],
    ['loses its connection', resetMidStream('one two three four five')],
    ['ends in an error', errorMidStream('one two three four five')],
    ['turns to garbage', garbageMidStream('one two three four five')],
    ['falls silent', hangMidStream('one two three four five')],
  ]
  test.concurrent.each(breaking)(
    'a stream that %s is no whole answer, and what came of it is billed',
    async (_name, fault) => {
      const { tenant } = await start(fault, { timeouts: { idleMs: 300 } })
      await expect(caller.ask(tenant, { stream: true })).rejects.toThrow()
      const logged = await tenant.lastLogged()
      expect(logged).toMatchObject({ status: 'error', stream: true })
      expect(logged.errorCode).toMatch(/^upstream\./)
      expect(Number(logged.credits)).toBeGreaterThan(0)
      expect(await tenant.settled()).toBe(logged.credits)
    },
  )
})
