import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanRequest } from './scan.ts'
import { skim } from './skim.ts'

const bytes = (text: string) => Buffer.from(text)
const long = 'x'.repeat(10_000)

describe('skimming a request', () => {
  test('finds what a parser finds in whatever JSON says', () => {
    const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false })
    const request = fc.record({
      model: fc.string(),
      stream: fc.boolean(),
      max_tokens: fc.nat(),
      user: fc.string(),
      messages: value,
    })
    fc.assert(
      fc.property(request, fc.constantFrom(undefined, 1, '\t'), (body, space) => {
        const skimmed = skim(bytes(JSON.stringify(body, null, space)))
        // what must be weighed is left to the parser
        if (skimmed === null) return
        const { model, stream, max_tokens, user } = JSON.parse(JSON.stringify(body))
        expect(skimmed.fields).toEqual({ model, stream, max_tokens, user })
      }),
      { numRuns: 200 },
    )
  })

  test('accepts nothing that is not JSON but for what is inside of strings', () => {
    const withoutTexts = (text: string) => text.replace(/"(?:[^"\\]|\\.)*"/gs, '""')
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.constantFrom('', ...'{}[],:"\\/*\'=;#0-e'), (messages, place, sign) => {
        const text = JSON.stringify({ model: 'm', messages })
        const at = place % text.length
        const broken = text.slice(0, at) + sign + text.slice(sign === '' ? at + 1 : at)
        const skimmed = skim(bytes(broken))
        if (skimmed === null) return
        expect(() => JSON.parse(withoutTexts(broken)), broken).not.toThrow()
      }),
      { numRuns: 2_000 },
    )
    for (const odd of [
      '{"model":"m","messages":[}]}',
      '{"model":"m","messages":[{"role":"user" "content":"hi"}]}',
      '{"model":"m","messages":[{"role":"user","content"}]}',
      '{"model":"m","messages":[{"role":"user",}]}',
      '{"model":"m","messages":["a",]}',
      '{"model":"m","messages":["a" "b"]}',
      '{"model":"m","temperature":01}',
      '{"model":"m","temperature":nil}',
      '{"model":"m" /* "model":"n" */,"messages":[]}',
      "{'model':'m'}",
      '{"model":"m","messages":[]}{"model":"n"}',
      '{"model":"m","messages":["a]}',
      '{"model":"m","messages":[]',
      '["model"]',
      '{}',
    ])
      expect([odd, skim(bytes(odd))]).toEqual([odd, null])
  })

  test('leaves to a parser what two readers could read differently', () => {
    expect(skim(bytes('{"model":"a","model":"b"}'))).toBeNull()
    expect(skim(bytes('{"mod\\u0065l":"a"}'))).toBeNull()
  })

  test.each([
    { content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    { content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }] },
    { content: [{ type: 'text', text: 'data:application/pdf;base64,AAAA' }] },
    { content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
    { content: [{ type: 'file', file: { file_data: 'AAAA' } }] },
  ])('leaves pictures, sounds and files to be weighed: %j', (message) => {
    expect(skim(bytes(JSON.stringify({ model: 'm', messages: [message] })))).toBeNull()
  })

  test('leaves tokens in place of text to be counted', () => {
    expect(skim(bytes('{"model":"m","input":[1,2,3]}'))).toBeNull()
    const tokens = Array.from({ length: 5_000 }, (_, at) => at)
    expect(scanRequest(bytes(JSON.stringify({ model: 'm', input: tokens }))).inputTokenIds).toBe(5_000)
  })
})

test('a long request is decided as a short one, and weighs about as much as a parser says', () => {
  const body = {
    messages: [
      { role: 'system', content: 'Be “brief”.' },
      { role: 'user', content: `${long}\n"quoted" \\ ünï` },
    ],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', maximum: 3, nullable: true } } }],
    model: 'm',
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 7,
    metadata: { user_id: 'v' },
  }
  const scan = scanRequest(bytes(JSON.stringify(body)))
  expect(scan).toMatchObject({ model: 'm', stream: true, maxOutputTokens: 7, includeUsage: true, user: 'v', images: 0 })
  expect(scan.body).toEqual(body)
  const short = scanRequest(bytes(JSON.stringify({ ...body, messages: [{ role: 'user', content: 'x' }] })))
  expect(scan.textBytes).toBeGreaterThan(long.length)
  expect(scan.textBytes).toBeLessThan(long.length + short.textBytes + 200)
})

test.each([
  ['[{"type":"function"}]', true],
  ['[ ]', false],
  ['null', false],
])('a long request with tools %s brings %s', (tools, brings) => {
  const text = `{"model":"m","messages":[{"role":"user","content":"${long}"}],"tools":${tools}}`
  expect(skim(bytes(text))?.tools).toBe(brings)
  expect(scanRequest(bytes(`{"model":"m","tools":${tools}}`)).tools).toBe(brings)
})

test('a long request that is no JSON is refused like a short one', () => {
  expect(() => scanRequest(bytes(`{"model":"m","messages":"${long}"`))).toThrow('not valid JSON')
})
