/** `usage` of Converse: input without what a cache held or took, as Anthropic counts. */
import { asCount, isRecord, type Json, present } from '../json.ts'
import type { Usage } from '../usage.ts'

export function usageFromBedrock(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null
  const input = asCount(usage.inputTokens)
  const output = asCount(usage.outputTokens)
  if (input === undefined && output === undefined) return null
  return {
    inputTokens: input ?? 0,
    cachedTokens: asCount(usage.cacheReadInputTokens) ?? 0,
    cacheWriteTokens: asCount(usage.cacheWriteInputTokens) ?? 0,
    outputTokens: output ?? 0,
    reasoningTokens: 0,
    source: 'reported',
  }
}

export const usageAsAnthropic = (usage: unknown): Json | undefined =>
  isRecord(usage)
    ? present({
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cache_read_input_tokens: usage.cacheReadInputTokens,
        cache_creation_input_tokens: usage.cacheWriteInputTokens,
      })
    : undefined
