/** Requests and tokens per minute, and calls at once: one bucket a scope and unit. What is a minute's refills continuously. */
import type { RateFigure, RateScope } from '@cockpit/policy'

type Unit = RateFigure['unit']
type Bucket = { scope: RateScope; unit: Unit; limit: number; level: number; at: number }

const minuteMs = 60_000

/** The buckets one kind of call passes. */
export type RateGate = readonly Bucket[]

/** What a call took, so that its tokens can be corrected once they are known. */
export type RateTicket = { readonly gate: RateGate; readonly tokens: number; readonly opens: boolean }

export const createLimits = () => {
  const buckets = new Map<string, Bucket>()

  /** A bucket outlives snapshots: publishing a change must not refill it. */
  const bucketOf = (scope: RateScope, unit: Unit, limit: number, now: number): Bucket => {
    const name = scope.limitId === undefined ? `${scope.type}:${scope.id}:${unit}` : `${scope.limitId}:${unit}`
    const known = buckets.get(name)
    if (!known) {
      const fresh = { scope, unit, limit, level: limit, at: now }
      buckets.set(name, fresh)
      return fresh
    }
    refill(known, now)
    const more = limit - known.limit
    known.level = unit === 'parallel' ? known.level + more : Math.min(limit, known.level + Math.max(0, more))
    known.limit = limit
    known.scope = scope
    return known
  }

  return {
    gateFor: (scopes: readonly RateScope[], now: number): RateGate =>
      scopes.flatMap((scope) => [
        ...(scope.rpm === null ? [] : [bucketOf(scope, 'requests', scope.rpm, now)]),
        ...(scope.tpm === null ? [] : [bucketOf(scope, 'tokens', scope.tpm, now)]),
        ...(scope.parallel == null ? [] : [bucketOf(scope, 'parallel', scope.parallel, now)]),
      ]),

    /**
     * Takes one request and `tokens` from every bucket, or nothing from any when one of them lacks it. What is asked
     * beside a call and answered at once (`opens: false`) counts as a request and is no call that stays open.
     */
    take(
      gate: RateGate,
      tokens: number,
      now: number,
      opens = true,
    ): { ticket: RateTicket | null; figures: RateFigure[] } {
      let fits = true
      const figures: RateFigure[] = []
      for (const bucket of gate) {
        refill(bucket, now)
        // a call larger than the whole bucket passes when the bucket is full, else it could never pass
        const short = Math.min(needOf(bucket, tokens, opens), bucket.limit) - bucket.level
        if (short > 0) fits = false
        figures.push(figureOf(bucket, short))
      }
      if (!fits) return { ticket: null, figures }
      for (let i = 0; i < gate.length; i++) {
        const bucket = gate[i]
        const figure = figures[i]
        if (!bucket || !figure) continue
        bucket.level -= needOf(bucket, tokens, opens)
        figure.remaining = bucket.level
      }
      return { ticket: { gate, tokens, opens }, figures }
    },

    /** How one more request would fare; takes nothing. */
    look: (gate: RateGate, now: number): RateFigure[] =>
      gate.map((bucket) => {
        refill(bucket, now)
        return figureOf(bucket, (bucket.unit === 'tokens' ? 0 : 1) - bucket.level)
      }),

    /** At the end of its call: gives back what was taken too much, or takes what was missing, and the place it had. */
    settle({ gate, tokens, opens }: RateTicket, used: number, now: number): void {
      for (const bucket of gate) {
        if (bucket.unit === 'requests') continue
        refill(bucket, now)
        const back = bucket.unit === 'tokens' ? tokens - used : opens ? 1 : 0
        bucket.level = Math.min(bucket.limit, bucket.level + back)
      }
    },
  }
}
export type Limits = ReturnType<typeof createLimits>

const needOf = ({ unit }: Bucket, tokens: number, opens: boolean): number =>
  unit === 'tokens' ? tokens : unit === 'parallel' && !opens ? 0 : 1

const refill = (bucket: Bucket, now: number) => {
  if (now <= bucket.at || bucket.unit === 'parallel') return
  bucket.level = Math.min(bucket.limit, bucket.level + ((now - bucket.at) * bucket.limit) / minuteMs)
  bucket.at = now
}

/** How soon it is worth asking again where nobody knows when a call ends. */
const openCallMs = 1_000

const figureOf = ({ scope, unit, limit, level }: Bucket, short: number): RateFigure => ({
  scope,
  unit,
  limit,
  remaining: level,
  resetMs: unit === 'parallel' ? 0 : ((limit - level) * minuteMs) / limit,
  retryMs: short <= 0 ? 0 : unit === 'parallel' ? openCallMs : Math.ceil((short * minuteMs) / limit),
  fits: short <= 0,
})
