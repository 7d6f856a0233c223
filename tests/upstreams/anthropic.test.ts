import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, test } from 'vitest'
import {
  answer,
  type Delivery,
  errorMidStream,
  overloaded,
  queue,
  type Script,
  startUpstream,
  type Upstream,
} from './index.ts'

let upstream: Upstream
afterEach(() => upstream.close())

async function start(script: Script): Promise<Anthropic> {
  upstream = await startUpstream(script, { models: ['claude-test'] })
  return new Anthropic({ baseURL: upstream.url, apiKey: 'sk-ant-test', maxRetries: 0 })
}

const ask = { model: 'claude-test', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Say something' }] }
const weather = { id: 'toolu_1', name: 'weather', arguments: { city: 'Köln', days: 3 } }

describe('an answer', () => {
  test('has thinking, text and tools as blocks, and input tokens without the cached ones', async () => {
    const anthropic = await start(
      answer({
        thinking: 'hm',
        text: 'Let me see',
        tools: [weather],
        usage: { input: 30, output: 7, cached: 20, cacheWrite: 4 },
      }),
    )
    const message = await anthropic.messages.create(ask)
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'Let me see' },
      { type: 'tool_use', id: 'toolu_1', input: weather.arguments },
    ])
    expect(message.stop_reason).toBe('tool_use')
    expect(message.usage).toMatchObject({
      input_tokens: 6,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 4,
      output_tokens: 7,
    })
    const asked = await upstream.request(0)
    expect(asked).toMatchObject({ path: '/v1/messages', dialect: 'anthropic', operation: 'chat', body: ask })
    expect(asked.headers.authorization).toBe('Bearer sk-ant-test')
  })

  test('says why it stopped', async () => {
    const anthropic = await start(
      queue(
        answer({ text: 'a', finish: 'length' }),
        answer({ text: 'a', finish: 'content_filter' }),
        answer({ text: 'a', stopSequence: 'END' }),
      ),
    )
    const stops = []
    for (let nth = 0; nth < 3; nth++) stops.push(await anthropic.messages.create(ask))
    expect(stops.map(({ stop_reason }) => stop_reason)).toEqual(['max_tokens', 'refusal', 'stop_sequence'])
    expect(stops[2]?.stop_sequence).toBe('END')
  })
})

describe('a stream', () => {
  test('adds up to the whole answer, signature included', async () => {
    const anthropic = await start(
      answer({ thinking: 'hm', text: 'Let me see', tools: [weather], usage: { input: 10, output: 7 } }),
    )
    const whole = await anthropic.messages.create(ask)
    const streamed = await anthropic.messages.stream(ask).finalMessage()
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.stop_reason).toBe('tool_use')
    expect(streamed.usage).toMatchObject({ input_tokens: 10, output_tokens: 7 })
  })

  const deliveries: Record<string, Delivery> = {
    'a byte a packet': { cut: 1 },
    'all in one packet': { cut: 'coalesced' },
    'packets that end inside a character': { cut: 'split-utf8' },
    'CRLF line ends': { newline: '\r\n', cut: 5 },
  }
  test.each(Object.entries(deliveries))('says the same in %s', async (_, delivery) => {
    const text = 'Grüße aus Köln, 你好 and 🙂 bye'
    const anthropic = await start(answer({ text, delivery }))
    expect(await anthropic.messages.stream(ask).finalText()).toBe(text)
  })

  test('can fail in the middle with an error event', async () => {
    const anthropic = await start(errorMidStream('One two three four', 4))
    await expect(anthropic.messages.stream(ask).finalText()).rejects.toThrow(/overloaded/)
  })

  test('can report no usage at all', async () => {
    const anthropic = await start(answer({ text: 'Hi', usage: null }))
    const events = []
    for await (const event of await anthropic.messages.create({ ...ask, stream: true })) events.push(event)
    expect(JSON.stringify(events)).not.toContain('usage')
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })
})

test('tokens are counted and models listed', async () => {
  const anthropic = await start(answer('unused'))
  const { max_tokens: _, ...question } = ask
  expect((await anthropic.messages.countTokens(question)).input_tokens).toBeGreaterThan(5)
  expect((await anthropic.models.list()).data.map(({ id }) => id)).toEqual(['claude-test'])
})

test('a refusal has the error type of its status', async () => {
  const anthropic = await start(overloaded())
  await expect(anthropic.messages.create(ask)).rejects.toMatchObject({
    status: 503,
    error: { type: 'error', error: { type: 'overloaded_error' } },
  })
})

describe('a request the provider would refuse is refused', () => {
  const post = async (body: object, headers: Record<string, string> = { 'anthropic-version': '2023-06-01' }) => {
    const response = await fetch(`${upstream.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: response.status, text: await response.text() }
  }
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }] }
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Rain' }] }

  test('without max_tokens, without a version, or when roles do not alternate', async () => {
    await start(answer('Hi'))
    expect(await post({ ...ask, max_tokens: undefined })).toMatchObject({
      status: 400,
      text: expect.stringContaining('max_tokens'),
    })
    expect(await post(ask, {})).toMatchObject({ status: 400, text: expect.stringContaining('anthropic-version') })
    expect(await post({ ...ask, messages: [...ask.messages, ...ask.messages] })).toMatchObject({
      status: 400,
      text: expect.stringContaining('alternate'),
    })
    expect(await post({ ...ask, messages: [{ role: 'system', content: 'Be brief' }] })).toMatchObject({ status: 400 })
  })

  test('when a tool result does not follow its tool use directly', async () => {
    await start(answer('Hi'))
    expect(await post({ ...ask, messages: [...ask.messages, use, result] })).toMatchObject({ status: 200 })
    expect(await post({ ...ask, messages: [...ask.messages, use, { role: 'user', content: 'And?' }] })).toMatchObject({
      status: 400,
      text: expect.stringContaining('tool_result'),
    })
    expect(await post({ ...ask, messages: [result] })).toMatchObject({
      status: 400,
      text: expect.stringContaining('toolu_1'),
    })
  })
})
