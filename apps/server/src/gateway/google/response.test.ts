import { describe, expect, test } from 'vitest'
import type { CallResponse } from '../lane/index.ts'
import type { GoogleMethod } from './address.ts'
import { googleCallAt, googleModelAt } from './address.ts'
import { GoogleResponse } from './response.ts'

/** What the caller would see. */
const seen = () => {
  const out = { status: 0, headers: [] as string[], body: '', ended: false }
  const inner: CallResponse = {
    headersSent: false,
    destroyed: false,
    writeHead: (status, headers) => Object.assign(out, { status, headers }),
    write(bytes) {
      out.body += bytes.toString()
      return true
    },
    end(bytes) {
      out.body += bytes?.toString() ?? ''
      out.ended = true
    },
    destroy() {},
    on() {},
    once() {},
  }
  const as = (method: GoogleMethod) => new GoogleResponse(inner, { id: 'req_1', model: 'm', method })
  return { out, as }
}

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const call = (args: string, name?: string) => ({
  tool_calls: [
    { index: 0, ...(name && { id: 'c1', type: 'function' }), function: { ...(name && { name }), arguments: args } },
  ],
})
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5 } })}\n\n`
const whole = Buffer.from(
  [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'Hm. ' }),
    chunk({ thinking_blocks: [{ type: 'thinking', thinking: 'Hm. ', signature: 'sig' }] }),
    chunk({ content: 'Grüße 🗼' }),
    chunk(call('{"city":', 'weather')),
    chunk(call('"Köln"}')),
    chunk({}, 'tool_calls'),
    usage,
    'data: [DONE]\n\n',
  ].join(''),
)

const streamed = (pieces: readonly Buffer[]) => {
  const { out, as } = seen()
  const response = as('streamGenerateContent')
  response.writeHead(200, ['content-type', 'text/event-stream; charset=utf-8'])
  for (const piece of pieces.slice(0, -1)) response.write(piece)
  response.end(pieces.at(-1))
  return out
}
const partsIn = (body: string) =>
  [...body.matchAll(/^data: (.*)$/gm)].flatMap(([, data = '']) => JSON.parse(data).candidates[0].content.parts)

describe('a stream on its way to a caller of Gemini’s API', () => {
  test('says the same wherever its bytes are cut', () => {
    const { body, ended } = streamed([whole])
    expect(ended).toBe(true)
    for (let at = 1; at < whole.length; at++)
      if (streamed([whole.subarray(0, at), whole.subarray(at)]).body !== body) expect.fail(`differs when cut at ${at}`)
    const single = Array.from(whole, (_, at) => whole.subarray(at, at + 1))
    expect(streamed(single).body).toBe(body)
  })

  test('gives thoughts with their signature, whole calls, and the reason and the count at its end', () => {
    const { body } = streamed([whole])
    expect(partsIn(body)).toEqual([
      { text: 'Hm. ', thought: true },
      { text: '', thought: true, thoughtSignature: 'sig' },
      { text: 'Grüße 🗼' },
      { functionCall: { id: 'c1', name: 'weather', args: { city: 'Köln' } } },
    ])
    const last = JSON.parse(body.trimEnd().split('data: ').at(-1) ?? '')
    expect(last).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 5, totalTokenCount: 12 },
    })
  })

  test('that fails ends with Google’s error and nothing after it', () => {
    const failure =
      'data: {"error":{"message":"Broken off.","type":"server_error","code":"upstream.stream_failed"}}\n\n'
    const { body } = streamed([Buffer.from(chunk({ content: 'Half' })), Buffer.from(failure)])
    const last = JSON.parse(body.trimEnd().split('data: ').at(-1) ?? '')
    expect(last.error).toMatchObject({ message: 'Broken off.', details: [{ reason: 'upstream.stream_failed' }] })
  })

  test('that is cut is not told as complete', () => {
    expect(streamed([Buffer.from(chunk({ content: 'Half' }))]).body).not.toContain('finishReason')
  })
})

test('a provider’s error passes in Google’s shape, with a length that is right', () => {
  const { out, as } = seen()
  const response = as('generateContent')
  response.writeHead(400, ['content-type', 'application/json', 'content-length', '1', 'x-request-id', 'req_1'])
  response.end('{"error":{"message":"too long","code":"context"}}')
  expect(JSON.parse(out.body).error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: 'too long' })
  expect(out.headers).toContain(String(Buffer.byteLength(out.body)))
  expect(out.headers.filter((name) => name === 'content-length')).toHaveLength(1)
  expect(out.headers).toContain('x-request-id')
})

test.each([
  ['/v1beta/models/qwen3:8b:generateContent', { model: 'qwen3:8b', method: 'generateContent' }],
  ['/v1/models/openai%2Fgpt:streamGenerateContent', { model: 'openai/gpt', method: 'streamGenerateContent' }],
  ['/v1beta/models/m:tuneModel', null],
  ['/v1/models/m', null],
])('%s is read as model and method', (path, expected) => {
  expect(googleCallAt(path)).toEqual(expected)
})

test('the list that OpenAI’s and Google’s clients share is Google’s only with Google’s key', () => {
  expect(googleModelAt('/v1/models')).toBeUndefined()
  expect(googleModelAt('/v1/models', true)).toEqual({ name: null })
  expect(googleModelAt('/v1beta/models/a%2Fb')).toEqual({ name: 'a/b' })
})
