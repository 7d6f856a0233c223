import { describe, expect, test } from 'vitest'
import { countMessages, countTokens, estimateTokens } from './tokens.ts'

const samples = {
  english: 'The quick brown fox jumps over the lazy dog, and the clocks were striking thirteen. '.repeat(30),
  german: 'Die Donaudampfschifffahrtsgesellschaft fuhr gestern über den grünen Fluß. '.repeat(30),
  chinese: '今天天气很好，我们去公园散步吧。机器学习正在改变世界。'.repeat(30),
  thai: 'สวัสดีครับ วันนี้อากาศดีมาก '.repeat(30),
  code: 'export function add(a: number, b: number): number {\n  return a + b\n}\n'.repeat(30),
  digits: '31415926535897932384626433832795028841971693993751'.repeat(30),
}

describe('the estimate for holds', () => {
  test.each(Object.entries(samples))('does not fall below the real count of %s', async (_name, text) => {
    const real = await countTokens(text)
    const estimate = estimateTokens(Buffer.byteLength(text))
    expect(estimate).toBeGreaterThanOrEqual(real * 0.95)
    expect(estimate).toBeLessThan(real * 3)
  })

  test('holds at least 45 % even of noise and emoji', async () => {
    const noise = Array.from({ length: 300 }, (_, at) => ((at * 2_654_435_761) % 4_294_967_296).toString(36)).join('')
    for (const text of [noise, '🎉👩‍👩‍👧‍👦🚀'.repeat(50)]) {
      expect(estimateTokens(Buffer.byteLength(text))).toBeGreaterThan((await countTokens(text)) * 0.45)
    }
  })
})

describe('the count', () => {
  test('is that of o200k_base', async () => {
    expect(await countTokens('')).toBe(0)
    expect(await countTokens('hello world')).toBe(2)
    expect(await countTokens('Tokenisierung')).toBeGreaterThan(1)
  })

  test('takes special tokens as the text they are', async () => {
    expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1)
  })

  test('of a megabyte without a space ends within seconds and lets others run meanwhile', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const tokens = await countTokens('a'.repeat(1_000_000))
    clearInterval(timer)
    expect(tokens).toBeGreaterThan(100_000)
    expect(ticks).toBeGreaterThan(5)
  }, 15_000)
})

describe('counting a request', () => {
  const conversation = 'What is the weather in Berlin today?'

  test('agrees between the dialects about the same text, and grows with pictures and tools', async () => {
    const openai = await countMessages(
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: conversation },
        ],
      },
      'openai',
    )
    const anthropic = await countMessages(
      { system: 'Be brief.', messages: [{ role: 'user', content: [{ type: 'text', text: conversation }] }] },
      'anthropic',
    )
    expect(Math.abs(openai - anthropic)).toBeLessThan(6)
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
    expect(await countMessages({ messages: [{ role: 'user', content: [image] }] }, 'anthropic')).toBeGreaterThan(1600)
    const tools = [{ name: 'f', description: conversation.repeat(10), input_schema: { type: 'object' } }]
    expect(await countMessages({ messages: [], tools }, 'anthropic')).toBeGreaterThan(80)
  })

  test('counts tool calls, tool results and documents by what they say, not by their base64', async () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: conversation.repeat(20) }] }
    expect(await countMessages({ messages: [{ role: 'user', content: [result] }] }, 'anthropic')).toBeGreaterThan(150)
    const call = {
      id: 'c',
      type: 'function',
      function: { name: 'f', arguments: JSON.stringify({ q: conversation.repeat(20) }) },
    }
    expect(
      await countMessages({ messages: [{ role: 'assistant', content: null, tool_calls: [call] }] }, 'openai'),
    ).toBeGreaterThan(150)
    const pdf = {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'A'.repeat(40_000) },
    }
    expect(await countMessages({ messages: [{ role: 'user', content: [pdf] }] }, 'anthropic')).toBeLessThan(1100)
  })
})
