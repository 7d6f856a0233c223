/** `usageMetadata`: running totals, whose prompt includes what came from a cache and whose candidates exclude thoughts. */
import { asCount, isRecord, type Json, records } from '../json.ts'
import type { Usage } from '../usage.ts'

/** Later reports leave out what did not change, so each is read over what came `before`. */
export function usageFromGemini(metadata: unknown, before: Usage | null = null): Usage | null {
  if (!isRecord(metadata)) return before
  const prompt = asCount(metadata.promptTokenCount)
  const candidates = asCount(metadata.candidatesTokenCount)
  const total = asCount(metadata.totalTokenCount)
  if (prompt === undefined && candidates === undefined && total === undefined) return before
  const cached = asCount(metadata.cachedContentTokenCount) ?? before?.cachedTokens ?? 0
  const thoughts = asCount(metadata.thoughtsTokenCount) ?? before?.reasoningTokens ?? 0
  const input = inputOf(metadata, prompt, cached) ?? before?.inputTokens ?? 0
  const answered = candidates ?? Math.max(0, (before?.outputTokens ?? 0) - (before?.reasoningTokens ?? 0))
  return {
    inputTokens: input,
    cachedTokens: cached,
    cacheWriteTokens: 0,
    outputTokens: answered + thoughts,
    reasoningTokens: thoughts,
    source: 'reported',
    ...soundOf(metadata, before),
  }
}

/** What a tool of the provider put into the prompt is counted beside it. */
const inputOf = (metadata: Json, prompt: number | undefined, cached: number): number | undefined =>
  prompt === undefined ? undefined : Math.max(0, prompt - cached) + (asCount(metadata.toolUsePromptTokenCount) ?? 0)

/** Sound has rates of its own. What of it came from a cache has the rate of the cache. */
const soundOf = (
  metadata: Json,
  before: Usage | null,
): Pick<Usage, 'audioInputTokens' | 'audioOutputTokens'> | null => {
  const all = audioIn(metadata.promptTokensDetails)
  const cached = audioIn(metadata.cacheTokensDetails) ?? 0
  const heard = all === undefined ? (before?.audioInputTokens ?? 0) : Math.max(0, all - cached)
  const spoken = audioIn(metadata.candidatesTokensDetails) ?? before?.audioOutputTokens ?? 0
  if (heard === 0 && spoken === 0) return null
  return { ...(heard > 0 && { audioInputTokens: heard }), ...(spoken > 0 && { audioOutputTokens: spoken }) }
}

const audioIn = (details: unknown): number | undefined =>
  records(details).flatMap(({ modality, tokenCount }) => (modality === 'AUDIO' ? (asCount(tokenCount) ?? 0) : []))[0]
