import type { Explanation } from '@cockpit/contract/explain'
import { decimalOf, usdOf } from '@cockpit/contract/money'
import { PriceDimensions, type Prices } from '@cockpit/contract/prices'
import { type RequestDetail, type RequestRow, TraceSpan } from '@cockpit/contract/usage'
import { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import { concealed, explanationOf } from '@cockpit/policy'
import { z } from 'zod'
import type { Exported } from './feed.ts'
import type { FiguresRecord, RequestRecord, SeriesRecord, StoredContent, StoredDetail } from './repository.ts'

/** The part of a trace that is stored with each request. */
const StoredTrace = z.object({
  steps: UsageRecord.shape.steps,
  spans: z.array(TraceSpan),
  verdicts: UsageRecord.shape.verdicts,
  figures: UsageRecord.shape.figures,
  droppedFields: z.array(z.string()),
  units: UsageRecord.shape.units,
  service: UsageRecord.shape.service,
  traceparent: z.string().optional(),
})

export const toRow = (row: RequestRecord): RequestRow => ({
  id: row.id,
  at: row.at.toISOString(),
  account: { id: row.account_id, name: row.account_name ?? row.account_id },
  status: row.status,
  httpStatus: row.http_status,
  errorCode: row.error_code,
  dialect: row.dialect,
  operation: row.operation,
  stream: row.stream,
  model: row.model,
  // a tenant cannot see the platform's connections, only that one was used
  connection: row.connection_id
    ? { id: row.connection_id, name: row.connection_name ?? 'Platform', kind: row.connection_kind ?? 'platform' }
    : null,
  key: { id: row.key_id, name: row.key_name ?? row.key_id },
  user: named(row.user_id ?? row.service_account_id, row.user_name),
  team: named(row.team_id, row.team_name),
  org: named(row.org_id, row.org_name),
  tokens: {
    input: Number(row.input_tokens),
    cachedInput: Number(row.cached_tokens),
    cacheWrite: Number(row.cache_write_tokens),
    output: Number(row.output_tokens),
    reasoning: Number(row.reasoning_tokens),
    source: row.usage_source,
  },
  cost: usdOf(row.cost_micros),
  credits: decimalOf(row.credit_micros),
  ttftMs: row.ttft_ms,
  durationMs: row.duration_ms,
  attempts: row.attempts,
})

export const toFigures = (row: FiguresRecord) => ({
  credits: decimalOf(row.credit_micros),
  inputTokens: Number(row.input_tokens),
  outputTokens: Number(row.output_tokens),
  ttftMs: row.ttft_ms,
  durationMs: row.duration_ms,
})

export const planOf = (row: { plan: unknown }): TracePlan => TracePlan.parse(row.plan)

/** `hides`: the connections whose names are not the reader's to know. */
export const toDetail = (
  row: RequestRecord & StoredDetail,
  { hides, readsContent }: { hides: (connectionId: string) => boolean; readsContent: boolean },
): RequestDetail => {
  const trace = StoredTrace.parse(row.trace)
  const plan = concealed(planOf(row), hides)
  const message = row.error_message === null ? null : plan.say(row.error_message)
  return {
    ...toRow(row),
    errorMessage: message,
    explanation: explanationFrom({ ...row, error_message: message }, plan.trace, trace),
    spans: trace.spans.map((span) => ({ ...span, detail: span.detail === null ? null : plan.say(span.detail) })),
    verdicts: trace.verdicts ?? [],
    price:
      row.price_version === null
        ? null
        : { version: row.price_version, factor: Number(row.factor).toString(), perMillion: ratesOf(row) },
    droppedFields: trace.droppedFields,
    units: trace.units ?? [],
    service: trace.service ?? null,
    content: readsContent ? contentOf(row) : null,
    contentWithheld: !readsContent && row.request !== null,
  }
}

/** The part of it that exporters tell, each request of it: what they leave out is not looked at. */
const ExportedTrace = z.object({
  spans: z.array(TraceSpan.omit({ detail: true })),
  traceparent: StoredTrace.shape.traceparent,
})

/** As exporters tell it. */
export const toExported = (row: RequestRecord & StoredContent): Exported => {
  const { spans, traceparent = null } = ExportedTrace.parse(row.trace)
  return {
    ...toRow(row),
    spans,
    traceparent,
    content: contentOf(row),
  }
}

const contentOf = ({ request, response, truncated }: StoredContent): RequestDetail['content'] =>
  request === null ? null : { request, response: response ?? '', truncated: truncated ?? false }

// a micro-dollar for a million tokens is a pico-dollar a token, so the digits are the same
const ratesOf = (row: StoredDetail): Prices | null => {
  const rate = (pico: bigint | null) => (pico === null ? null : decimalOf(pico))
  return row.input_pico === null || row.output_pico === null
    ? null
    : {
        input: decimalOf(row.input_pico),
        output: decimalOf(row.output_pico),
        cachedInput: rate(row.cached_input_pico),
        cacheWrite: rate(row.cache_write_pico),
        reasoning: rate(row.reasoning_pico),
        ...PriceDimensions.parse(row.dimensions),
      }
}

const explanationFrom = (row: RequestRecord, plan: TracePlan, trace: z.infer<typeof StoredTrace>): Explanation =>
  explanationOf({
    trace: plan,
    model: row.model,
    steps: trace.steps,
    figures: trace.figures.map(({ nodeId, limit, held, settled, remaining }) => ({
      nodeId,
      limit: BigInt(limit),
      held: BigInt(held),
      settled: BigInt(settled),
      ...(remaining !== undefined && { remaining: BigInt(remaining) }),
    })),
    denied:
      row.status === 'denied'
        ? { code: row.error_code ?? 'denied', message: row.error_message ?? 'The call was refused.' }
        : null,
    at: row.at.getTime(),
  })

const named = (id: string | null, name: string | null) => (id ? { id, name: name ?? id } : null)

const stepsSeconds = [60, 300, 900, 3_600, 21_600, 86_400, 604_800]
const pointsMax = 200

/** The finest step that keeps a range under 200 points; below an hour only for at most two days, as those read the log. */
export const stepFor = (from: Date, to: Date): number => {
  const seconds = (to.getTime() - from.getTime()) / 1000
  return stepsSeconds.find((step) => seconds / step <= pointsMax && (step >= 3_600 || seconds <= 172_800)) ?? 604_800
}

/** One point a step, with zeros where nothing happened: an empty minute is a fact, not a gap. */
export const filled = (rows: readonly SeriesRecord[], from: Date, to: Date, stepSeconds: number) => {
  const byInstant = new Map(rows.map((row) => [row.at.getTime(), row]))
  const stepMs = stepSeconds * 1000
  const points = []
  for (let at = Math.floor(from.getTime() / stepMs) * stepMs; at < to.getTime(); at += stepMs) {
    const row = byInstant.get(at)
    points.push({
      at: new Date(at).toISOString(),
      requests: Number(row?.requests ?? 0),
      errors: Number(row?.errors ?? 0),
      inputTokens: Number(row?.input_tokens ?? 0),
      outputTokens: Number(row?.output_tokens ?? 0),
      credits: decimalOf(BigInt(row?.credit_micros ?? 0)),
      cost: usdOf(BigInt(row?.cost_micros ?? 0)),
    })
  }
  return points
}
