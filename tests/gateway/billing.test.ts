/** What a call costs, to the micro-credit, in the log and in the budget, for every pair of dialects. */
import { microsOf } from '@cockpit/contract/money'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer, badRequest, hang, type Usage } from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Stage, startStage, upstreamKey } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

/** Both cost 172,000 micro-credits at 1000 in, 2000 out, 100 cached, 1250 cache write, 3000 reasoning a million. */
const reported: Record<string, Usage> = {
  'openai-compatible': { input: 120, output: 30, cached: 20, reasoning: 10 },
  anthropic: { input: 120, output: 30, cached: 20, cacheWrite: 40 },
}
const loggedTokens: Record<string, object> = {
  'openai-compatible': { input: 100, cachedInput: 20, cacheWrite: 0, output: 30, reasoning: 10, source: 'reported' },
  anthropic: { input: 60, cachedInput: 20, cacheWrite: 40, output: 30, reasoning: 0, source: 'reported' },
}

describe.concurrent.each(pairs)('$name', ({ caller, kind }) => {
  test.concurrent('every kind of token is billed at its own rate, alike in the log, in the sums and in the budget', async () => {
    const upstream = await stage.provider(answer({ text: 'Priced.', usage: reported[kind] ?? null }))
    const tenant = await stage.tenant([{ kind, upstream }])
    for (const stream of [false, true]) {
      const said = await caller.ask(tenant, { stream })
      expect(said).toMatchObject({ text: 'Priced.', tokens: { input: 120, output: 30 } })
      const logged = await tenant.logged(said.requestId)
      expect(logged).toMatchObject({
        status: 'ok',
        stream,
        tokens: loggedTokens[kind],
        credits: '0.172',
        cost: { amount: '0.172', currency: 'USD' },
        price: { version: 1, factor: '1' },
      })
    }
    expect(await tenant.settled()).toBe('0.344')
    const { items } = await tenant.api.usage.breakdown()
    expect(items).toMatchObject([{ requests: 2, credits: '0.344' }])
  })

  test.concurrent('a reported zero is free', async () => {
    const upstream = await stage.provider(answer({ text: 'Free.', usage: { input: 0, output: 0 } }))
    const tenant = await stage.tenant([{ kind, upstream }])
    for (const stream of [false, true]) {
      const { requestId } = await caller.ask(tenant, { stream })
      expect(await tenant.logged(requestId)).toMatchObject({
        credits: '0',
        tokens: { input: 0, output: 0, source: 'reported' },
      })
    }
    expect(await tenant.settled()).toBe('0')
  })

  test.concurrent('what a provider does not report is estimated, marked so and billed', async () => {
    const upstream = await stage.provider(
      answer({ text: 'Twelve words that nobody counted, so that somebody else has to count them.', usage: null }),
    )
    const tenant = await stage.tenant([{ kind, upstream }])
    let sum = 0n
    for (const stream of [false, true]) {
      const { requestId } = await caller.ask(tenant, { stream })
      const { tokens, credits } = await tenant.logged(requestId)
      expect(tokens.source).toBe('estimated')
      expect(tokens.input).toBeGreaterThan(2)
      expect(tokens.output).toBeGreaterThan(10)
      expect(tokens.output).toBeLessThan(40)
      expect(microsOf(credits)).toBe(BigInt(tokens.input * 1000 + tokens.output * 2000))
      sum += microsOf(credits)
    }
    expect(microsOf(await tenant.settled())).toBe(sum)
  })

  test.concurrent('a refused or failed call costs nothing', async () => {
    const upstream = await stage.provider(badRequest())
    const tenant = await stage.tenant([{ kind, upstream }])
    await expect(caller.ask(tenant)).rejects.toMatchObject({ status: 400 })
    expect(await tenant.lastLogged()).toMatchObject({ status: 'error', credits: '0', tokens: { source: 'none' } })
    expect(await tenant.settled()).toBe('0')
  })

  const slow = (usage: Usage) =>
    answer({ text: 'word '.repeat(60).trim(), usage, usageAt: 'always', delivery: { gapMs: 25 } })

  test.concurrent('who hangs up on an aborting connection stops the provider within a second and pays for what was written', async () => {
    const upstream = await stage.provider(slow({ input: 1_000, output: 60 }))
    const tenant = await stage.tenant([{ kind, upstream, onDisconnect: 'abort' }])
    await caller.leave(tenant)
    const leftAt = Date.now()
    const { by, at } = await (await upstream.request(0)).done
    expect(by).toBe('client')
    expect(at - leftAt).toBeLessThan(1_000)
    const logged = await tenant.lastLogged()
    expect(logged).toMatchObject({ status: 'cancelled', httpStatus: 499, errorCode: 'client.disconnected' })
    expect(logged.tokens.source).toBe('estimated')
    expect(logged.tokens.output).toBeGreaterThan(0)
    expect(logged.tokens.output).toBeLessThan(60)
    expect(await tenant.settled()).toBe(logged.credits)
  })

  test.concurrent('who hangs up before the answer begins stops the provider, and pays for what it was sent', async () => {
    const upstream = await stage.provider(hang())
    const tenant = await stage.tenant([{ kind, upstream, onDisconnect: 'abort' }])
    const hangUp = new AbortController()
    const asked = caller.ask(tenant, { signal: hangUp.signal })
    const { done } = await upstream.request(0)
    hangUp.abort()
    await expect(asked).rejects.toThrow(/abort/i)
    expect((await done).by).toBe('client')
    const logged = await tenant.lastLogged()
    expect(logged).toMatchObject({ status: 'cancelled', tokens: { output: 0, source: 'estimated' } })
    expect(logged.tokens.input).toBeGreaterThan(0)
    expect(await tenant.settled()).toBe(logged.credits)
  })

  test.concurrent('who hangs up on a draining connection pays for the whole answer, which the provider finishes', async () => {
    const upstream = await stage.provider(slow({ input: 1_000, output: 60 }))
    const tenant = await stage.tenant([{ kind, upstream, onDisconnect: 'drain' }])
    await caller.leave(tenant)
    expect((await (await upstream.request(0)).done).by).toBe('upstream')
    const logged = await tenant.lastLogged()
    expect(logged).toMatchObject({
      status: 'cancelled',
      errorCode: 'client.disconnected',
      tokens: { input: 1_000, output: 60, source: 'reported' },
      credits: '1.12',
    })
    expect(await tenant.settled()).toBe('1.12')
  })
})

