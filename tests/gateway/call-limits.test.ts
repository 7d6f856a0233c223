/** Limits that an administrator sets for a scope: calls at once, tokens of one call, tags; and what callers see of them. */
import { randomBytes } from 'node:crypto'
import type { NewCallLimit } from '@cockpit/contract/limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  // one key for both processes
  stage = await startStage({ COCKPIT_SECRET_KEY: randomBytes(32).toString('base64') })
})
afterAll(() => stage?.stop())

const start = async (firstByteMs = 0) => {
  const delivery = firstByteMs > 0 ? { firstByteMs } : {}
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 }, ...delivery }))
  return { upstream, tenant: await stage.tenant([{ kind: 'openai-compatible', upstream }]) }
}

const ask = async (tenant: Tenant, { tags, ...differs }: Record<string, unknown> & { tags?: string } = {}) => {
  const { status, headers, text } = await stage.cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${tenant.key.secret}`, ...(tags !== undefined && { 'x-cockpit-tags': tags }) },
    body: { model: tenant.model.name, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...differs },
  })
  return { status, headers, error: status < 400 ? null : JSON.parse(text).error }
}

/** Sets a limit and waits until calls are decided with it. */
const limit = async (tenant: Tenant, input: NewCallLimit) => {
  const made = await tenant.api.limits.create({ body: input })
  const tags = input.scope.type === 'tag' && input.scope.id ? [input.scope.id] : []
  await eventually(async () => {
    const principal = { kind: 'key', id: tenant.key.id } as const
    const told = await tenant.api.explain.explain({ body: { principal, model: tenant.model.name, tags } })
    if (!told.steps.some(({ source }) => source === `limit ${made.id}`)) throw new Error(JSON.stringify(told.steps))
  }, 15_000)
  return made
}

describe.concurrent('calls at once', () => {
  test.concurrent('one more than the limit is refused, and fits when one of them has ended', async () => {
    const { tenant, upstream } = await start(600)
    await limit(tenant, { scope: { type: 'key', id: tenant.key.id }, limits: { parallel: 2 } })
    const asked = await Promise.all([ask(tenant), ask(tenant), ask(tenant)])
    expect(asked.map(({ status }) => status).sort()).toEqual([200, 200, 429])
    const refused = asked.find(({ status }) => status === 429)
    expect(refused?.error).toMatchObject({
      code: 'rate.parallel_exceeded',
      scope: { type: 'key', id: tenant.key.id },
      message: expect.stringMatching(/2 calls open at once/),
    })
    expect(refused?.headers.get('x-should-retry')).toBe('true')
    expect(Number(refused?.headers.get('retry-after'))).toBe(1)
    expect((await Promise.all([ask(tenant), ask(tenant)])).map(({ status }) => status)).toEqual([200, 200])
    expect(upstream.requests).toHaveLength(4)
  })

  test.concurrent('a caller that hangs up gives its place back', async () => {
    const { tenant } = await start(30_000)
    await limit(tenant, { scope: { type: 'account' }, limits: { parallel: 1 } })
    const leaving = new AbortController()
    const call = fetch(`${tenant.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: tenant.model.name, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }),
      signal: leaving.signal,
    }).catch(() => null)
    const open = await eventually(async () => {
      const { status, error } = await ask(tenant)
      if (status !== 429) throw new Error('the first call is not under way yet')
      return error
    })
    expect(open).toMatchObject({ code: 'rate.parallel_exceeded', scope: { type: 'account' } })
    leaving.abort()
    await call
    const principal = { kind: 'key', id: tenant.key.id } as const
    await eventually(async () => {
      const { decision } = await tenant.api.explain.explain({ body: { principal, model: tenant.model.name } })
      expect(decision).toBe('allow')
    })
  })
})

describe.concurrent('tokens of one call', () => {
  test.concurrent('more input than the limit allows never reaches the provider, and the message says how much it is', async () => {
    const { tenant, upstream } = await start()
    const made = await limit(tenant, { scope: { type: 'model', id: tenant.model.id }, limits: { inputTokensMax: 50 } })
    expect((await ask(tenant)).status).toBe(200)
    const long = { messages: [{ role: 'user', content: 'word '.repeat(400) }] }
    const { status, error } = await ask(tenant, long)
    expect([status, error]).toMatchObject([
      400,
      { code: 'limit.input_tokens_exceeded', message: expect.stringMatching(/has 40\d input tokens.*at most 50/) },
    ])
    expect(upstream.requests).toHaveLength(1)
    await tenant.api.limits.remove({ params: { id: made.id } })
    await eventually(async () => expect((await ask(tenant, long)).status).toBe(200))
  })

  test.concurrent('the provider is asked for no more output than the least limit, named by the caller or not', async () => {
    const { tenant, upstream } = await start()
    await limit(tenant, { scope: { type: 'account' }, limits: { outputTokensMax: 70 } })
    await limit(tenant, { scope: { type: 'user', id: tenant.account.admin.id }, limits: { outputTokensMax: 40 } })
    for (const max_tokens of [100, undefined, 30]) expect((await ask(tenant, { max_tokens })).status).toBe(200)
    const wanted = upstream.requests.map(({ body }) => {
      const { max_tokens, max_completion_tokens } = body as Record<string, unknown>
      return max_tokens ?? max_completion_tokens
    })
    expect(wanted).toEqual([40, 40, 30])
  })
})

