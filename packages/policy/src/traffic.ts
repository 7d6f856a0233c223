/** Sums of traffic: how they are counted by gateways, put together from many of them, and read. */
import { type TrafficBody, type TrafficSums, trafficNamesMax, trafficRest } from '@cockpit/contract/traffic'

type Sketch = TrafficSums['durations']

/** Buckets of time, each a tenth wider than the one before. */
const growth = Math.log(1.1)
const bucketOf = (ms: number): number => (ms <= 1 ? 0 : Math.ceil(Math.log(ms) / growth))
/** At most a twentieth from whatever fell into it. */
const middleOf = (bucket: number): number => (bucket === 0 ? 1 : Math.exp((bucket - 0.5) * growth))

export const observeTime = (sketch: Sketch, ms: number): void => {
  const bucket = bucketOf(ms)
  sketch[bucket] = (sketch[bucket] ?? 0) + 1
}

/** The time that this share of them stayed below, in milliseconds; null for none at all. */
export const quantileOf = (sketch: Sketch, share: number): number | null => {
  // keys that are whole numbers stand in their order
  const buckets = Object.entries(sketch)
  const wanted = buckets.reduce((sum, [, count]) => sum + count, 0) * share
  let below = 0
  for (const [bucket, count] of buckets) {
    below += count
    if (below >= wanted) return Math.round(middleOf(Number(bucket)) * 10) / 10
  }
  return null
}

export const noTraffic = (): TrafficSums => ({
  ...{ requests: 0, errors: 0, inputTokens: 0, outputTokens: 0, creditMicros: 0 },
  ...{ durations: {}, firstBytes: {} },
})

export const addTraffic = (into: TrafficSums, sums: TrafficSums): void => {
  into.requests += sums.requests
  into.errors += sums.errors
  into.inputTokens += sums.inputTokens
  into.outputTokens += sums.outputTokens
  into.creditMicros += sums.creditMicros
  addSketch(into.durations, sums.durations)
  addSketch(into.firstBytes, sums.firstBytes)
}

const addSketch = (into: Sketch, sketch: Sketch): void => {
  for (const [bucket, count] of Object.entries(sketch)) into[bucket] = (into[bucket] ?? 0) + count
}

/** Names in these come from people, so they are keys of maps and not of objects. */
export class TrafficTotals {
  readonly all = noTraffic()
  readonly parts = { models: new Map(), connections: new Map(), keys: new Map(), accounts: new Map() } as Readonly<
    Record<TrafficDimension, Map<string, TrafficSums>>
  >
  readonly reasons = new Map<string, number>()

  add(sums: TrafficSums, names: Partial<Record<TrafficDimension, string>>, reasons: ReadonlyMap<string, number>): void {
    addTraffic(this.all, sums)
    for (const dimension of trafficDimensions) {
      const name = names[dimension]
      if (name !== undefined) addTraffic(partOf(this.parts[dimension], name), sums)
    }
    for (const [code, count] of reasons) this.refused(code, count)
  }

  refused(code: string, count: number): void {
    this.reasons.set(code, (this.reasons.get(code) ?? 0) + count)
  }

  addBody(body: TrafficBody): void {
    addTraffic(this.all, body.all)
    for (const dimension of trafficDimensions)
      for (const [name, sums] of Object.entries(body[dimension])) addTraffic(partOf(this.parts[dimension], name), sums)
    for (const [code, count] of Object.entries(body.reasons)) this.refused(code, count)
  }

  /** The busiest of each by name. */
  body(): TrafficBody {
    const named = (dimension: TrafficDimension) => Object.fromEntries(busiest(this.parts[dimension], trafficNamesMax))
    return {
      all: this.all,
      ...{ models: named('models'), connections: named('connections') },
      ...{ keys: named('keys'), accounts: named('accounts') },
      reasons: Object.fromEntries(this.reasons),
    }
  }
}

export type TrafficDimension = 'models' | 'connections' | 'keys' | 'accounts'
const trafficDimensions: readonly TrafficDimension[] = ['models', 'connections', 'keys', 'accounts']

/** The busiest first; all others together stand last. */
export const busiest = (
  parts: ReadonlyMap<string, TrafficSums>,
  max: number,
): readonly (readonly [string, TrafficSums])[] => {
  const named = [...parts].filter(([name]) => name !== trafficRest).sort(([, a], [, b]) => b.requests - a.requests)
  const rest = noTraffic()
  for (const [, sums] of named.splice(max)) addTraffic(rest, sums)
  const known = parts.get(trafficRest)
  if (known) addTraffic(rest, known)
  return rest.requests === 0 ? named : [...named, [trafficRest, rest]]
}

const partOf = (parts: Map<string, TrafficSums>, name: string): TrafficSums => {
  const known = parts.get(name)
  if (known) return known
  const fresh = noTraffic()
  parts.set(name, fresh)
  return fresh
}
