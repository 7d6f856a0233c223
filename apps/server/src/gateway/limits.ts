/** Requests and tokens per minute, and calls at once, counted here and shared with the other gateway processes. */
import type { RateFigure, RateScope } from '@cockpit/policy'
import {
  type Bucket,
  type Crowd,
  chunkOf,
  figureOf,
  newBucket,
  refill,
  remainingOf,
  share,
  type Unit,
} from './bucket.ts'
import { type RateGate, Rates } from './rates.ts'
import type { Sharing } from './sharing.ts'

export type { RateGate } from './rates.ts'

/** What a call took, so that its tokens can be corrected once they are known. */
export type RateTicket = { readonly gate: RateGate; readonly tokens: number; readonly opens: boolean }

/** `mayLend`: what is missing may be had from the other processes. */
export type RateVerdict = { ticket: RateTicket | null; rates: Rates; mayLend: boolean }

const alone: Crowd = { processes: 1, offline: false }

export const createLimits = (sharing: Pick<Sharing, 'crowd' | 'want' | 'give' | 'lend'> | null = null) => {
  const buckets = new Map<string, Bucket>()
  const crowd = sharing?.crowd ?? alone

  /** A bucket outlives snapshots: publishing a change must not refill it. */
  const bucketOf = (scope: RateScope, unit: Unit, limit: number, now: number): Bucket => {
    const name = scope.limitId === undefined ? `${scope.type}:${scope.id}:${unit}` : `${scope.limitId}:${unit}`
    const known = buckets.get(name)
    if (!known) {
      const fresh = newBucket(name, unit, scope, limit, now)
      buckets.set(name, fresh)
      return fresh
    }
    look(known, now)
    const more = limit - known.limit
    if (!known.shared)
      known.level = unit === 'parallel' ? known.level + more : Math.min(limit, known.level + Math.max(0, more))
    known.limit = limit
    known.scope = scope
    return known
  }

  const look = (bucket: Bucket, now: number) => {
    if (bucket.shared !== crowd.processes > 1) share(bucket, crowd.processes > 1)
    refill(bucket, now, crowd)
  }

  /** What is leased and used up soon is asked for in good time, so that few calls have to wait for it. */
  const takeFrom = (bucket: Bucket, need: number, now: number) => {
    bucket.level -= need
    if (!bucket.shared) return
    bucket.usedAt = now
    if (bucket.level * 2 < chunkOf(bucket, crowd) && now >= bucket.dryUntil) sharing?.want(bucket)
  }

  /** What is more than is worth keeping here is for the others. */
  const giveBack = (bucket: Bucket, amount: number) => {
    bucket.level += amount
    const much = bucket.level - 2 * chunkOf(bucket, crowd)
    if (much <= 0) return
    if (bucket.unit !== 'parallel') {
      bucket.level -= much
      bucket.back += much
    }
    sharing?.give(bucket)
  }

  const refused = (gate: RateGate, tokens: number, now: number, opens: boolean): RateVerdict => {
    const lacking = gate.map((bucket) => shortOf(bucket, tokens, opens))
    const mayLend = gate.every(({ shared, dryUntil }, at) => (lacking[at] ?? 0) <= 0 || (shared && now >= dryUntil))
    return { ticket: null, rates: new Rates(gate, gate.map(remainingOf), lacking, crowd), mayLend }
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
    take(gate: RateGate, tokens: number, now: number, opens = true): RateVerdict {
      let fits = true
      for (const bucket of gate) {
        look(bucket, now)
        if (shortOf(bucket, tokens, opens) > 0) fits = false
      }
      if (!fits) return refused(gate, tokens, now, opens)
      const left: number[] = []
      for (const bucket of gate) {
        takeFrom(bucket, needOf(bucket, tokens, opens), now)
        left.push(remainingOf(bucket))
      }
      return { ticket: { gate, tokens, opens }, rates: new Rates(gate, left, null, crowd), mayLend: false }
    },

    /** Asks the other processes for what is missing; whether it came, `take` says. */
    lend(gate: RateGate, tokens: number, opens = true): Promise<void> {
      for (const bucket of gate) {
        if (!bucket.shared || shortOf(bucket, tokens, opens) <= 0) continue
        const need = Math.min(needOf(bucket, tokens, opens), bucket.limit)
        bucket.need += need
        bucket.least = Math.max(bucket.least, need)
        sharing?.want(bucket)
      }
      return sharing?.lend() ?? Promise.resolve()
    },

    /** How one more request would fare; takes nothing. */
    look: (gate: RateGate, now: number): RateFigure[] =>
      gate.map((bucket) => {
        look(bucket, now)
        const left = remainingOf(bucket)
        return figureOf(bucket, left, (bucket.unit === 'tokens' ? 0 : 1) - left, crowd)
      }),

    /** What is left of limits by their ids, as far as calls have come here. */
    counted(limitIds: ReadonlySet<string>, now: number) {
      const found: { limitId: string; unit: Unit; remaining: number }[] = []
      for (const bucket of buckets.values()) {
        const { limitId } = bucket.scope
        if (limitId === undefined || !limitIds.has(limitId)) continue
        look(bucket, now)
        found.push({ limitId, unit: bucket.unit, remaining: remainingOf(bucket) })
      }
      return found
    },

    /** At the end of its call: gives back what was taken too much, or takes what was missing, and the place it had. */
    settle({ gate, tokens, opens }: RateTicket, used: number, now: number): void {
      for (const bucket of gate) {
        if (bucket.unit === 'requests') continue
        look(bucket, now)
        const back = bucket.unit === 'tokens' ? tokens - used : opens ? 1 : 0
        if (back === 0) continue
        if (bucket.shared) giveBack(bucket, back)
        else bucket.level = Math.min(bucket.limit, bucket.level + back)
      }
    },
  }
}
export type Limits = ReturnType<typeof createLimits>

const needOf = ({ unit }: Bucket, tokens: number, opens: boolean): number =>
  unit === 'tokens' ? tokens : unit === 'parallel' && !opens ? 0 : 1

/** A call larger than the whole bucket passes when the bucket is full, else it could never pass. */
const shortOf = (bucket: Bucket, tokens: number, opens: boolean): number =>
  Math.min(needOf(bucket, tokens, opens), bucket.limit) - bucket.level
