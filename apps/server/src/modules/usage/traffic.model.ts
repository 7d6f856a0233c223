import {
  type TrafficBy,
  type TrafficPart,
  type TrafficPicture,
  type TrafficPoint,
  type TrafficSums,
  trafficRest,
  trafficStepSeconds,
} from '@cockpit/contract/traffic'
import { busiest, quantileOf, type TrafficDimension, TrafficTotals } from '@cockpit/policy'
import type { SeenTraffic } from './traffic.repository.ts'

const stepMs = trafficStepSeconds * 1_000
/** A process that said nothing for so long is gone, and its streams with it. */
const silentMs = 4_000
const partsMax = 20
const reasonsMax = 10
const timesMs = 60_000

export const dimensionOf: Readonly<Record<TrafficBy, TrafficDimension>> = {
  model: 'models',
  connection: 'connections',
  key: 'keys',
  account: 'accounts',
}

type Asked = { minutes: number; by: TrafficBy; now: number }
/** Points that begin before it are known to the reader already; all are wanted for 0. */
type Since = number

/** Twelve points a minute of a short range and one of a long one: sixty in each. */
export const stepSecondsOf = (minutes: number): number => minutes

/** `named`: names of ids; what has none there is not the reader's to know. */
export const pictureOf = (
  rows: readonly SeenTraffic[],
  { minutes, by, now }: Asked,
  since: Since,
  named: (id: string) => string,
): TrafficPicture => {
  const pointMs = stepSecondsOf(minutes) * 1_000
  const start = floored(now - minutes * 60_000, pointMs) + pointMs
  const range = rows.filter(({ at }) => at >= start)
  const whole = totalsOf(range)
  const lately = floored(now, stepMs) - 2 * stepMs
  const rates = totalsOf(range.filter(({ at }) => at >= lately)).all
  const seconds = (now - lately) / 1_000
  const perSecond = (count: number) => rounded(count / seconds)
  return {
    at: new Date(now).toISOString(),
    ...{ minutes, by, stepSeconds: pointMs / 1_000 },
    now: {
      requestsPerSecond: perSecond(rates.requests),
      errorsPerSecond: perSecond(rates.errors),
      tokensPerSecond: perSecond(rates.inputTokens + rates.outputTokens),
      creditsPerMinute: rounded((rates.creditMicros / 1e6 / seconds) * 60),
      ...timesOf(totalsOf(range.filter(({ at }) => at >= now - timesMs)).all),
    },
    openStreams: streamsOf(rows, now),
    points: pointsOf(range, { start: Math.max(start, floored(since, pointMs)), now, pointMs }),
    parts: busiest(whole.parts[dimensionOf[by]], partsMax).map(
      ([id, sums]): TrafficPart => ({
        ...{ id, name: id === '' || id === trafficRest ? '' : named(id) },
        ...countsOf(sums),
        ...timesOf(sums),
      }),
    ),
    reasons: [...whole.reasons]
      .map(([code, count]) => ({ code, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, reasonsMax),
  }
}

const totalsOf = (rows: readonly SeenTraffic[]): TrafficTotals => {
  const totals = new TrafficTotals()
  for (const { body } of rows) totals.addBody(body)
  return totals
}

const pointsOf = (
  rows: readonly SeenTraffic[],
  { start, now, pointMs }: { start: number; now: number; pointMs: number },
): TrafficPoint[] => {
  const byPoint = Map.groupBy(rows, ({ at }) => floored(at, pointMs))
  const points: TrafficPoint[] = []
  for (let at = start; at <= now; at += pointMs) {
    const { all } = totalsOf(byPoint.get(at) ?? [])
    const seconds = Math.min(pointMs, now - at) / 1_000
    points.push({ at: new Date(at).toISOString(), seconds, ...countsOf(all), ...timesOf(all) })
  }
  return points
}

/** Each process by what it said last. */
const streamsOf = (rows: readonly SeenTraffic[], now: number): number => {
  const last = new Map<string, SeenTraffic>()
  for (const row of rows) {
    const known = last.get(row.processId)
    if (row.updatedAt > now - silentMs && (!known || known.at < row.at)) last.set(row.processId, row)
  }
  return [...last.values()].reduce((sum, { openStreams }) => sum + openStreams, 0)
}

const countsOf = ({ requests, errors, inputTokens, outputTokens, creditMicros }: TrafficSums) => ({
  ...{ requests, errors, inputTokens, outputTokens },
  credits: creditMicros / 1e6,
})

const timesOf = ({ durations, firstBytes }: TrafficSums) => ({
  p50Ms: quantileOf(durations, 0.5),
  p95Ms: quantileOf(durations, 0.95),
  ttftP50Ms: quantileOf(firstBytes, 0.5),
  ttftP95Ms: quantileOf(firstBytes, 0.95),
})

const floored = (at: number, ms: number) => at - (at % ms)
const rounded = (value: number) => Math.round(value * 1_000) / 1_000
