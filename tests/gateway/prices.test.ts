/** What is priced besides plain tokens: tiers, tokens with a rate of their own, and the call itself. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Verbatim } from '../upstreams/index.ts'
import { type Kind, type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const json = (body: object): Verbatim => ({
  kind: 'verbatim',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const chatAnswer = (usage: object, more: object = {}) =>
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage,
    ...more,
  })
const base = { input: '1000', output: '2000' }

const priced = async (prices: object, reply: Verbatim, kind: Kind = 'openai-compatible') => {
  const upstream = await stage.provider(reply)
  const tenant = await stage.tenant([{ kind, upstream }], { prices: { ...base, ...prices } })
  const path = kind === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'
  const ask = (more: object = {}) =>
    stage.cockpit.send(`POST ${path}`, {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: { model: tenant.model.name, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...more },
    })
  return {
    ...tenant,
    upstream,
    ask,
    bill: async (more?: object) => tenant.logged((await ask(more)).headers.get('x-request-id')),
  }
}

test('a service tier is billed by its own rates where the provider served it, by the plain ones where it did not', async () => {
  const tiers = [{ service: 'priority', input: '3000', output: '6000' }]
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  const tenant = await priced({ tiers }, chatAnswer(usage, { service_tier: 'priority' }))
  expect(await tenant.bill({ service_tier: 'priority' })).toMatchObject({ credits: '0.06', service: 'priority' })
  tenant.upstream.script(chatAnswer(usage, { service_tier: 'default' }))
  expect(await tenant.bill({ service_tier: 'priority' })).toMatchObject({ credits: '0.02', service: null })
  // one that does not say is taken at the caller's word
  tenant.upstream.script(chatAnswer(usage))
  expect(await tenant.bill({ service_tier: 'priority' })).toMatchObject({ credits: '0.06', service: 'priority' })
  expect(await tenant.settled()).toBe('0.14')
})

test('to be served first is refused where it has no price, and the provider hears nothing', async () => {
  const tenant = await priced({}, chatAnswer({ prompt_tokens: 1, completion_tokens: 1 }))
  const refused = await tenant.ask({ service_tier: 'priority' })
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.text).error).toMatchObject({ code: 'model.no_price', param: 'service_tier' })
  expect(tenant.upstream.requests).toEqual([])
  expect(await tenant.settled()).toBe('0')
})

test('a long prompt is billed by the rates of its length, streamed too', async () => {
  const tenant = await priced(
    { tiers: [{ aboveTokens: 1_000, input: '2000', output: '3000' }] },
    chatAnswer({ prompt_tokens: 1_001, completion_tokens: 10 }),
  )
  expect(await tenant.bill()).toMatchObject({ credits: '2.032' })
  tenant.upstream.script(chatAnswer({ prompt_tokens: 1_000, completion_tokens: 10 }))
  expect(await tenant.bill()).toMatchObject({ credits: '1.02' })
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const events = [
    { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk, choices: [], usage: { prompt_tokens: 1_001, completion_tokens: 10 } },
  ]
  tenant.upstream.script({
    kind: 'verbatim',
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
  })
  expect(await tenant.bill({ stream: true })).toMatchObject({ credits: '2.032', stream: true })
})

test('tokens that are heard and spoken, and each call, have prices of their own, and the log says them', async () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 50,
    prompt_tokens_details: { audio_tokens: 40, cached_tokens: 0 },
    completion_tokens_details: { audio_tokens: 20, reasoning_tokens: 0 },
  }
  const tenant = await priced({ audioInput: '4000', audioOutput: '8000', units: { request: '0.5' } }, chatAnswer(usage))
  // 60 × 1 + 40 × 4 + 30 × 2 + 20 × 8 thousandths, and half a dollar for the call
  expect(await tenant.bill()).toMatchObject({
    credits: '0.94',
    units: [
      { unit: 'request', quantity: 1 },
      { unit: 'audio_input_token', quantity: 40 },
      { unit: 'audio_output_token', quantity: 20 },
    ],
  })
})

test('what is kept in a cache for an hour is billed apart from what is kept for five minutes', async () => {
  const usage = {
    input_tokens: 10,
    cache_creation_input_tokens: 30,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    output_tokens: 5,
  }
  const answer = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Hi' }],
  }
  const tenant = await priced(
    { cacheWrite: '1250', cacheWrite1h: '2000' },
    json({ ...answer, stop_reason: 'end_turn', stop_sequence: null, usage }),
    'anthropic',
  )
  expect(await tenant.bill()).toMatchObject({
    credits: '0.0725',
    tokens: { cacheWrite: 30 },
    units: [{ unit: 'cache_write_1h_token', quantity: 20 }],
  })
})

test('all that is priced is stored, told and sent to gateways as it was given', async () => {
  const prices = {
    ...{ input: '1.00', output: '2.00', cachedInput: '0.10', cacheWrite: null, reasoning: null },
    ...{ cacheWrite1h: '2.5', audioInput: '40', audioOutput: null },
    tiers: [
      {
        service: 'batch',
        aboveTokens: 0,
        input: '0.5',
        output: '1',
        cachedInput: null,
        cacheWrite: null,
        reasoning: null,
      },
    ],
    units: { image: '0.04', character: '0.000015' },
    images: [{ size: '1024x1024', quality: null, price: '0.08' }],
  }
  const tenant = await priced(prices, chatAnswer({ prompt_tokens: 1, completion_tokens: 1 }))
  const { items } = await stage.cockpit.as().models.prices({ params: { id: tenant.model.id } })
  expect(items[0]?.prices).toEqual(prices)
  const wrong = [
    [{ units: { image: '1e3' } }, '/prices/units/image'],
    [{ images: [{ size: null, quality: null, price: '-1' }] }, '/prices/images/0/price'],
    [{ tiers: [{ ...base }, { ...base }] }, '/prices/tiers'],
  ] as const
  for (const [bad, pointer] of wrong)
    await expect(
      stage.cockpit
        .as()
        .models.setPrice({ params: { id: tenant.model.id }, body: { prices: { ...base, ...bad } } } as never),
    ).rejects.toMatchObject({ status: 400, errors: [expect.objectContaining({ pointer })] })
})
