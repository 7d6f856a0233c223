/** Legacy completions and moderations, through the front door: passed on where the provider has them, bridged or refused where not. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { eventStreamOf, type NativeProvider, openNative, type Said, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

const answering = async (said: Said) => {
  const provider = await startNative(() => said)
  open.push(provider)
  return provider
}

type Kind = 'openai' | 'openai-compatible' | 'anthropic'
const tenantOn = async (kind: Kind, said: Said) => {
  const provider = await answering(said)
  const connection = { name: kind, kind, baseUrl: provider.url, secret: 'sk-upstream' }
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
  const openai = new OpenAI({ apiKey: tenant.key, baseURL: `${cockpit.url}/v1`, maxRetries: 0 })
  return { ...tenant, provider, openai }
}

const streamed = (...events: unknown[]): Said => ({
  headers: { 'content-type': 'text/event-stream' },
  body: [...eventStreamOf(...events), 'data: [DONE]\n\n'],
})
const chunk = (delta: object, finish: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const chatAnswer = {
  choices: [{ index: 0, message: { role: 'assistant', content: ' there was a fox.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
}

describe('a legacy completion', () => {
  test('passes as it is to a provider that has them, and is billed by its report', async () => {
    const said = { id: 'cmpl-up', object: 'text_completion', choices: [{ index: 0, text: ' there', logprobs: null }] }
    const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
    const tenant = await tenantOn('openai', { body: [JSON.stringify({ ...said, usage })] })
    const { status, text, id } = await tenant.call('/v1/completions', { prompt: ['Once', 'Twice'], logprobs: 2 })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({ ...said, usage })
    const [asked] = tenant.provider.requests
    expect(asked?.url).toBe('/completions')
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      model: 'upstream-model',
      prompt: ['Once', 'Twice'],
      logprobs: 2,
    })
    expect(await tenant.logged(id)).toMatchObject({
      dialect: 'completions',
      operation: 'chat',
      tokens: { input: 3, output: 1, source: 'reported' },
      credits: '0.005',
    })
  })

  test('that streams through is billed although its caller did not ask for usage, who sees none', async () => {
    const tenant = await tenantOn(
      'openai',
      streamed(
        { id: 'cmpl-up', choices: [{ index: 0, text: ' there', finish_reason: null }], usage: null },
        { id: 'cmpl-up', choices: [{ index: 0, text: '', finish_reason: 'stop' }], usage: null },
        { id: 'cmpl-up', choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } },
      ),
    )
    const { text, id } = await tenant.call('/v1/completions', { prompt: 'Once', stream: true })
    expect(text).not.toContain('usage')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(JSON.parse(tenant.provider.requests[0]?.body ?? '').stream_options).toEqual({ include_usage: true })
    expect((await tenant.logged(id)).tokens).toMatchObject({ input: 3, output: 1, source: 'reported' })
  })

  test('whose stream reports nothing is billed by the text that passed', async () => {
    const words = 'a word '.repeat(40)
    const tenant = await tenantOn(
      'openai',
      streamed(
        { choices: [{ index: 0, text: words, finish_reason: null }] },
        { choices: [{ text: '', finish_reason: 'stop' }] },
      ),
    )
    const { id } = await tenant.call('/v1/completions', { prompt: 'Once', stream: true })
    const { tokens } = await tenant.logged(id)
    expect(tokens).toMatchObject({ source: 'estimated', output: words.length / 4 })
    expect(tokens.input).toBeGreaterThan(0)
  })

  test('becomes a chat where the provider only chats, and its client reads the text it expects', async () => {
    const tenant = await tenantOn('openai-compatible', { body: [JSON.stringify(chatAnswer)] })
    const completion = await tenant.openai.completions.create({
      model: tenant.model,
      prompt: 'Once upon a time',
      max_tokens: 12,
      echo: true,
    })
    expect(completion).toMatchObject({
      object: 'text_completion',
      model: tenant.model,
      choices: [{ index: 0, text: 'Once upon a time there was a fox.', finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 9, completion_tokens: 5 },
    })
    const [asked] = tenant.provider.requests
    expect(asked?.url).toBe('/chat/completions')
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      model: 'upstream-model',
      messages: [{ role: 'user', content: 'Once upon a time' }],
      max_tokens: 12,
    })
  })

  test('is streamed to its client from chunks of a chat', async () => {
    const tenant = await tenantOn(
      'openai-compatible',
      streamed(chunk({ role: 'assistant', content: '' }), chunk({ content: ' there' }), chunk({ content: ' was' }), {
        ...chunk({}, 'length'),
        usage: { prompt_tokens: 4, completion_tokens: 2 },
      }),
    )
    const stream = await tenant.openai.completions.create({
      model: tenant.model,
      prompt: 'Once',
      stream: true,
      stream_options: { include_usage: true },
    })
    const seen = []
    for await (const part of stream) seen.push(part)
    expect(seen.map((part) => part.choices[0]?.text ?? '').join('')).toBe(' there was')
    expect(seen.at(-2)?.choices[0]?.finish_reason).toBe('length')
    expect(seen.at(-1)?.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 2 })
  })

  test('reaches a model that speaks Anthropic’s dialect', async () => {
    const message = {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'end_turn' },
      content: [{ type: 'text', text: 'a fox' }],
      usage: { input_tokens: 6, output_tokens: 2 },
    }
    const tenant = await tenantOn('anthropic', { body: [JSON.stringify(message)] })
    const { text, id } = await tenant.call('/v1/completions', { prompt: 'Once', max_tokens: 9 })
    expect(JSON.parse(text).choices).toEqual([{ index: 0, text: 'a fox', logprobs: null, finish_reason: 'stop' }])
    expect((await tenant.logged(id)).tokens).toMatchObject({ input: 6, output: 2 })
  })

  test.each([
    ['suffix', { suffix: 'END' }],
    ['logprobs', { logprobs: 1 }],
    ['best_of', { best_of: 4 }],
    ['prompt', { prompt: ['a', 'b'] }],
    ['prompt', { prompt: [1, 2, 3] }],
    ['max_tokens', { max_tokens: -1 }],
  ])('is refused by the name of %s where a chat cannot do it', async (param, differs) => {
    const tenant = await tenantOn('openai-compatible', { body: [JSON.stringify(chatAnswer)] })
    const { status, text } = await tenant.call('/v1/completions', { prompt: 'Once', ...differs })
    expect(status).toBe(400)
    expect(JSON.parse(text).error).toMatchObject({ code: 'input.invalid', param, type: 'invalid_request_error' })
    expect(tenant.provider.requests).toHaveLength(0)
  })
})

describe('a moderation', () => {
  const verdict = { id: 'modr-1', model: 'omni', results: [{ flagged: true, categories: { violence: true } }] }
  const free = { input: '0', output: '0' }

  const moderating = async (prices: { input: string; output: string }, credits: string, name?: string) => {
    const provider = await answering({ body: [JSON.stringify(verdict)] })
    const account = await openAccount(cockpit, { credits })
    const connection = { name: 'openai', kind: 'openai' as const, baseUrl: provider.url, secret: 'sk-upstream' }
    const offered = await offerModel(cockpit, account.id, [connection], {
      ...(name !== undefined && { name }),
      upstreamModel: 'omni-moderation-2024-09-26',
      prices,
    })
    const key = await issueKey(cockpit, account)
    const ask = (body: object) =>
      cockpit.send('POST /v1/moderations', { headers: { authorization: `Bearer ${key.secret}` }, body })
    return { provider, account, model: offered.model.name, ask }
  }

  test('without the name of a model is judged by the one OpenAI means, and costs nothing where its price says so', async () => {
    const { ask, provider, account } = await moderating(free, '1', 'omni-moderation-latest')
    await expect.poll(async () => (await ask({ input: 'I hate you' })).status, { timeout: 5_000 }).toBe(200)
    const answer = await ask({ input: 'I hate you' })
    expect(JSON.parse(answer.text)).toEqual(verdict)
    expect(provider.requests.at(-1)?.url).toBe('/moderations')
    expect(JSON.parse(provider.requests.at(-1)?.body ?? '')).toEqual({
      model: 'omni-moderation-2024-09-26',
      input: 'I hate you',
    })
    const requestId = answer.headers.get('x-request-id') ?? ''
    expect(await eventually(() => account.api.usage.get({ params: { id: requestId } }))).toMatchObject({
      operation: 'moderations',
      status: 'ok',
      credits: '0',
    })
  })

  test('is billed and held like any call where it has a price', async () => {
    const { ask, account, model } = await moderating({ input: '1000', output: '0' }, '1000')
    const body = { model, input: ['I hate you', 'I love you'] }
    await expect.poll(async () => (await ask(body)).status, { timeout: 5_000 }).toBe(200)
    const answer = await ask(body)
    const requestId = answer.headers.get('x-request-id') ?? ''
    expect(await eventually(() => account.api.usage.get({ params: { id: requestId } }))).toMatchObject({
      operation: 'moderations',
      tokens: { source: 'estimated', output: 0 },
    })
    const { tokens, credits } = await account.api.usage.get({ params: { id: requestId } })
    expect(tokens.input).toBeGreaterThan(5)
    expect(Number(credits)).toBeCloseTo(tokens.input / 1000, 6)
  })

  test('is refused without a budget for it', async () => {
    const { ask, model } = await moderating({ input: '1000', output: '0' }, '0.1')
    await expect.poll(async () => (await ask({ model, input: 'x'.repeat(600) })).status, { timeout: 5_000 }).toBe(402)
  })

  test('is no work for a provider that has none', async () => {
    const tenant = await tenantOn('anthropic', { body: ['{}'] })
    const { status, text } = await tenant.call('/v1/moderations', { input: 'x' })
    expect(status).toBe(400)
    expect(JSON.parse(text).error).toMatchObject({ code: 'model.unsupported_operation' })
  })
})
