import { describe, expect, test } from 'vitest'
import { estimateInputTokens, scanRequest, withIncludeUsage } from './scan.ts'
import { MalformedBody } from './untranslatable.ts'

const bytes = (body: unknown) => Buffer.from(JSON.stringify(body))
const picture = 'A'.repeat(100_000)

describe('scanning a request', () => {
  test('reads what decides about a call, in either dialect', () => {
    expect(
      scanRequest(
        bytes({
          model: 'm',
          stream: true,
          max_completion_tokens: 7,
          max_tokens: 9,
          stream_options: { include_usage: true },
          user: 'u',
        }),
      ),
    ).toMatchObject({ model: 'm', stream: true, maxOutputTokens: 9, includeUsage: true, user: 'u' })
    expect(scanRequest(bytes({ model: 'm', max_tokens: 9, metadata: { user_id: 'v' } }))).toMatchObject({
      stream: false,
      maxOutputTokens: 9,
      includeUsage: false,
      user: 'v',
    })
  })

  test('weighs text, not pictures: those are counted by number', () => {
    const openai = scanRequest(
      bytes({
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'hi' },
              { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
            ],
          },
        ],
      }),
    )
    const anthropic = scanRequest(
      bytes({
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } }],
          },
        ],
      }),
    )
    for (const scan of [openai, anthropic]) {
      expect(scan).toMatchObject({ images: 1, binaryBytes: 0 })
      expect(scan.textBytes).toBeLessThan(200)
      expect(estimateInputTokens(scan)).toBeLessThan(2000)
    }
  })

  test('weighs files by their bytes', () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: picture }
    expect(scanRequest(bytes({ messages: [{ content: [{ type: 'document', source }] }] })).binaryBytes).toBe(100_000)
  })

  test('counts tool definitions, and embedding input that is already tokens', () => {
    const tools = [{ type: 'function', function: { name: 'f', description: 'x'.repeat(3000) } }]
    expect(estimateInputTokens(scanRequest(bytes({ messages: [], tools })))).toBeGreaterThan(1000)
    expect(scanRequest(bytes({ model: 'e', input: [[1, 2, 3], [4]] })).inputTokenIds).toBe(4)
    expect(scanRequest(bytes({ model: 'e', input: [1, 2, 3] })).inputTokenIds).toBe(3)
  })

  test.each(['', '{"a":', '[]', 'null', '"x"', '{"model":}'])('refuses %j with a sentence', (text) => {
    expect(() => scanRequest(Buffer.from(text))).toThrow(MalformedBody)
  })

  test('a deeply nested body costs no stack', () => {
    const nested = `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`
    expect(scanRequest(Buffer.from(nested)).images).toBe(0)
  })

  test('usage is asked for without touching the other stream options or any other byte', () => {
    const plain = Buffer.from('{"stream":true, "model":"m"}')
    expect(withIncludeUsage(plain, scanRequest(plain)).toString()).toBe(
      '{"stream_options":{"include_usage":true},"stream":true, "model":"m"}',
    )
    const chosen = Buffer.from('{"stream_options": {"x":1,"include_usage":false}}')
    expect(withIncludeUsage(chosen, scanRequest(chosen)).toString()).toBe(
      '{"stream_options": {"x":1,"include_usage":true}}',
    )
  })
})
