import { describe, expect, test } from 'vitest'
import { usageFromAnthropic, usageFromOpenai, usageToAnthropic, usageToOpenai } from './usage.ts'

const reported = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  source: 'reported',
}

describe('OpenAI', () => {
  test('cached tokens are inside prompt_tokens and leave the input', () => {
    const usage = usageFromOpenai({
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
    })
    expect(usage).toEqual({ ...reported, inputTokens: 30, cachedTokens: 60, cacheWriteTokens: 10, outputTokens: 5 })
  })

  test('explicit zero is a report, absence is none', () => {
    expect(usageFromOpenai({ prompt_tokens: 0, completion_tokens: 0 })).toEqual(reported)
    for (const absent of [
      undefined,
      null,
      {},
      'x',
      { prompt_tokens: '7' },
      { prompt_tokens: -1 },
      { total_tokens: 9 },
    ]) {
      expect(usageFromOpenai(absent)).toBeNull()
    }
  })

  test('reasoning counted beside the completion becomes part of the output', () => {
    expect(
      usageFromOpenai({
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      }),
    ).toMatchObject({ outputTokens: 25, reasoningTokens: 20 })
    expect(
      usageFromOpenai({
        prompt_tokens: 10,
        completion_tokens: 25,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      }),
    ).toMatchObject({ outputTokens: 25, reasoningTokens: 20 })
  })

  test('an embedding has input only', () => {
    expect(usageFromOpenai({ prompt_tokens: 8, total_tokens: 8 })).toEqual({ ...reported, inputTokens: 8 })
  })

  test('a server that counts more cached than prompt tokens bills no negative input', () => {
    expect(usageFromOpenai({ prompt_tokens: 5, prompt_cache_hit_tokens: 9 })).toMatchObject({
      inputTokens: 0,
      cachedTokens: 9,
    })
  })
})

describe('Anthropic', () => {
  test('input excludes both kinds of cache', () => {
    expect(
      usageFromAnthropic({
        input_tokens: 10,
        cache_creation_input_tokens: 20,
        cache_read_input_tokens: 30,
        output_tokens: 4,
      }),
    ).toEqual({ ...reported, inputTokens: 10, cacheWriteTokens: 20, cachedTokens: 30, outputTokens: 4 })
  })

  test('a later report replaces counts, never adds, and keeps what it leaves out', () => {
    const start = usageFromAnthropic({ input_tokens: 10, cache_read_input_tokens: 30, output_tokens: 1 })
    const middle = usageFromAnthropic({ output_tokens: 5 }, start)
    expect(usageFromAnthropic({ output_tokens: 9, input_tokens: null }, middle)).toEqual({
      ...reported,
      inputTokens: 10,
      cachedTokens: 30,
      outputTokens: 9,
    })
  })
})

test('usage survives the way into the other dialect and back', () => {
  const usage = {
    inputTokens: 1,
    cachedTokens: 20,
    cacheWriteTokens: 300,
    outputTokens: 4000,
    reasoningTokens: 50,
    source: 'reported' as const,
  }
  expect(usageFromOpenai(usageToOpenai(usage))).toEqual(usage)
  expect(usageFromAnthropic(usageToAnthropic(usage))).toEqual(usage)
})