test.concurrent('embeddings are billed by their input', async () => {
  const upstream = await stage.provider(answer({ text: '', usage: { input: 500, output: 0 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  const { headers, status } = await stage.cockpit.send('POST /v1/embeddings', {
    headers: { authorization: `Bearer ${tenant.key.secret}` },
    body: { model: tenant.model.name, input: ['one', 'two'] },
  })
  expect(status).toBe(200)
  expect(await tenant.logged(headers.get('x-request-id'))).toMatchObject({ operation: 'embeddings', credits: '0.5' })
})

test.concurrent('a new price counts from its moment on; calls before it keep theirs', async () => {
  const upstream = await stage.provider(answer({ text: 'Priced.', usage: { input: 1_000, output: 0 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  const [caller] = pairs
  const before = await caller?.caller.ask(tenant)
  await stage.cockpit.as().models.setPrice({
    params: { id: tenant.model.id },
    body: { prices: { input: '3000', output: '1' } },
  })
  await eventually(async () => {
    const after = await caller?.caller.ask(tenant)
    expect(await tenant.logged(after?.requestId)).toMatchObject({ credits: '3', price: { version: 2 } })
  }, 2_000)
  expect(await tenant.logged(before?.requestId)).toMatchObject({ credits: '1', price: { version: 1 } })
})

// T81
test.concurrent('the credits factor of the account is one, in the log, in the sums, in the budget and in what is told of it', async () => {
  const upstream = await stage.provider(answer({ text: 'Priced.', usage: { input: 1_000, output: 0 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  await stage.cockpit.as().accounts.update({ params: { id: tenant.account.id }, body: { creditsFactor: '2.5' } })
  const [caller] = pairs
  const logged = await eventually(async () => {
    const said = await caller?.caller.ask(tenant)
    const row = await tenant.logged(said?.requestId)
    // the gateway hears of it within a moment
    expect(row.price).toMatchObject({ factor: '2.5' })
    return row
  })
  expect(logged).toMatchObject({ cost: { amount: '1', currency: 'USD' }, credits: '2.5' })
  const rows = (await tenant.api.usage.list()).items
  const micros = rows.reduce((sum, { credits }) => sum + microsOf(credits), 0n)
  expect(microsOf(await tenant.settled())).toBe(micros)
  const { items } = await tenant.api.usage.breakdown()
  expect(items.map(({ credits }) => microsOf(credits))).toEqual([micros])
  expect(await tenant.api.budgets.effective()).toMatchObject({ factor: '2.5' })
})

describe('calls over connections of the account alone', () => {
  test('are charged by a factor of their own: a fee, or nothing and then without any credits', async () => {
    const usage = { input: 120, output: 30 }
    const upstream = await stage.provider(answer({ text: 'Mine.', usage }))
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '400' })
    const { api, account } = tenant
    const connection = await api.providers.create({
      body: { name: 'own', kind: 'openai-compatible', baseUrl: upstream.baseUrl, secret: upstreamKey, maxRetries: 0 },
    })
    const model = await api.models.create({
      body: {
        name: `own-${account.tag}`,
        capabilities: ['chat', 'streaming'],
        prices: { input: '1000', output: '2000' },
        deployments: [{ connectionId: connection.id, upstreamModel: 'claude-sonnet-4-5' }],
      },
    })
    const own = { ...tenant, model: { ...tenant.model, name: model.name } }
    const [caller] = pairs
    const charged = async (of: typeof own) => {
      const { requestId } = await (caller?.caller.ask(of) ?? Promise.reject(new Error('no caller')))
      const { credits, cost, price } = await tenant.logged(requestId)
      return { credits, cost: cost.amount, factor: price?.factor }
    }
    await eventually(async () => expect(await charged(own)).toEqual({ credits: '0.18', cost: '0.18', factor: '1' }))
    const set = (ownConnectionsFactor: string | null) =>
      stage.cockpit.as().accounts.update({ params: { id: account.id }, body: { ownConnectionsFactor } })
    await set('0.05')
    await eventually(async () => expect(await charged(own)).toEqual({ credits: '0.009', cost: '0.18', factor: '0.05' }))
    await set('0')
    await eventually(async () => expect(await charged(own)).toEqual({ credits: '0', cost: '0.18', factor: '0' }))
    // what the platform pays for costs as before
    expect(await charged(tenant)).toMatchObject({ cost: '0.18', credits: '0.18', factor: '1' })
    const before = await tenant.settled()
    expect((await stage.cockpit.as().accounts.get({ params: { id: account.id } })).ownConnectionsFactor).toBe('0')
    await charged(own)
    expect(await tenant.settled()).toBe(before)
  })
})
