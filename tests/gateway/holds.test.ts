/** No call may cost more than was reserved for it: what a provider is asked for never passes what the budget holds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Kind, kinds, type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const start = async ({ kind = 'openai-compatible' as Kind, credits = '1000', outputTokensMax = 50 } = {}) => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  return { upstream, tenant: await stage.tenant([{ kind, upstream }], { credits, outputTokensMax }) }
}
const paths = { openai: '/v1/chat/completions', anthropic: '/v1/messages' }

const asked = async ({ url, key, model }: Tenant, more: object, dialect: keyof typeof paths = 'openai') => {
  const response = await fetch(url + paths[dialect], {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: model.name, messages: [{ role: 'user', content: 'Hello' }], ...more }),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

describe.concurrent('many answers of one call', () => {
  test.concurrent('are all reserved', async () => {
    const { tenant, upstream } = await start({ credits: '5' })
    // fifty answers of fifty tokens may be 7.5 credits
    const refused = await asked(tenant, { n: 50, max_tokens: 50 })
    expect([refused.status, refused.body.error.code]).toEqual([402, 'budget.exhausted'])
    expect((await asked(tenant, { n: 20, max_tokens: 50 })).status).toBe(200)
    expect(upstream.requests.at(-1)?.body).toMatchObject({ n: 20, max_tokens: 50 })
  })

  test.concurrent.each([
    ['n', '100'],
    ['n', 1.5],
    ['n', 1_000],
    ['max_tokens', '5000'],
    ['max_completion_tokens', 0.5],
  ])('%s of %j is refused, since another reader could take it for more', async (field, value) => {
    const { tenant, upstream } = await start()
    const before = upstream.requests.length
    const { status, body } = await asked(tenant, { [field]: value })
    expect([status, body.error.code, body.error.param]).toEqual([400, 'input.invalid', field])
    expect(upstream.requests.length).toBe(before)
  })
})

describe.concurrent.each(kinds)('a limit above what the model can write, at %s', (kind) => {
  test.concurrent('is not asked of the provider, in either dialect', async () => {
    const { tenant, upstream } = await start({ kind })
    for (const dialect of ['openai', 'anthropic'] as const)
      for (const stream of [false, true]) {
        expect((await asked(tenant, { max_tokens: 20 }, dialect)).status).toBe(200)
        expect(upstream.requests.at(-1)?.body?.max_tokens).toBe(20)
        const { url, key, model } = tenant
        const response = await fetch(url + paths[dialect], {
          method: 'POST',
          headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            model: model.name,
            max_tokens: 5_000,
            stream,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        })
        await response.text()
        expect([response.status, upstream.requests.at(-1)?.body?.max_tokens]).toEqual([200, 50])
      }
  })
})

describe.concurrent('an answer without a limit of the caller', () => {
  test.concurrent('may be as long as the model can write while the budget pays for that', async () => {
    const { tenant, upstream } = await start({ outputTokensMax: 20_000 })
    expect((await asked(tenant, {})).status).toBe(200)
    expect(upstream.requests.at(-1)?.body?.max_tokens).toBeUndefined()
  })

  test.concurrent('is asked for no longer than the budget pays for, when that is less', async () => {
    // 20,000 tokens of reasoning would be 60 credits, the 4,096 that are taken for granted are 12.288
    const { tenant, upstream } = await start({ outputTokensMax: 20_000, credits: '20' })
    expect((await asked(tenant, {})).status).toBe(200)
    expect(upstream.requests.at(-1)?.body?.max_tokens).toBe(4_096)
    expect((await asked(tenant, { n: 2 })).status).toBe(402)
  })
})

test('streams that grow far beyond what they held end with the budget, and none after them gets more', async () => {
  // four characters a token: 30,000 tokens and 60 credits an answer
  const pieces = Array.from({ length: 300 }, () => 'word'.repeat(100))
  const upstream = await stage.provider(answer({ pieces, text: pieces.join(''), usage: null, delivery: { gapMs: 3 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '25' })
  const stream = async () => {
    const response = await fetch(tenant.url + paths.openai, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: tenant.model.name,
        stream: true,
        messages: [{ role: 'user', content: 'Hello' }],
      }),
    })
    return response.text()
  }
  for (const text of [...(await Promise.all([stream(), stream()])), await stream(), await stream()])
    expect(text).toContain('"code":"budget.exhausted"')
  const booked = async () => {
    const { items } = await tenant.api.usage.list()
    expect(items).toHaveLength(4)
    return tenant.settled()
  }
  const settled = Number(await eventually(booked))
  // 4,096 tokens are held at the dearest price they may have and cost two thirds of it; both answers use up what they hold
  expect(settled).toBeGreaterThan(16)
  expect(settled).toBeLessThan(25)
  expect(Number((await tenant.api.budgets.overview()).pool.held)).toBe(0)
})
