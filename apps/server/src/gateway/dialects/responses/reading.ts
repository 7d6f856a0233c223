/** How responses of a provider that has them are read while they pass. */
import type { Reading } from '../dialect.ts'
import { readStreamError } from '../errors.ts'
import { asCount, asRecord, isRecord, type Json, parseJson } from '../json.ts'
import { createSseParser, type SseEvent } from '../sse.ts'
import type { Usage } from '../usage.ts'
import { generatedIn, served, type UsageReader } from '../usage-reader.ts'

export const responsesReading: Reading = {
  streamType: 'text/event-stream',
  createParser: () => createSseParser(),
  usageOfAnswer: (body) => usageOf(asRecord(parseJson(body.toString('utf8')))),
  createUsageReader,
  readStreamError(event) {
    if (nameOf(event) !== 'response.failed') return readStreamError(event.event, event.data)
    const { error } = asRecord(asRecord(parseJson(event.data)).response)
    return readStreamError('error', JSON.stringify({ error }))
  },
  isLast: (event) => lasts.has(nameOf(event)),
  finishes: null,
}

const lasts = new Set(['response.completed', 'response.incomplete'])

/** Every event names itself twice, and some servers once. */
export const nameOf = ({ event, data }: Pick<SseEvent, 'event' | 'data'>): string =>
  event ?? /"type"\s*:\s*"([\w.]+)"/.exec(data)?.[1] ?? ''

const usageOf = (response: Json): Usage | null => served(usageFromResponses(response.usage), response.service_tier)

/** `usage` of a response, whose `input_tokens` include the cached ones. */
function usageFromResponses(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === undefined && output === undefined) return null
  const details = asRecord(usage.input_tokens_details)
  const cached = asCount(details.cached_tokens) ?? 0
  const written = asCount(details.cache_write_tokens) ?? 0
  const reasoning = asCount(asRecord(usage.output_tokens_details).reasoning_tokens) ?? 0
  return {
    inputTokens: Math.max(0, (input ?? 0) - cached - written),
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output ?? 0,
    reasoningTokens: Math.min(reasoning, output ?? 0),
    source: 'reported',
  }
}

function createUsageReader(): UsageReader {
  let usage: Usage | null = null
  let bytes = 0
  return {
    read(event) {
      const name = nameOf(event)
      if (name.endsWith('.delta')) bytes += generatedIn(event.data, deltaKeys)
      else if (lasts.has(name)) usage = usageOf(asRecord(asRecord(parseJson(event.data)).response)) ?? usage
    },
    usage: () => usage,
    generatedBytes: () => bytes,
  }
}

const deltaKeys = ['"delta":']