describe.concurrent('tags', () => {
  test.concurrent('calls with a tag share its limit, and those without it do not', async () => {
    const { tenant } = await start()
    await limit(tenant, { scope: { type: 'tag', id: 'nightly' }, limits: { rpm: 1 } })
    expect((await ask(tenant, { tags: 'Nightly, unheard-of' })).status).toBe(200)
    const { status, error } = await ask(tenant, { tags: 'nightly' })
    expect([status, error.scope]).toEqual([429, { type: 'tag', id: 'nightly', name: 'nightly' }])
    expect([(await ask(tenant)).status, (await ask(tenant, { tags: 'other' })).status]).toEqual([200, 200])
  })
})

test('what the platform limits for a model counts over all accounts together', async () => {
  const [one, two] = [await start(), await start()]
  const platform = stage.cockpit.as()
  const shared = { ...two.tenant, model: one.tenant.model }
  await platform.models.setEligibility({
    params: { id: two.tenant.account.id },
    body: { mode: 'list', modelIds: [one.tenant.model.id, two.tenant.model.id] },
  })
  await eventually(async () => expect((await ask(shared)).status).toBe(200))
  await platform.limits.create({
    body: { scope: { type: 'model', id: one.tenant.model.id }, limits: { rpm: 1 } },
  })
  await eventually(async () => {
    await ask(one.tenant)
    expect((await ask(shared)).error).toMatchObject({ code: 'rate.requests_exceeded', scope: { type: 'model' } })
  })
  expect((await ask(two.tenant)).status).toBe(200)
})

describe('limits in the API', () => {
  test('say how much of them is used now, by one process and by two', async () => {
    const { tenant } = await start()
    const made = await limit(tenant, {
      scope: { type: 'key', id: tenant.key.id },
      limits: { rpm: 32, parallel: 16 },
    })
    expect(made.used).toEqual([
      { unit: 'requests', limit: 32, used: 0, slack: 0 },
      { unit: 'parallel', limit: 16, used: 0, slack: 0 },
    ])
    for (let at = 0; at < 3; at++) await ask(tenant)
    const used = async () => (await tenant.api.limits.get({ params: { id: made.id } })).used
    expect(await used()).toMatchObject([{ used: 3, slack: 0 }, { used: 0 }])
    const other = await stage.cockpit.beside('gateway')
    try {
      await eventually(async () => {
        await ask(tenant)
        const [requests] = await used()
        // each process takes two ahead, and may have let twice that through
        expect(requests?.slack).toBe(8)
        expect(requests?.used).toBeGreaterThanOrEqual(3)
        expect(requests?.used).toBeLessThanOrEqual(32)
      }, 15_000)
    } finally {
      await other.stop()
    }
  })

  test('say which field is wrong, take a scope once, and cannot be emptied', async () => {
    const { tenant } = await start()
    const { api } = tenant
    const scope = { type: 'tag', id: 'batch' } as const
    const { id } = await api.limits.create({ body: { scope, limits: { rpm: 5, parallel: 2 } } })
    await expect(api.limits.create({ body: { scope, limits: { rpm: 9 } } })).rejects.toMatchObject({
      code: 'limit.exists',
    })
    await expect(
      api.limits.create({ body: { scope: { type: 'team', id: 'team_0' }, limits: { rpm: 9 } } }),
    ).rejects.toMatchObject({ code: 'input.invalid', errors: [{ pointer: '/scope/id' }] })
    await expect(
      api.limits.create({ body: { scope: { type: 'platform' }, limits: { rpm: 9 } } }),
    ).rejects.toMatchObject({ code: 'input.invalid', errors: [{ pointer: '/scope/type' }] })
    const changed = await api.limits.update({ params: { id }, body: { limits: { rpm: null } } })
    expect(changed.limits).toMatchObject({ rpm: null, parallel: 2 })
    await expect(api.limits.update({ params: { id }, body: { limits: { parallel: null } } })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    const told = (await api.audit.list()).items.filter(({ name }) => name.startsWith('limit.'))
    expect(told.map(({ name }) => name)).toEqual(['limit.updated', 'limit.created'])
  })
})
