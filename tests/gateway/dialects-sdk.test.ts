/** The official SDKs are the judges: what the translation writes must become, in their hands, the message that was meant. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anthropic,
  anthropicToOpenaiAnswer,
  createAnthropicFromOpenaiStream,
  createOpenaiFromAnthropicStream,
  createSseParser,
  type GatewayError,
  openai,
  openaiToAnthropicAnswer,
} from '../../apps/server/src/gateway/dialects/index.ts'

const transcript = (path: string) => readFileSync(join(import.meta.dirname, 'transcripts', path))
const anthropicIdentity = { model: 'm', id: 'msg_1', inputTokens: 77, estimate: { inputTokens: 77, outputTokens: 3 } }
const openaiIdentity = { model: 'm', id: 'chatcmpl-1', created: 1_790_000_000, includeUsage: true }

let server: Server
let baseURL: string
let calls = 0

type Play = { file: string; error?: undefined } | { error: GatewayError }

/** Plays what the header asks for, translated into the dialect of the path. */
function play(request: IncomingMessage, response: ServerResponse): void {
  calls++
  request.resume()
  const toOpenai = !request.url?.includes('/messages')
  const wanted = JSON.parse(String(request.headers['x-play'])) as Play
  if (wanted.error !== undefined) {
    const { status, headers, body } = (toOpenai ? openai : anthropic).errorBody(wanted.error)
    response.writeHead(status, headers).end(body)
  } else if (wanted.file.endsWith('.json')) {
    const body = JSON.parse(transcript(wanted.file).toString())
    const answer = toOpenai
      ? anthropicToOpenaiAnswer(body, openaiIdentity)
      : openaiToAnthropicAnswer(body, anthropicIdentity)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  } else {
    playStream(transcript(wanted.file), toOpenai, response)
  }
}

function playStream(bytes: Buffer, toOpenai: boolean, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const parser = createSseParser()
  const stream = toOpenai
    ? createOpenaiFromAnthropicStream(openaiIdentity)
    : createAnthropicFromOpenaiStream(anthropicIdentity)
  for (let at = 0; at < bytes.length; at += 11) {
    for (const event of parser.push(bytes.subarray(at, at + 11))) response.write(stream.push(event))
  }
  for (const event of parser.end()) response.write(stream.push(event))
  response.end(stream.end())
}

beforeAll(async () => {
  server = createServer(play)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const claude = (wanted: Play) =>
  new Anthropic({ apiKey: 'k', baseURL, maxRetries: 2, defaultHeaders: { 'x-play': JSON.stringify(wanted) } }).messages
const gpt = (wanted: Play) =>
  new OpenAI({
    apiKey: 'k',
    baseURL: `${baseURL}/v1`,
    maxRetries: 2,
    defaultHeaders: { 'x-play': JSON.stringify(wanted) },
  }).chat.completions

const message = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] }
const completion = {
  model: 'm',
  messages: [{ role: 'user' as const, content: 'Hi' }],
  stream_options: { include_usage: true },
}

