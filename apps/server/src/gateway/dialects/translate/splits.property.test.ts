/** The network cuts a stream wherever it likes: what a caller gets and what is counted must not depend on it. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSseParser } from '../sse.ts'
import { createUsageReader } from '../usage-reader.ts'
import type { StreamTranslator } from './stream.ts'
import { createAnthropicFromOpenaiStream } from './stream-to-anthropic.ts'
import { createOpenaiFromAnthropicStream } from './stream-to-openai.ts'

const transcripts = path.resolve(import.meta.dirname, '../../../../../../tests/gateway/transcripts')
const dialects = ['openai', 'anthropic'] as const
type Dialect = (typeof dialects)[number]
const translators: Record<Dialect, () => StreamTranslator> = {
  openai: () => createAnthropicFromOpenaiStream({ model: 'm', id: 'msg_1', inputTokens: 10, requestId: 'req_1' }),
  anthropic: () =>
    createOpenaiFromAnthropicStream({ model: 'm', id: 'c_1', created: 1, includeUsage: true, requestId: 'req_1' }),
}

/** What comes out of bytes that arrive in these pieces: the translation, the very bytes, and what was used. */
const through = (dialect: Dialect, pieces: readonly Buffer[]) => {
  const parser = createSseParser()
  const translator = translators[dialect]()
  const reader = createUsageReader(dialect)
  let translated = ''
  let raw = ''
  const take = (events: ReturnType<typeof parser.push>) => {
    for (const event of events) {
      reader.read(event)
      translated += translator.push(event)
      raw += event.raw.toString('latin1')
    }
  }
  for (const piece of pieces) take(parser.push(Buffer.from(piece)))
  take(parser.end())
  translated += translator.end()
  return { translated, raw, usage: reader.usage(), text: reader.generatedBytes(), state: translator.state() }
}
const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const edges = [0, ...[...places].sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((to, at) => bytes.subarray(edges[at], to))
}

describe.each(dialects)('a recorded stream of %s', (dialect) => {
  const recorded = readdirSync(path.join(transcripts, dialect)).filter((name) => /^[\w-]+\.sse$/.test(name))
  test('there are some', () => expect(recorded.length).toBeGreaterThan(5))

  test.each(recorded)('%s: reads, counts and translates the same at every split', (name) => {
    const bytes = readFileSync(path.join(transcripts, dialect, name))
    const whole = through(dialect, [bytes])
    expect(whole.raw).toBe(bytes.toString('latin1'))
    for (let at = 1; at < bytes.length; at++)
      expect(through(dialect, cutAt(bytes, [at])), `cut at byte ${at}`).toEqual(whole)
    expect(through(dialect, cutAt(bytes, [...bytes.keys()]))).toEqual(whole)
  })
})

describe.each(dialects)('whatever comes in place of a stream of %s', (dialect) => {
  /** Lines as a provider sends them, with any JSON or none in them, broken by any ending. */
  const line = fc.oneof(
    fc.json().map((json) => `data: ${json}`),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `data:${text}`),
    fc.constantFrom('data: [DONE]', ': ping', 'event: message_start', 'event: error', ''),
    openaiChunk(),
    anthropicEvent(),
  )
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\n\n', '\r\n\r\n', '\r')), { maxLength: 15 })
    .map((lines) => Buffer.from(lines.map(([text, ending]) => text + ending).join('')))

  test('breaks nothing, and says the same however it is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(2_000), { maxLength: 12 }), (bytes, places) => {
        const pieces = cutAt(
          bytes,
          places.map((place) => place % (bytes.length + 1)),
        )
        const whole = through(dialect, [bytes])
        expect(through(dialect, pieces)).toEqual(whole)
        expect(whole.state).not.toBe('open')
      }),
      { numRuns: 500 },
    )
  })
})

function openaiChunk() {
  const delta = fc.record(
    {
      role: fc.constant('assistant'),
      content: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 10 }), fc.constant(null), fc.integer()),
      reasoning_content: fc.string({ maxLength: 5 }),
      tool_calls: fc.array(
        fc.record(
          {
            index: fc.oneof(fc.nat(2), fc.constant('0')),
            id: fc.string({ maxLength: 4 }),
            function: fc.record({ name: fc.string({ maxLength: 4 }), arguments: fc.string({ maxLength: 6 }) }),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: [] },
  )
  const usage = fc.record({ prompt_tokens: fc.integer(), completion_tokens: fc.oneof(fc.nat(), fc.string()) })
  return fc
    .record(
      {
        choices: fc.array(
          fc.record(
            { index: fc.nat(1), delta, finish_reason: fc.constantFrom(null, 'stop', 'length', 'tool_calls', 'x') },
            { requiredKeys: [] },
          ),
          { maxLength: 2 },
        ),
        usage: fc.oneof(usage, fc.constant(null)),
        error: fc.oneof(fc.constant(undefined), fc.constant({ message: 'no' })),
      },
      { requiredKeys: [] },
    )
    .map((chunk) => `data: ${JSON.stringify(chunk)}`)
}

function anthropicEvent() {
  const block = fc.record(
    {
      type: fc.constantFrom('text', 'tool_use', 'thinking', 'server_tool_use', 'x'),
      id: fc.string({ maxLength: 4 }),
      name: fc.string({ maxLength: 4 }),
      text: fc.string({ maxLength: 4 }),
      input: fc.constant({}),
    },
    { requiredKeys: ['type'] },
  )
  const delta = fc.record(
    {
      type: fc.constantFrom('text_delta', 'input_json_delta', 'thinking_delta', 'signature_delta', 'x'),
      text: fc.string({ unit: 'grapheme', maxLength: 8 }),
      partial_json: fc.string({ maxLength: 8 }),
      thinking: fc.string({ maxLength: 8 }),
      stop_reason: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', null, 'x'),
    },
    { requiredKeys: [] },
  )
  return fc
    .record(
      {
        type: fc.constantFrom(
          ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
          ...['message_delta', 'message_stop', 'ping', 'error', 'x'],
        ),
        index: fc.oneof(fc.nat(2), fc.constant('1')),
        message: fc.record({ id: fc.string(), usage: fc.record({ input_tokens: fc.integer() }) }),
        content_block: block,
        delta,
        usage: fc.record({ output_tokens: fc.oneof(fc.integer(), fc.string()) }),
        error: fc.record({ type: fc.string(), message: fc.string() }),
      },
      { requiredKeys: ['type'] },
    )
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}`)
}
