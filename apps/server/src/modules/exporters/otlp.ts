/** Requests in the words of OpenTelemetry's GenAI semantic conventions, as OTLP writes them in JSON. */
import { createHash } from 'node:crypto'
import { spanIdOf, traceContextOf } from '@cockpit/contract/trace-context'
import type { ExportedRequest } from './port.ts'

type Value = { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean }
type Attribute = { key: string; value: Value }
type Plain = string | number | boolean | null | undefined

const scope = { name: 'cockpit.gateway' }
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cockpit' } }] }
const spanKind = { internal: 1, client: 3 }
const statusCode = { ok: 1, error: 2 }

export const tracesOf = (requests: readonly ExportedRequest[], { langfuse = false } = {}) => ({
  resourceSpans:
    requests.length === 0
      ? []
      : [{ resource, scopeSpans: [{ scope, spans: requests.flatMap((request) => spansOf(request, langfuse)) }] }],
})

/** The span of a call, and one for each part of it that took time. */
const spansOf = (request: ExportedRequest, langfuse: boolean) => {
  const { traceId, parentSpanId } = contextOf(request)
  const spanId = spanIdOf(request.id)
  const startMs = Date.parse(request.at)
  const root = {
    ...{ traceId, spanId, ...(parentSpanId && { parentSpanId }), kind: spanKind.client },
    name: `${request.operation} ${request.model}`,
    ...timesOf(startMs, 0, request.durationMs),
    attributes: attributesOf({ ...wordsOf(request), ...(langfuse ? langfuseWordsOf(request) : textsOf(request)) }),
    status:
      request.status === 'ok'
        ? { code: statusCode.ok }
        : { code: statusCode.error, message: request.errorCode ?? request.status },
  }
  const parts = request.spans.map((part, place) => ({
    ...{ traceId, spanId: spanIdOf(`${request.id}/${place}`), parentSpanId: spanId, kind: spanKind.internal },
    name: part.name,
    ...timesOf(startMs, part.startMs, part.durationMs),
    attributes: [],
    status: { code: part.ok ? statusCode.ok : statusCode.error },
  }))
  return [root, ...parts]
}

const wordsOf = ({ tokens, ...request }: ExportedRequest): Record<string, Plain> => ({
  'gen_ai.operation.name': request.operation,
  'gen_ai.provider.name': request.connection?.kind,
  'gen_ai.request.model': request.model,
  'gen_ai.usage.input_tokens': tokens.input + tokens.cachedInput + tokens.cacheWrite,
  'gen_ai.usage.output_tokens': tokens.output,
  'gen_ai.usage.cache_read.input_tokens': tokens.cachedInput || undefined,
  'gen_ai.usage.cache_creation.input_tokens': tokens.cacheWrite || undefined,
  'error.type': request.status === 'ok' ? undefined : (request.errorCode ?? request.status),
  'http.response.status_code': request.httpStatus,
  'user.id': request.user?.id,
  'cockpit.request.id': request.id,
  'cockpit.account.id': request.account.id,
  'cockpit.key.id': request.key.id,
  'cockpit.team.id': request.team?.id,
  'cockpit.org.id': request.org?.id,
  'cockpit.attempts': request.attempts,
  'cockpit.stream': request.stream,
  'cockpit.time_to_first_byte_ms': request.ttftMs ?? undefined,
  'cockpit.usage.source': tokens.source,
  'cockpit.cost.usd': Number(request.cost),
  'cockpit.credits': Number(request.credits),
})

const textsOf = ({ content }: ExportedRequest): Record<string, Plain> => ({
  'cockpit.request.body': content?.request,
  'cockpit.response.body': content?.response,
})

const langfuseWordsOf = ({ content, user, cost, team }: ExportedRequest): Record<string, Plain> => ({
  'langfuse.observation.type': 'generation',
  'langfuse.user.id': user?.id,
  'langfuse.trace.metadata.team': team?.name,
  'langfuse.observation.cost_details': JSON.stringify({ total: Number(cost) }),
  'langfuse.observation.input': content?.request,
  'langfuse.observation.output': content?.response,
})

/** The trace the caller is in, or one of its own. */
const contextOf = ({ id, traceparent }: ExportedRequest): { traceId: string; parentSpanId: string | null } => {
  const known = traceContextOf(traceparent)
  if (known) return known
  return { traceId: createHash('sha256').update(id).digest('hex').slice(0, 32), parentSpanId: null }
}

const nanos = (ms: number) => String(BigInt(Math.round(ms * 1_000)) * 1_000n)
const timesOf = (baseMs: number, startMs: number, durationMs: number) => ({
  startTimeUnixNano: nanos(baseMs + startMs),
  endTimeUnixNano: nanos(baseMs + startMs + durationMs),
})

function attributesOf(words: Record<string, Plain>): Attribute[] {
  return Object.entries(words).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: typed(value) }],
  )
}
const typed = (value: string | number | boolean): Value => {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** As the conventions advise. */
const tokenBounds = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]
const secondBounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]

type Point = { words: Record<string, Plain>; value: number; atMs: number }

/** What each batch adds: histograms of the tokens and of the time that calls took. */
export const metricsOf = (requests: readonly ExportedRequest[]) => {
  if (requests.length === 0) return { resourceMetrics: [] }
  const tokens: Point[] = []
  const seconds: Point[] = []
  for (const request of requests) {
    const all = wordsOf(request)
    const atMs = Date.parse(request.at) + request.durationMs
    const words = Object.fromEntries(metricWords.map((word) => [word, all[word]]))
    seconds.push({ words, value: request.durationMs / 1_000, atMs })
    if (request.tokens.source === 'none') continue
    for (const type of ['input', 'output'] as const)
      tokens.push({
        words: { ...words, 'gen_ai.token.type': type },
        value: Number(all[`gen_ai.usage.${type}_tokens`]),
        atMs,
      })
  }
  const metrics = [
    { name: 'gen_ai.client.token.usage', unit: '{token}', histogram: histogramOf(tokens, tokenBounds) },
    { name: 'gen_ai.client.operation.duration', unit: 's', histogram: histogramOf(seconds, secondBounds) },
  ]
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }
}
const metricWords = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'error.type']

const histogramOf = (points: readonly Point[], bounds: readonly number[]) => ({
  // delta: each batch stands for itself
  aggregationTemporality: 1,
  dataPoints: [...Map.groupBy(points, ({ words }) => JSON.stringify(words)).values()].map((same) => {
    const values = same.map(({ value }) => value)
    const times = same.map(({ atMs }) => atMs)
    const counts = [...bounds, Number.POSITIVE_INFINITY].map(
      (bound, place) => values.filter((value) => value <= bound && value > (bounds[place - 1] ?? -1)).length,
    )
    return {
      attributes: attributesOf(same[0]?.words ?? {}),
      startTimeUnixNano: nanos(Math.min(...times)),
      timeUnixNano: nanos(Math.max(...times)),
      ...{ count: String(values.length), sum: values.reduce((sum, value) => sum + value, 0) },
      ...{ min: Math.min(...values), max: Math.max(...values) },
      ...{ bucketCounts: counts.map(String), explicitBounds: bounds },
    }
  }),
})
