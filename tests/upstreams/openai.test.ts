import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import {
  answer,
  byModel,
  type Delivery,
  queue,
  type Script,
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from './index.ts'

let upstream: Upstream
afterEach(() => upstream.close())

async function start(script: Script, options?: UpstreamOptions): Promise<OpenAI> {
  upstream = await startUpstream(script, options)
  return new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-test', maxRetries: 0 })
}

const ask = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say something' }] }
const weather = { id: 'call_1', name: 'weather', arguments: { city: 'Köln', days: 3 } }
const clock = { id: 'call_2', name: 'clock', arguments: { zone: 'Europe/Paris' } }

async function collect(openai: OpenAI, more: object = {}) {
  const stream = await openai.chat.completions.create({ ...ask, ...more, stream: true })
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
  const usages = chunks.filter((chunk) => chunk.usage)
  return { chunks, text, usages }
}

describe('an answer', () => {
  test('comes whole, with usage and the request recorded', async () => {
    const openai = await start(answer({ text: 'Hello you', usage: { input: 12, output: 3, cached: 8, reasoning: 1 } }))
    const { data, request_id } = await openai.chat.completions.create(ask).withResponse()
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Hello you' },
    })
    expect(data.usage).toMatchObject({
      prompt_tokens: 12,
      completion_tokens: 3,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 1 },
    })
    expect(request_id).toBe('req_up1')
    const asked = await upstream.request(0)
    expect(asked).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      dialect: 'openai',
      operation: 'chat',
      model: 'gpt-test',
      stream: false,
      body: ask,
    })
    expect(asked.headers.authorization).toBe('Bearer sk-test')
    expect(await asked.done).toMatchObject({ by: 'upstream' })
  })

  test('names its tools, and a conversation that answers them is accepted', async () => {
    const openai = await start(queue(answer({ tools: [weather, clock] }), answer('Rain')))
    const first = await openai.chat.completions.create(ask)
    const message = first.choices[0]?.message
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(message?.tool_calls?.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual(
      [weather.arguments, clock.arguments],
    )
    const results = ['call_1', 'call_2'].map((tool_call_id) => ({ role: 'tool' as const, tool_call_id, content: 'ok' }))
    if (!message) throw new Error('no message')
    const second = await openai.chat.completions.create({ ...ask, messages: [...ask.messages, message, ...results] })
    expect(second.choices[0]?.message.content).toBe('Rain')
    await expect(
      openai.chat.completions.create({ ...ask, messages: [...ask.messages, ...results] }),
    ).rejects.toMatchObject({ status: 400 })
  })

  test('is chosen by model, and another model does not exist', async () => {
    const openai = await start(byModel({ a: answer('from a'), b: queue(answer('b1'), answer('b2')) }))
    const say = async (model: string) =>
      (await openai.chat.completions.create({ ...ask, model })).choices[0]?.message.content
    expect([await say('b'), await say('a'), await say('b'), await say('b')]).toEqual(['b1', 'from a', 'b2', 'b2'])
    await expect(say('c')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('a stream', () => {
  test('sends a word a chunk and usage in a chunk of its own, only when asked', async () => {
    const openai = await start(answer({ text: 'One two three', usage: { input: 5, output: 3 } }))
    const silent = await collect(openai)
    expect(silent.text).toBe('One two three')
    expect(silent.chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
    expect(silent.usages).toEqual([])
    const { chunks, usages } = await collect(openai, { stream_options: { include_usage: true } })
    expect(usages).toHaveLength(1)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 3 } })
    expect(chunks[0]?.usage).toBeNull()
  })

  test('can put usage where other providers do', async () => {
    const usage = { input: 0, output: 0 }
    const last = await collect(await start(answer({ text: 'Hi', usage, usageAt: 'last-choice' })))
    expect(last.usages).toMatchObject([
      { choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 0, completion_tokens: 0 } },
    ])
    upstream.script(answer({ text: 'Hi', usage: null }))
    const openai = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'x' })
    expect((await collect(openai, { stream_options: { include_usage: true } })).usages).toEqual([])
    upstream.script(answer({ text: 'Hi', usage, usageAt: 'always' }))
    expect((await collect(openai)).usages).toMatchObject([{ choices: [] }])
    upstream.script(answer({ text: 'Hi', usage, usageAt: 'azure' }))
    expect((await collect(openai)).chunks[0]).toMatchObject({ choices: [], prompt_filter_results: [] })
  })

  test('interleaves the fragments of parallel tools', async () => {
    const openai = await start(answer({ text: 'Let me see', tools: [weather, clock], thinking: 'hm' }))
    const stream = openai.chat.completions.stream(ask)
    const message = await stream.finalMessage()
    expect(message.content).toBe('Let me see')
    expect(
      message.tool_calls?.map(
        (call) => call.type === 'function' && [call.function.name, JSON.parse(call.function.arguments)],
      ),
    ).toEqual([
      ['weather', weather.arguments],
      ['clock', clock.arguments],
    ])
  })

  const deliveries: Record<string, Delivery> = {
    'an event a packet': { cut: 'event' },
    'a byte a packet': { cut: 1 },
    'seven bytes a packet': { cut: 7 },
    'all in one packet': { cut: 'coalesced' },
    'packets that end inside a character': { cut: 'split-utf8' },
    'CRLF line ends, a byte a packet': { cut: 1, newline: '\r\n' },
    'comments between events': { comments: true },
  }
  test.each(Object.entries(deliveries))('says the same in %s', async (_, delivery) => {
    const text = 'Grüße aus Köln, 你好 and 🙂 bye'
    const openai = await start(answer({ text, delivery }))
    expect((await collect(openai)).text).toBe(text)
  })

  test('knows that the caller hung up, and when', async () => {
    const openai = await start(answer({ text: 'many words '.repeat(200), delivery: { gapMs: 20 } }))
    const stream = await openai.chat.completions.create({ ...ask, stream: true })
    for await (const _ of stream) break
    const asked = await upstream.request(0)
    expect(await asked.done).toMatchObject({ by: 'client' })
    expect(asked.events).toBeLessThan(100)
    expect(asked.ended?.at).toBeGreaterThanOrEqual(asked.at)
  })
})

test('embeddings come as floats and as base64, one for each input', async () => {
  const openai = await start(answer({ usage: { input: 9, output: 0 } }))
  const asked = await openai.embeddings.create({ model: 'e', input: ['one', 'two'] })
  expect(asked.data).toHaveLength(2)
  expect(asked.usage.prompt_tokens).toBe(9)
  const floats = await openai.embeddings.create({ model: 'e', input: 'one', encoding_format: 'float' })
  expect(upstream.requests[0]?.body?.encoding_format).toBe('base64')
  expect(floats.data[0]?.embedding).toHaveLength(8)
  expect(asked.data[0]?.embedding[0]).toBeCloseTo(floats.data[0]?.embedding[0] ?? Number.NaN)
})

test('models are listed, and a wrong key is refused', async () => {
  const openai = await start(byModel({}), { models: ['a', 'b'], key: 'sk-test' })
  expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['a', 'b'])
  const stranger = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-other', maxRetries: 0 })
  await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
})
