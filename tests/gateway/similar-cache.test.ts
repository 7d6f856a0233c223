/** Kept answers that are given to questions in other words, through the front door: to which, to whom, and at what cost. */
import type { NewCacheRule } from '@cockpit/contract/cache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually, issueKey, offerModel } from '../support/account.ts'
import { answer, hang, type Recorded, type Reply, serverError } from '../upstreams/index.ts'
import { type Kind, type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

/** What questions mean, as angles: the cosine of their difference is how alike they are. */
const degreesOf: Record<string, number> = {
  'Which town is the capital of France?': 0,
  'What is the capital of France?': 10,
  'And of Spain?': 60,
}
const [first, alike, other] = Object.keys(degreesOf) as [string, string, string]

const meaning = ({ body }: Recorded): Reply => {
  const angle = ((degreesOf[String(body?.input)] ?? 180) * Math.PI) / 180
  const data = [{ object: 'embedding', index: 0, embedding: [Math.cos(angle) * 3, Math.sin(angle) * 3] }]
  const usage = { prompt_tokens: 7, total_tokens: 7 }
  return {
    ...{ kind: 'verbatim', status: 200, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ object: 'list', model: body?.model, data, usage }),
  }
}

type Settings = z.input<typeof NewCacheRule>['settings']
type Differs = { settings?: Settings; kind?: Kind; threshold?: number; says?: (request: Recorded) => Reply }

const start = async ({ settings, kind = 'openai-compatible', threshold = 0.95, says = meaning }: Differs = {}) => {
  const upstream = await stage.provider((_request, nth) =>
    answer({ text: `Answer ${nth}`, usage: { input: 10, output: 5 } }),
  )
  const tenant = await stage.tenant([{ kind, upstream }])
  const embedder = await stage.provider((request) => says(request))
  const to = { name: 'embedder', kind: 'openai-compatible', baseUrl: embedder.baseUrl, secret: 'sk-upstream' } as const
  const { model } = await offerModel(stage.cockpit, tenant.account.id, [{ ...to, maxRetries: 0 }], {
    capabilities: ['embeddings'],
  })
  const similar = { modelId: model.id, threshold }
  const rule = await tenant.api.cache.create({
    body: { scope: { type: 'account' }, settings: { similar, ...settings } },
  })
  await eventually(async () => {
    const principal = { kind: 'key', id: tenant.key.id } as const
    const { steps } = await tenant.api.explain.explain({ body: { principal, model: tenant.model.name } })
    expect(steps.map(({ source }) => source)).toContain(`cache rule ${rule.id}`)
    const headers = { authorization: `Bearer ${tenant.key.secret}` }
    expect((await stage.cockpit.send('GET /v1/models', { headers })).text).toContain(model.name)
  }, 15_000)
  return { tenant, upstream, embedder, model, rule }
}

type Asked = Record<string, unknown> & {
  headers?: Record<string, string>
  key?: string
  path?: string
  before?: object[]
}

const ask = async (tenant: Tenant, content: unknown, differs: Asked = {}) => {
  const { headers = {}, key, path = 'chat/completions', before = [], ...fields } = differs
  const asked = await stage.cockpit.send(`POST /v1/${path}`, {
    headers: { authorization: `Bearer ${key ?? tenant.key.secret}`, ...headers },
    body: {
      model: tenant.model.name,
      ...{ max_tokens: 100, temperature: 0, messages: [...before, { role: 'user', content }] },
      ...fields,
    },
  })
  expect([asked.status, asked.text]).toEqual([200, expect.any(String)])
  return {
    ...asked,
    said: asked.headers.get('x-cockpit-cache'),
    similarity: asked.headers.get('x-cockpit-cache-similarity'),
    id: asked.headers.get('x-request-id'),
  }
}

describe('a question in other words', () => {
  test('gets the answer of the one before, which costs nothing but the comparison; header and log say how alike they are', async () => {
    const { tenant, upstream, embedder, model, rule } = await start()
    const [paid, free] = [await ask(tenant, first), await ask(tenant, alike)]
    expect([paid.said, free.said, upstream.requests.length]).toEqual(['miss', 'hit', 1])
    expect(free.text).toBe(paid.text)
    expect([paid.similarity, free.similarity]).toEqual([null, Math.cos(Math.PI / 18).toFixed(4)])
    expect(embedder.requests.map(({ body }) => body?.input)).toEqual([first, alike])
    const [cost, given] = [await tenant.logged(paid.id), await tenant.logged(free.id)]
    expect(given).toMatchObject({ status: 'ok', credits: '0', connection: null })
    const step = given.explanation.steps.find((one) => one.rule === 'cache.similar')
    expect(step?.source).toBe(`cache rule ${rule.id}`)
    expect(step?.value).toContain('0.985 alike')
    expect(step?.value).toContain(`saved ${cost.credits} credits`)
    expect(given.spans.find(({ name }) => name === 'embedding')?.detail).toContain(model.name)
    await eventually(async () => {
      const { saved } = await tenant.api.cache.get({ params: { id: rule.id } })
      expect(saved).toEqual({ hits: 1, similarHits: 1, credits: cost.credits })
    })
    const { items } = await tenant.api.usage.list()
    const comparisons = items.filter((call) => call.model === model.name)
    expect(comparisons).toHaveLength(2)
    for (const call of comparisons) {
      expect(call).toMatchObject({ status: 'ok', key: { id: tenant.key.id } })
      expect(Number(call.credits)).toBeGreaterThan(0)
    }
  })

  test('that means something else, or is too far away for the rule, goes to the provider', async () => {
    const [{ tenant, upstream }, strict] = [await start(), await start({ threshold: 0.99 })]
    const said = []
    for (const text of [first, other, alike]) said.push((await ask(tenant, text)).said)
    expect([said, upstream.requests.length]).toEqual([['miss', 'miss', 'hit'], 2])
    expect((await ask(strict.tenant, first)).said).toBe('miss')
    expect((await ask(strict.tenant, alike)).said).toBe('miss')
  })

  test('is compared only where all else is the same: instructions, history, tools, parameters', async () => {
    const { tenant, upstream } = await start()
    await ask(tenant, first)
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
    const system = { role: 'system', content: 'Lie' }
    const history = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
    ]
    const different: Asked[] = [
      { before: [system] },
      { before: history },
      { tools },
      { max_tokens: 99 },
      { top_p: 0.5 },
    ]
    for (const differs of different) expect((await ask(tenant, alike, differs)).said).toBe('miss')
    const pictured = [
      { type: 'text', text: alike },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ]
    expect((await ask(tenant, pictured)).said).toBe('miss')
    expect(upstream.requests).toHaveLength(7)
    expect((await ask(tenant, alike)).said).toBe('hit')
    // with the same instructions it is the same again
    expect((await ask(tenant, first, { before: [system] })).said).toBe('hit')
  })

  test('of Anthropic’s dialect is answered too, as a stream where it asks for one', async () => {
    const { tenant, upstream } = await start({ kind: 'anthropic' })
    const path = 'messages'
    await ask(tenant, [{ type: 'text', text: first }], { path })
    const streamed = await ask(tenant, [{ type: 'text', text: alike }], { path, stream: true })
    expect([streamed.said, upstream.requests.length]).toEqual(['hit', 1])
    expect(streamed.text).toContain('event: message_stop')
    expect(streamed.text).toContain('Answer 0')
  })
})

