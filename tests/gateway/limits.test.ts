/** What callers see of their own limits: exhausted budgets and rates, told so that an SDK does the right thing. */
import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { anthropicFor, callers, countingFetch, openaiFor } from './callers.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const start = async (options: Parameters<Stage['tenant']>[1], usage = { input: 10, output: 5 }) => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage }))
  return { upstream, tenant: await stage.tenant([{ kind: 'openai-compatible', upstream }], options) }
}
const body = ({ model }: Tenant) => ({
  model: model.name,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Hello' }],
})
const errorOf = async <E>(attempt: Promise<unknown>): Promise<E> => {
  try {
    await attempt
  } catch (error) {
    return error as E
  }
  throw new Error('the call succeeded')
}

describe.concurrent('an exhausted budget', () => {
  test.concurrent('costs the OpenAI SDK one call, and tells code, scope, renewal and trace id', async () => {
    const { tenant, upstream } = await start({ credits: '0.01' })
    const fetch = countingFetch()
    const error = await errorOf<InstanceType<typeof OpenAI.APIError>>(
      openaiFor(tenant, { maxRetries: 2, fetch }).chat.completions.create(body(tenant)),
    )
    expect(error).toMatchObject({
      status: 402,
      code: 'budget.exhausted',
      error: {
        scope: { type: 'account', id: tenant.account.id },
        renews_at: expect.stringMatching(/^20\d\d-\d\d-01T/),
      },
      requestID: expect.stringMatching(/^req_/),
    })
    expect(error.message).toMatch(/0\.01 of 0\.01 credits left/)
    expect(error.headers?.get('x-should-retry')).toBe('false')
    expect(error.headers?.get('retry-after')).toBeNull()
    expect(fetch.calls).toBe(1)
    expect(upstream.requests).toHaveLength(0)
    const logged = await tenant.logged(error.requestID)
    expect(logged).toMatchObject({ status: 'denied', errorCode: 'budget.exhausted', credits: '0' })
    expect(logged.explanation.steps.at(-1)).toMatchObject({ layer: 'budget', verdict: 'deny' })
  })

  test.concurrent('costs the Anthropic SDK one call, and tells code, scope, renewal and trace id', async () => {
    const { tenant } = await start({ credits: '0.01' })
    const fetch = countingFetch()
    const error = await errorOf<InstanceType<typeof Anthropic.APIError>>(
      anthropicFor(tenant, { maxRetries: 2, fetch }).messages.create(body(tenant)),
    )
    expect(error).toMatchObject({
      status: 402,
      type: 'billing_error',
      requestID: expect.stringMatching(/^req_/),
      error: {
        type: 'error',
        error: {
          details: {
            error_code: 'budget.exhausted',
            scope: { type: 'account', id: tenant.account.id },
            renews_at: expect.stringMatching(/^20\d\d-\d\d-01T/),
          },
        },
      },
    })
    expect(error.headers?.get('x-should-retry')).toBe('false')
    expect(fetch.calls).toBe(1)
  })

  test.concurrent('blocks for the scope that runs out first, and for nobody else', async () => {
    const { tenant } = await start({ credits: '1000' })
    const bob = await tenant.api.users.create({
      body: { email: `bob-${tenant.account.tag}@example.com`, name: 'Bob', password: 'correct horse battery staple' },
    })
    await tenant.api.budgets.allocate({
      body: { scope: { type: 'user', id: bob.id }, mode: 'cap', limit: '0.02' },
    })
    const key = await tenant.api.keys.create({ body: { name: 'bob', owner: { kind: 'user', id: bob.id } } })
    const [caller] = callers
    const asBob = { ...tenant, key }
    const error = await eventually(async () => {
      const failed = await errorOf<InstanceType<typeof OpenAI.APIError>>(
        openaiFor(asBob).chat.completions.create(body(tenant)),
      )
      expect(failed.code).toBe('budget.exhausted')
      return failed
    })
    expect(error.error).toMatchObject({ scope: { type: 'user', id: bob.id, name: 'Bob' } })
    expect((await caller?.ask(tenant))?.text).toBe('Hi')
  })

  test.concurrent('never lets calls at once spend more than there is', async () => {
    // a call holds 0.3 credits and more, and costs 0.02: at most what fits may run at once
    const { tenant } = await start({ credits: '1' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, at) => callers[at % 2]?.ask(tenant, { stream: at % 3 === 0 })),
    )
    const answered = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(answered).toBeGreaterThan(0)
    const { pool } = await tenant.api.budgets.overview()
    expect(Number(pool.settled)).toBeLessThanOrEqual(1)
    expect(pool.overdraft).toBe('0')
  })
})