describe('the Anthropic SDK over OpenAI’s streams', () => {
  test('collects text and the usage that came last', async () => {
    const final = await claude({ file: 'openai/text-and-usage.sse' }).stream(message).finalMessage()
    expect(final).toMatchObject({
      id: 'msg_1',
      content: [{ type: 'text', text: 'Grüße 👩‍👩‍👧 "q"\n漢' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 56, cache_read_input_tokens: 64, output_tokens: 11 },
    })
  })

  test('collects interleaved tool calls whole', async () => {
    const final = await claude({ file: 'openai/interleaved-tools.sse' }).stream(message).finalMessage()
    expect(final.stop_reason).toBe('tool_use')
    expect(final.content).toMatchObject([
      { type: 'text', text: 'Looking' },
      { type: 'tool_use', id: 'call_a', name: 'get_weather', input: { city: 'Berlin {"}' } },
      { type: 'tool_use', id: 'call_b', name: 'get_time', input: { zone: 'CET' } },
      { type: 'tool_use', id: 'call_c', name: 'ping', input: {} },
    ])
  })

  test('collects thinking with its signature', async () => {
    const final = await claude({ file: 'openai/thinking-blocks.sse' }).stream(message).finalMessage()
    expect(final.content).toMatchObject([
      { type: 'thinking', thinking: 'Deep.', signature: 'SIG==' },
      { type: 'redacted_thinking', data: 'XX' },
      { type: 'text', text: 'So.' },
    ])
  })

  test.each(['error-mid-stream', 'cut-short', 'garbage'])(
    'raises on %s instead of taking half an answer for a whole one',
    async (name) => {
      await expect(
        claude({ file: `openai/${name}.sse` })
          .stream(message)
          .finalMessage(),
      ).rejects.toMatchObject({ type: 'api_error' })
    },
  )

  test('reads a whole answer', async () => {
    const final = await claude({ file: 'openai/answer-tools.json' }).create(message)
    expect(final.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use', 'tool_use'])
    expect(final.usage).toMatchObject({ input_tokens: 56, output_tokens: 11 })
  })
})

describe('the OpenAI SDK over Anthropic’s streams', () => {
  test('collects text and usage that includes the cache', async () => {
    const final = await gpt({ file: 'anthropic/text.sse' }).stream(completion).finalChatCompletion()
    expect(final).toMatchObject({
      id: 'chatcmpl-1',
      choices: [{ finish_reason: 'stop', message: { content: 'Grüße 👩‍👩‍👧 "quoted"\n漢字 end.' } }],
      usage: {
        prompt_tokens: 221,
        completion_tokens: 17,
        total_tokens: 238,
        prompt_tokens_details: { cached_tokens: 188 },
      },
    })
  })

  test('collects tool calls that parse, and thinking blocks to send back', async () => {
    const final = await gpt({ file: 'anthropic/thinking-and-tools.sse' }).stream(completion).finalChatCompletion()
    const [choice] = final.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    const calls = choice?.message.tool_calls?.map((call) =>
      call.type === 'function' ? [call.function.name, JSON.parse(call.function.arguments)] : [],
    )
    expect(calls).toEqual([
      ['get_weather', { location: 'San Francisco, CA' }],
      ['now', {}],
      ['whole', { a: 1 }],
    ])
    expect(choice?.message).toMatchObject({
      thinking_blocks: [
        { type: 'thinking', thinking: 'The user asks for weather.', signature: expect.stringMatching(/^EqQB/) },
        { type: 'redacted_thinking' },
      ],
    })
  })

  test.each(['error-mid-stream', 'cut-short'])(
    'raises on %s instead of taking half an answer for a whole one',
    async (name) => {
      await expect(
        gpt({ file: `anthropic/${name}.sse` })
          .stream(completion)
          .finalChatCompletion(),
      ).rejects.toThrow(OpenAI.APIError)
    },
  )

  test('reads a whole answer', async () => {
    const final = await gpt({ file: 'anthropic/answer-thinking-tools.json' }).create({
      ...completion,
      stream: false,
      stream_options: null,
    })
    expect(final).toMatchObject({ choices: [{ message: { content: 'One. Two.' } }], usage: { prompt_tokens: 1110 } })
  })
})

describe('a blocked budget', () => {
  const error: GatewayError = {
    code: 'budget.exhausted',
    status: 429,
    message: 'Spent.',
    requestId: 'req_9',
    retryable: false,
    retryAfterSeconds: 3600,
    renewsAt: '2026-12-01T00:00:00.000Z',
  }

  test('costs the OpenAI SDK one call and no wait, and tells code and request', async () => {
    const before = calls
    const failed = await gpt({ error })
      .create({ ...completion, stream: false, stream_options: null })
      .catch((e: unknown) => e)
    expect(failed).toBeInstanceOf(OpenAI.RateLimitError)
    expect(failed).toMatchObject({
      status: 429,
      code: 'budget.exhausted',
      requestID: 'req_9',
      error: { renews_at: error.renewsAt },
    })
    expect(calls - before).toBe(1)
  })

  test('costs the Anthropic SDK one call and no wait, and tells code and request', async () => {
    const before = calls
    const failed = await claude({ error })
      .create(message)
      .catch((e: unknown) => e)
    expect(failed).toBeInstanceOf(Anthropic.RateLimitError)
    expect(failed).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      errorCode: 'budget.exhausted',
      requestID: 'req_9',
    })
    expect(calls - before).toBe(1)
  })
})
