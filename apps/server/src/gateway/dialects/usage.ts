/** What a call consumed, in one shape for both dialects; the counts never overlap except reasoning, which is part of output. */
import { ServiceTier } from '@cockpit/contract/prices'
import type { BilledUnit } from '@cockpit/policy'
import { asCount, asRecord, asText, isRecord, type Json, present } from './json.ts'

export type Usage = {
  /** Without what was read from or written to a prompt cache. */
  inputTokens: number
  cachedTokens: number
  cacheWriteTokens: number
  /** With reasoning. */
  outputTokens: number
  reasoningTokens: number
  source: 'reported' | 'estimated'
  /** Parts of the above that may have rates of their own, where the provider tells them. */
  cacheWrite1hTokens?: number
  audioInputTokens?: number
  audioOutputTokens?: number
  /** How urgently it was answered, where that is not as usual. */
  service?: ServiceTier | null
  /** What it used by the piece. */
  units?: readonly BilledUnit[]
}

/** `usage` of an OpenAI answer, chunk or embedding, whose `prompt_tokens` include the cached ones. Explicit zero counts as reported. */
export function usageFromOpenai(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null
  const prompt = asCount(usage.prompt_tokens)
  const completion = asCount(usage.completion_tokens)
  if (prompt === undefined && completion === undefined) return null
  const promptDetails = asRecord(usage.prompt_tokens_details)
  const cached = asCount(promptDetails.cached_tokens) ?? asCount(usage.prompt_cache_hit_tokens) ?? 0
  const written = asCount(promptDetails.cache_write_tokens) ?? 0
  const reasoning = asCount(asRecord(usage.completion_tokens_details).reasoning_tokens) ?? 0
  const output = outputOf(prompt ?? 0, completion ?? 0, reasoning, asCount(usage.total_tokens))
  return {
    inputTokens: Math.max(0, (prompt ?? 0) - cached - written),
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
    source: 'reported',
    ...soundOf(promptDetails, asRecord(usage.completion_tokens_details)),
  }
}

const soundOf = (prompt: Json, completion: Json): Pick<Usage, 'audioInputTokens' | 'audioOutputTokens'> | null => {
  const heard = asCount(prompt.audio_tokens) ?? 0
  const spoken = asCount(completion.audio_tokens) ?? 0
  if (heard === 0 && spoken === 0) return null
  return { ...(heard > 0 && { audioInputTokens: heard }), ...(spoken > 0 && { audioOutputTokens: spoken }) }
}

/** What a provider calls the service tier it answered by; null for the usual one, undefined for no word about it. */
export const serviceOf = (word: unknown): ServiceTier | null | undefined => {
  const text = asText(word)
  return text === undefined ? undefined : (ServiceTier.options.find((tier) => tier === text) ?? null)
}

// Some providers count reasoning beside the completion instead of inside it; their total gives them away.
function outputOf(prompt: number, completion: number, reasoning: number, total: number | undefined): number {
  const beside = reasoning > completion || (reasoning > 0 && total === prompt + completion + reasoning)
  return beside ? completion + reasoning : completion
}

/**
 * `usage` of an Anthropic answer or event, whose `input_tokens` exclude both kinds of cache.
 * A `message_delta` repeats cumulative counts and leaves out what did not change, so it is read over what came `before`.
 */
export function usageFromAnthropic(usage: unknown, before: Usage | null = null): Usage | null {
  if (!isRecord(usage)) return before
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === undefined && output === undefined && before === null) return null
  const outputTokens = output ?? before?.outputTokens ?? 0
  const thinking = asCount(asRecord(usage.output_tokens_details).thinking_tokens)
  return {
    inputTokens: input ?? before?.inputTokens ?? 0,
    cachedTokens: asCount(usage.cache_read_input_tokens) ?? before?.cachedTokens ?? 0,
    cacheWriteTokens: asCount(usage.cache_creation_input_tokens) ?? before?.cacheWriteTokens ?? 0,
    outputTokens,
    reasoningTokens: Math.min(thinking ?? before?.reasoningTokens ?? 0, outputTokens),
    source: 'reported',
    ...specialOf(usage, before),
  }
}

/** What is kept for an hour and how urgently it was answered, where that is said. */
const specialOf = (usage: Json, before: Usage | null): Pick<Usage, 'cacheWrite1hTokens' | 'service'> | null => {
  const hour = asCount(asRecord(usage.cache_creation).ephemeral_1h_input_tokens) ?? before?.cacheWrite1hTokens ?? 0
  const service = serviceOf(usage.service_tier) ?? before?.service
  if (hour === 0 && !service) return null
  return { ...(hour > 0 && { cacheWrite1hTokens: hour }), ...(service && { service }) }
}

export function usageToOpenai(usage: Usage): Json {
  const prompt = usage.inputTokens + usage.cachedTokens + usage.cacheWriteTokens
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: present({
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens || undefined,
    }),
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

export function usageToAnthropic(usage: Usage): Json {
  return present({
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens > 0 ? { thinking_tokens: usage.reasoningTokens } : undefined,
  })
}

/** What two calls used together, for one answer. */
export const usageTogether = (one: Usage, other: Usage): Usage => {
  const sum = (of: (usage: Usage) => number | undefined) => (of(one) ?? 0) + (of(other) ?? 0)
  const hour = sum((usage) => usage.cacheWrite1hTokens)
  const heard = sum((usage) => usage.audioInputTokens)
  const spoken = sum((usage) => usage.audioOutputTokens)
  return {
    inputTokens: sum((usage) => usage.inputTokens),
    cachedTokens: sum((usage) => usage.cachedTokens),
    cacheWriteTokens: sum((usage) => usage.cacheWriteTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    reasoningTokens: sum((usage) => usage.reasoningTokens),
    source: one.source === 'reported' ? other.source : 'estimated',
    ...(hour > 0 && { cacheWrite1hTokens: hour }),
    ...(heard > 0 && { audioInputTokens: heard }),
    ...(spoken > 0 && { audioOutputTokens: spoken }),
    ...(other.service !== undefined && { service: other.service }),
    ...(other.units && { units: other.units }),
  }
}

export const estimatedUsage = (inputTokens: number, outputTokens: number): Usage => ({
  inputTokens,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens,
  reasoningTokens: 0,
  source: 'estimated',
})
