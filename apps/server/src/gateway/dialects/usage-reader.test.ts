import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSseParser, encodeData, encodeEvent, type SseEvent } from './sse.ts'
import { usageFromOpenai } from './usage.ts'
import { createUsageReader, usageOfAnswer, withoutAskedUsage } from './usage-reader.ts'

const events = (text: string): SseEvent[] => createSseParser().push(Buffer.from(text))
const chunk = (value: unknown) => encodeData(JSON.stringify(value))
const counts = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }

describe('usage of a whole answer', () => {
  const usage = fc.oneof(
    fc.constant(counts),
    fc.constant(null),
    fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() }),
  )
  const noise = fc.oneof(
    fc.string(),
    fc.constantFrom('usage', '"usage":{"prompt_tokens":1}', '}', '{', '\\'),
    fc.integer(),
  )
  const decoy = fc.oneof(noise, fc.record({ usage, x: noise }), fc.array(fc.record({ usage })))
  const entry = fc.oneof(
    fc.tuple(fc.constant('usage'), usage),
    fc.tuple(fc.constantFrom('a', 'choices', 'x_groq', 'z'), decoy),
  )

  test('is what parsing everything would find, whatever else the body holds', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.constantFrom(0, 2), (entries, indent) => {
        const body = Object.fromEntries(entries)
        expect(usageOfAnswer('openai', Buffer.from(JSON.stringify(body, null, indent)))).toEqual(
          usageFromOpenai(body.usage),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('is found before a long tail, and never in something that is not JSON', () => {
    expect(
      usageOfAnswer('openai', Buffer.from(JSON.stringify({ usage: counts, z: 'x'.repeat(10_000) }))),
    ).toMatchObject({ inputTokens: 9 })
    expect(usageOfAnswer('openai', Buffer.from('<html>"usage":{"prompt_tokens":1}'))).toBeNull()
    expect(usageOfAnswer('anthropic', Buffer.from('{"usage":{"input_tokens":3,"output_tokens":4}}'))).toMatchObject({
      inputTokens: 3,
      outputTokens: 4,
    })
  })
})

describe('usage of a passing stream', () => {
  const read = (dialect: 'openai' | 'anthropic', text: string) => {
    const reader = createUsageReader(dialect)
    for (const event of events(text)) reader.read(event)
    return reader
  }

  test('comes in a last chunk of its own, in one with content, or in every one', () => {
    const content = { choices: [{ delta: { content: 'x' } }] }
    expect(
      read('openai', chunk({ ...content, usage: null }) + chunk({ choices: [], usage: counts })).usage(),
    ).toMatchObject({ inputTokens: 9 })
    expect(read('openai', chunk({ ...content, usage: counts })).usage()).toMatchObject({ outputTokens: 3 })
    const running =
      chunk({ ...content, usage: { ...counts, completion_tokens: 1 } }) + chunk({ ...content, usage: counts })
    expect(read('openai', running).usage()).toMatchObject({ outputTokens: 3 })
  })

  test('is absent when nothing was reported, and zero when zero was', () => {
    expect(read('openai', chunk({ choices: [], prompt_filter_results: [] })).usage()).toBeNull()
    expect(
      read('openai', chunk({ choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } })).usage(),
    ).toMatchObject({ inputTokens: 0, source: 'reported' })
  })

  test('of Anthropic joins the input of the start and the cumulative output of the end', () => {
    const text =
      encodeEvent(
        'message_start',
        JSON.stringify({
          type: 'message_start',
          message: { usage: { input_tokens: 7, cache_read_input_tokens: 2, output_tokens: 1 } },
        }),
      ) +
      encodeEvent('message_delta', JSON.stringify({ type: 'message_delta', usage: { output_tokens: 4 } })) +
      encodeEvent('message_delta', JSON.stringify({ type: 'message_delta', usage: { output_tokens: 6 } }))
    expect(read('anthropic', text).usage()).toMatchObject({ inputTokens: 7, cachedTokens: 2, outputTokens: 6 })
  })

  test('counts generated text, for an answer that is cut off before its report', () => {
    const said = { choices: [{ delta: { content: 'abcdef', tool_calls: [{ function: { arguments: '{"a"' } }] } }] }
    expect(read('openai', chunk(said)).generatedBytes()).toBeGreaterThanOrEqual(10)
    const delta = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'gr\u00fc\u00df' } }
    expect(read('anthropic', encodeEvent('content_block_delta', JSON.stringify(delta))).generatedBytes()).toBe(6)
    expect(read('openai', chunk({ choices: [], usage: counts })).generatedBytes()).toBe(0)
  })
})

describe('a client that did not ask for usage', () => {
  const seen = (text: string) => events(text).map((event) => withoutAskedUsage(event)?.toString() ?? null)
  const content = '{"id":"1","choices":[{"delta":{"content":"\\"usage\\":null"}}]'

  test('does not see the extra chunk, nor the nulls that came with asking', () => {
    expect(seen(`data: ${content},"usage":null}\n\n`)).toEqual([`data: ${content}}\n\n`])
    expect(seen(`data: ${content}, "usage": null, "x": 1}\n\n`)).toEqual([`data: ${content}, "x": 1}\n\n`])
    expect(seen(`data: {"usage":null,"choices":[]}\n\n`)).toEqual([`data: {"choices":[]}\n\n`])
    expect(seen(chunk({ choices: [], usage: counts }))).toEqual([null])
  })

  test('sees every other byte unchanged', () => {
    const untouched = [
      `data: ${content}}\n\n`,
      chunk({ choices: [{ delta: { content: 'x' } }], usage: counts }),
      chunk({ choices: [], prompt_filter_results: [], usage: counts }),
      'data: [DONE]\n\n',
      ': comment\n\n',
    ]
    expect(seen(untouched.join(''))).toEqual(untouched)
  })
})
