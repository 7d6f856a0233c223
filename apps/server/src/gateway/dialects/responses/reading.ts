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
    const told = asRecord(parseJson(event.data))
    // some servers put it into the response, as the reference has it, and some beside
    const error = asRecord(told.response).error ?? told.error
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

/** `usage` of a response, whose `input_tokens` include the cached ones unless its total tells otherwise. */
export function usageFromResponses(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === undefined && output === undefined) return null
  const details = asRecord(usage.input_tokens_details)
  const cached = asCount(details.cached_tokens) ?? asCount(details.cache_read_input_tokens) ?? 0
  const written = asCount(details.cache_write_tokens) ?? asCount(details.cache_creation_input_tokens) ?? 0
  const beside = asCount(usage.total_tokens) === (input ?? 0) + cached + written + (output ?? 0)
  const searches = searchesIn(usage)
  const reasoning = asCount(asRecord(usage.output_tokens_details).reasoning_tokens) ?? 0
  return {
    inputTokens: beside ? (input ?? 0) : Math.max(0, (input ?? 0) - cached - written),
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output ?? 0,
    reasoningTokens: Math.min(reasoning, output ?? 0),
    source: 'reported',
    ...(searches > 0 && { units: [{ unit: 'search', quantity: searches }] }),
  }
}

/** How often it searched the web, where a provider tells its own tools apart. */
const searchesIn = (usage: Json): number =>
  Object.entries(asRecord(usage.tool_calls_details)).reduce(
    (sum, [tool, told]) => sum + (tool.includes('search') ? (asCount(asRecord(told).invocation) ?? 0) : 0),
    0,
  )

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