describe.concurrent('rates', () => {
  test.concurrent('requests beyond the limit of the key are refused with the wait, in both dialects', async () => {
    const { tenant, upstream } = await start({ key: { limits: { rpm: 2, tpm: null } } })
    const { response } = await openaiFor(tenant).chat.completions.create(body(tenant)).withResponse()
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': expect.stringMatching(/^(29|30)s$/),
    })
    const second = await anthropicFor(tenant).messages.create(body(tenant)).withResponse()
    expect(Object.fromEntries(second.response.headers)).toMatchObject({
      'anthropic-ratelimit-requests-limit': '2',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': expect.stringMatching(/^20\d\d-.*Z$/),
    })
    const refused = await errorOf<InstanceType<typeof OpenAI.APIError>>(
      openaiFor(tenant).chat.completions.create(body(tenant)),
    )
    expect(refused).toMatchObject({
      status: 429,
      code: 'rate.requests_exceeded',
      error: { scope: { type: 'key', id: tenant.key.id } },
    })
    expect(Number(refused.headers?.get('retry-after'))).toBeGreaterThanOrEqual(28)
    expect(Number(refused.headers?.get('retry-after'))).toBeLessThanOrEqual(30)
    expect(refused.headers?.get('x-should-retry')).toBe('true')
    expect(refused.headers?.get('x-ratelimit-remaining-requests')).toBe('0')
    const other = await errorOf<InstanceType<typeof Anthropic.APIError>>(
      anthropicFor(tenant).messages.create(body(tenant)),
    )
    expect(other).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      error: { error: { details: { error_code: 'rate.requests_exceeded' } } },
    })
    expect(upstream.requests).toHaveLength(2)
  })

  test.concurrent('the headers tell the quota of the key, also where the account has less left or refuses', async () => {
    const { tenant } = await start({ key: { limits: { rpm: 50, tpm: null } } })
    const { account } = tenant
    const ask = () => openaiFor(tenant).chat.completions.create(body(tenant)).withResponse()
    await stage.cockpit.as().accounts.update({
      params: { id: account.id },
      body: { limits: { rpm: 2, tpm: 100_000 } },
    })
    const refused = await eventually(() => errorOf<InstanceType<typeof OpenAI.APIError>>(ask()))
    expect(refused).toMatchObject({ code: 'rate.requests_exceeded', error: { scope: { type: 'account' } } })
    expect(refused.headers?.get('x-ratelimit-limit-requests')).toBe('50')
    expect(Number(refused.headers?.get('x-ratelimit-remaining-requests'))).toBeGreaterThan(2)
    expect(refused.headers?.get('x-ratelimit-limit-tokens')).toBeNull()
  })

  test.concurrent('tokens count as used, not as asked for, and refuse when they are gone', async () => {
    const { tenant } = await start({ key: { limits: { rpm: null, tpm: 1_000 } } }, { input: 10, output: 90 })
    const ask = (max_tokens: number) =>
      openaiFor(tenant)
        .chat.completions.create({ ...body(tenant), max_tokens })
        .withResponse()
    // each asks for most of the minute and uses a tenth of it
    for (const left of [1_000, 900, 800]) {
      const { response } = await ask(600)
      expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('1000')
      const remaining = Number(response.headers.get('x-ratelimit-remaining-tokens'))
      expect(remaining).toBeGreaterThan(left - 650)
      expect(remaining).toBeLessThan(left - 580)
    }
    const refused = await errorOf<InstanceType<typeof OpenAI.APIError>>(ask(950))
    expect(refused).toMatchObject({ status: 429, code: 'rate.tokens_exceeded' })
    expect(refused.headers?.get('x-ratelimit-limit-requests')).toBeNull()
  })

  test.concurrent('a refused call takes nothing: the next one that fits goes through', async () => {
    const { tenant } = await start({ key: { limits: { rpm: null, tpm: 1_000 } } }, { input: 400, output: 400 })
    await callers[0]?.ask(tenant)
    for (let at = 0; at < 3; at++)
      await expect(callers[0]?.ask(tenant, { maxTokens: 500 })).rejects.toMatchObject({ status: 429 })
    expect((await callers[0]?.ask(tenant, { maxTokens: 50 }))?.text).toBe('Hi')
  })
})
