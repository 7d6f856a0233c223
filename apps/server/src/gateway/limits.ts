/** Requests and tokens per minute: one bucket a scope and unit, refilled continuously. */
import type { RateFigure, RateScope } from '@cockpit/policy'

type Unit = 'requests' | 'tokens'
type Bucket = { scope: RateScope; unit: Unit; limit: number; level: number; at: number }

const minuteMs = 60_000

/** The buckets one kind of call passes. */
export type RateGate = readonly Bucket[]

/** What a call took, so that its tokens can be corrected once they are known. */
export type RateTicket = { gate: RateGate; tokens: number }

export const createLimits = () => {
  const buckets = new Map<string, Bucket>()

  /** A bucket outlives snapshots: publishing a change must not refill it. */
  const bucketOf = (scope: RateScope, unit: Unit, limit: number, now: number): Bucket => {
    const name = `${scope.type}:${scope.id}:${unit}`
    const known = buckets.get(name)
    if (!known) {
      const fresh = { scope, unit, limit, level: limit, at: now }
      buckets.set(name, fresh)
      return fresh
    }
    refill(known, now)
    known.level = Math.min(limit, known.level + Math.max(0, limit - known.limit))
    known.limit = limit
    known.scope = scope
    return known
  }

  return {
    gateFor: (scopes: readonly RateScope[], now: number): RateGate =>
      scopes.flatMap((scope) => [
        ...(scope.rpm === null ? [] : [bucketOf(scope, 'requests', scope.rpm, now)]),
        ...(scope.tpm === null ? [] : [bucketOf(scope, 'tokens', scope.tpm, now)]),
      ]),

    /** Takes one request and `tokens` from every bucket, or nothing from any when one of them lacks it. */
    take(gate: RateGate, tokens: number, now: number): { ticket: RateTicket | null; figures: RateFigure[] } {
      let fits = true
      const figures: RateFigure[] = []
      for (const bucket of gate) {
        refill(bucket, now)
        // a call larger than the whole bucket passes when the bucket is full, else it could never pass
        const need = Math.min(bucket.unit === 'requests' ? 1 : tokens, bucket.limit)
        const short = need - bucket.level
        if (short > 0) fits = false
        figures.push(figureOf(bucket, short))
      }
      if (!fits) return { ticket: null, figures }
      for (let i = 0; i < gate.length; i++) {
        const bucket = gate[i]
        const figure = figures[i]
        if (!bucket || !figure) continue
        bucket.level -= bucket.unit === 'requests' ? 1 : tokens
        figure.remaining = bucket.level
      }
      return { ticket: { gate, tokens }, figures }
    },

    /** How one more request would fare; takes nothing. */
    look: (gate: RateGate, now: number): RateFigure[] =>
      gate.map((bucket) => {
        refill(bucket, now)
        return figureOf(bucket, (bucket.unit === 'requests' ? 1 : 0) - bucket.level)
      }),

    /** Gives back what was taken too much, or takes what was missing. */
    correct({ gate, tokens }: RateTicket, used: number, now: number): void {
      if (tokens === used) return
      for (const bucket of gate) {
        if (bucket.unit !== 'tokens') continue
        refill(bucket, now)
        bucket.level = Math.min(bucket.limit, bucket.level + tokens - used)
      }
    },
  }
}
export type Limits = ReturnType<typeof createLimits>

const refill = (bucket: Bucket, now: number) => {
  if (now <= bucket.at) return
  bucket.level = Math.min(bucket.limit, bucket.level + ((now - bucket.at) * bucket.limit) / minuteMs)
  bucket.at = now
}

const figureOf = ({ scope, unit, limit, level }: Bucket, short: number): RateFigure => ({
  scope,
  unit,
  limit,
  remaining: level,
  resetMs: ((limit - level) * minuteMs) / limit,
  retryMs: short > 0 ? Math.ceil((short * minuteMs) / limit) : 0,
  fits: short <= 0,
})