describe('whose answers a question gets', () => {
  test('never another account’s', async () => {
    const one = await start({ settings: { share: 'account' } })
    const two = await start({ settings: { share: 'account' } })
    await stage.cockpit.as().models.setEligibility({
      params: { id: two.tenant.account.id },
      body: { mode: 'list', modelIds: [one.tenant.model.id, two.tenant.model.id, two.model.id] },
    })
    await ask(one.tenant, first)
    const foreign = await eventually(() => ask(two.tenant, alike, { model: one.tenant.model.name }))
    expect([foreign.said, one.upstream.requests.length]).toEqual(['miss', 2])
    expect((await ask(one.tenant, alike)).said).toBe('hit')
  })

  test('only the key’s own, and only the end user’s, where the rule says so', async () => {
    const [byKey, byUser] = [await start({ settings: { share: 'key' } }), await start({ settings: { share: 'user' } })]
    const second = await issueKey(stage.cockpit, byKey.tenant.account)
    await ask(byKey.tenant, first)
    expect((await ask(byKey.tenant, alike, { key: second.secret })).said).toBe('miss')
    expect((await ask(byKey.tenant, alike)).said).toBe('hit')
    await ask(byUser.tenant, first, { user: 'a' })
    expect((await ask(byUser.tenant, alike, { user: 'b' })).said).toBe('miss')
    expect((await ask(byUser.tenant, alike, { user: 'a' })).said).toBe('hit')
  })
})

describe('a caller', () => {
  test('refuses it for one call, and nothing is compared then', async () => {
    const { tenant, embedder } = await start()
    await ask(tenant, first)
    for (const says of ['exact', 'off', 'refresh'])
      expect((await ask(tenant, alike, { headers: { 'x-cockpit-cache': says } })).said).not.toBe('hit')
    expect(embedder.requests).toHaveLength(1)
    // the very same request is still answered
    expect((await ask(tenant, alike, { headers: { 'x-cockpit-cache': 'exact' } })).said).toBe('hit')
    expect(embedder.requests).toHaveLength(1)
  })

  test('is asked for an answer no older than it says', async () => {
    const { tenant } = await start()
    await ask(tenant, first)
    expect((await ask(tenant, alike, { headers: { 'cache-control': 'max-age=0' } })).said).toBe('miss')
  })

  test('is answered by the provider where the model that compares fails or does not answer', async () => {
    for (const reply of [serverError(), hang()]) {
      const { tenant, upstream } = await start({ says: () => reply })
      const said = [await ask(tenant, first), await ask(tenant, alike)].map(({ said }) => said)
      expect([said, upstream.requests.length]).toEqual([['miss', 'miss'], 2])
    }
  })
})

test('nothing is found once the rule is cleared, and nothing is compared once it is off', async () => {
  const { tenant, embedder, rule } = await start()
  const params = { id: rule.id }
  await ask(tenant, first)
  await tenant.api.cache.clear({ params })
  await eventually(async () => expect((await ask(tenant, alike, { seed: Math.random() })).said).toBe('miss'))
  await tenant.api.cache.update({ params, body: { settings: { similar: null } } })
  await eventually(async () => {
    const before = embedder.requests.length
    await ask(tenant, alike, { seed: Math.random() })
    expect(embedder.requests).toHaveLength(before)
  })
})

test('a rule names a model that says what texts mean, or is refused', async () => {
  const { tenant, rule, model } = await start()
  const to = { name: 'chats', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1', secret: 'none' } as const
  const chats = await offerModel(stage.cockpit, tenant.account.id, [to], { capabilities: ['chat'] })
  for (const modelId of [chats.model.id, 'mdl_none']) {
    const update = tenant.api.cache.update({
      params: { id: rule.id },
      body: { settings: { similar: { modelId, threshold: 0.9 } } },
    })
    await expect(update).rejects.toMatchObject({ code: 'input.invalid' })
  }
  const { settings } = await tenant.api.cache.get({ params: { id: rule.id } })
  expect(settings.similar).toEqual({ modelId: model.id, threshold: 0.95 })
})
