/** What this process did since it started, in figures for Prometheus. A call costs one look-up and a few additions. */
import type { Call } from './call.ts'
import type { DialectId, Usage } from './dialects/index.ts'
import { verdictsOf } from './guards/index.ts'
import type { PlanEntry } from './plans.ts'
import type { Operation } from './providers/index.ts'
import type { Outcome } from './record.ts'

/** Seconds. */
const durationBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
const firstByteBounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

type Labels = Record<string, string>
type Histogram = { bounds: readonly number[]; counts: Float64Array; sum: number }
type Series = {
  labels: Labels
  codes: Map<string, number>
  retries: number
  creditMicros: number
  usage: Usage
  duration: Histogram
  firstByte: Histogram
}

export const createMetrics = () => {
  const all = new Map<string, Series>()
  const verdicts = new Map<string, { labels: Labels; count: number }>()
  const refusals = new Map<string, { labels: Labels; count: number }>()

  const seriesOf = (model: string, provider: string, operation: Operation, dialect: DialectId): Series => {
    const key = `${operation}|${dialect}|${provider}|${model}`
    const known = all.get(key)
    if (known) return known
    const fresh: Series = {
      labels: { model, provider, operation, dialect },
      codes: new Map(),
      retries: 0,
      creditMicros: 0,
      usage: { ...nothingUsed },
      duration: histogram(durationBounds),
      firstByte: histogram(firstByteBounds),
    }
    all.set(key, fresh)
    return fresh
  }

  /** What calls of one plan were counted into last, by what else names a series. */
  const lastSeries = new WeakMap<
    PlanEntry,
    { provider: string; operation: Operation; dialect: DialectId; series: Series }
  >()

  const seriesFor = (call: Call, provider: string): Series => {
    const { entry, operation, dialect } = call
    const last = entry && lastSeries.get(entry)
    if (last && last.provider === provider && last.operation === operation && last.dialect === dialect)
      return last.series
    const series = seriesOf(entry?.plan.model?.name ?? serverOf(call), provider, operation, dialect)
    // of tools the plan does not name the server
    if (entry?.plan.model) lastSeries.set(entry, { provider, operation, dialect, series })
    return series
  }

  const judged = (call: Call) => {
    for (const { check, direction, action } of verdictsOf(call)) {
      const key = `${check}|${direction}|${action}`
      const known = verdicts.get(key)
      if (known) known.count++
      else verdicts.set(key, { labels: { check, direction, action }, count: 1 })
    }
  }

  return {
    /** A call that is on record. Models are named as the catalog has them, so callers cannot invent series. */
    settled(call: Call, outcome: Outcome, tookMs: number, creditMicros: bigint): void {
      const { status, errorCode, usage, deployment } = outcome
      const series = seriesFor(call, deployment?.target.provider.id ?? '')
      const code = errorCode ?? status
      series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
      if (call.attempts > 1) series.retries += call.attempts - 1
      series.creditMicros += Number(creditMicros)
      if (usage) add(series.usage, usage)
      observe(series.duration, tookMs / 1000)
      if (call.firstByteAt !== null) observe(series.firstByte, call.firstByteAt / 1000)
      if (call.inspections !== null) judged(call)
    },
    /** A call that was turned away before it was known whose it is or what it asks for. */
    refused({ operation, dialect }: Call, code: string): void {
      const key = `${operation}|${dialect}|${code}`
      const known = refusals.get(key)
      if (known) known.count++
      else refusals.set(key, { labels: { operation, dialect, code }, count: 1 })
    },
    /** In the text format 0.0.4. `gauges`: what is so at this moment, by name and explanation. */
    text(gauges: readonly Gauge[]): string {
      const series = [...all.values()]
      const counted = (value: (one: Series) => number): Sample[] =>
        series.map((one) => ({ labels: one.labels, value: value(one) }))
      return [
        family('cockpit_calls_total', 'counter', 'Calls on record, by how they ended', [
          ...series.flatMap(({ labels, codes }) =>
            [...codes].map(([code, value]) => ({ labels: { ...labels, code }, value })),
          ),
        ]),
        family(
          'cockpit_calls_refused_total',
          'counter',
          'Calls turned away before they were on record',
          [...refusals.values()].map(({ labels, count }) => ({ labels, value: count })),
        ),
        family(
          'cockpit_retries_total',
          'counter',
          'Attempts beyond the first',
          counted(({ retries }) => retries),
        ),
        family(
          'cockpit_tokens_total',
          'counter',
          'Tokens that calls used',
          series.flatMap(({ labels, usage }) =>
            tokenTypes.map(([type, field]) => ({ labels: { ...labels, type }, value: usage[field] })),
          ),
        ),
        family(
          'cockpit_credits_total',
          'counter',
          'Credits that calls cost',
          counted((one) => one.creditMicros / 1e6),
        ),
        family(
          'cockpit_guardrail_verdicts_total',
          'counter',
          'Calls in which a check of a guardrail found something',
          [...verdicts.values()].map(({ labels, count }) => ({ labels, value: count })),
        ),
        histograms('cockpit_call_duration_seconds', 'From arrival to the end of the answer', series, 'duration'),
        histograms('cockpit_first_byte_seconds', 'From arrival to the first byte of the answer', series, 'firstByte'),
        ...gauges.map(({ name, help, value }) => family(name, 'gauge', help, [{ labels: {}, value }])),
      ].join('')
    },
  }
}
/** Callers may invent names of tools, and none of servers. */
export const serverOf = ({ operation, model }: Call): string =>
  operation === 'mcp.tool' ? model.slice(0, model.lastIndexOf('/')) : ''

export type Metrics = ReturnType<typeof createMetrics>

export type Gauge = { name: string; help: string; value: number }
type Sample = { name?: string; labels: Labels; value: number }

const nothingUsed: Usage = {
  ...{ inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  source: 'reported',
}
/** Reasoning is part of the output and not another kind of token. */
const tokenTypes = [
  ['input', 'inputTokens'],
  ['cached_input', 'cachedTokens'],
  ['cache_write', 'cacheWriteTokens'],
  ['output', 'outputTokens'],
] as const

const add = (sum: Usage, used: Usage): void => {
  for (const [, field] of tokenTypes) sum[field] += used[field]
}

const histogram = (bounds: readonly number[]): Histogram => ({
  bounds,
  counts: new Float64Array(bounds.length + 1),
  sum: 0,
})

const observe = (into: Histogram, seconds: number): void => {
  let at = 0
  while (at < into.bounds.length && seconds > (into.bounds[at] ?? 0)) at++
  into.counts[at] = (into.counts[at] ?? 0) + 1
  into.sum += seconds
}

const histograms = (name: string, help: string, all: readonly Series[], which: 'duration' | 'firstByte'): string =>
  family(
    name,
    'histogram',
    help,
    all.flatMap(({ labels, [which]: { bounds, counts, sum } }) => {
      let below = 0
      const buckets = [...counts].map((count, at) => {
        below += count
        return { name: `${name}_bucket`, labels: { ...labels, le: String(bounds[at] ?? '+Inf') }, value: below }
      })
      return [...buckets, { name: `${name}_sum`, labels, value: sum }, { name: `${name}_count`, labels, value: below }]
    }),
  )

/** One figure with all its series, in the text format of Prometheus. */
export const family = (name: string, type: string, help: string, samples: readonly Sample[]): string => {
  const lines = samples.map((one) => `${one.name ?? name}${labelsOf(one.labels)} ${one.value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

const labelsOf = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
