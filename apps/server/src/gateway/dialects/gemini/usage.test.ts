import { describe, expect, test } from 'vitest'
import { usageFromGemini } from './usage.ts'

describe('usage of Gemini', () => {
  test('counts thoughts as output and what came from a cache apart', () => {
    const said = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 30,
    }
    expect(usageFromGemini(said)).toEqual({
      inputTokens: 40,
      cachedTokens: 60,
      cacheWriteTokens: 0,
      outputTokens: 50,
      reasoningTokens: 30,
      source: 'reported',
    })
  })

  test('is a running total: what a later report leaves out has not changed', () => {
    const first = usageFromGemini({ promptTokenCount: 10, thoughtsTokenCount: 5, totalTokenCount: 15 })
    const second = usageFromGemini({ promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 18 }, first)
    expect(second).toMatchObject({ inputTokens: 10, outputTokens: 8, reasoningTokens: 5 })
    expect(usageFromGemini(undefined, second)).toBe(second)
  })

  test('tells sound from text, and not that part of it which a cache held', () => {
    const sound = (tokenCount: number) => [
      { modality: 'TEXT', tokenCount: 4 },
      { modality: 'AUDIO', tokenCount },
    ]
    const said = { promptTokenCount: 54, cachedContentTokenCount: 24, promptTokensDetails: sound(50) }
    const heard = usageFromGemini({ ...said, cacheTokensDetails: sound(20), candidatesTokenCount: 2 })
    expect(heard).toMatchObject({ inputTokens: 30, audioInputTokens: 30 })
    expect(usageFromGemini({ candidatesTokensDetails: sound(9), candidatesTokenCount: 13 }, heard)).toMatchObject({
      audioInputTokens: 30,
      audioOutputTokens: 9,
    })
  })

  test('of nothing but broken counts is none', () => {
    expect(usageFromGemini({ promptTokenCount: -1, candidatesTokenCount: 'many' })).toBeNull()
  })
})
