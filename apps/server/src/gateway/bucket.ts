/** One limit that is counted: requests or tokens of a minute, which refill continuously, or places of calls at once. */
import type { RateFigure, RateScope } from '@cockpit/policy'

export type Unit = RateFigure['unit']

export type Bucket = {
  readonly name: string
  readonly unit: Unit
  scope: RateScope
  limit: number
  /** What may be taken here now; less than nothing where more was used than was taken. */
  level: number
  at: number
  /** Shared with other processes: `level` is then only what this one has leased. */
  shared: boolean
  /** Places leased, used or not. */
  held: number
  /** What nobody has leased, as of the last answer. */
  left: number
  /** What goes back with the next exchange; a debt where it is less than nothing. */
  back: number
  /** What calls wait for, all together, and the one that waits for most. */
  need: number
  least: number
  /** Until then it is of no use to ask for more. */
  dryUntil: number
  usedAt: number
}

/** The gateway processes that share the limits, this one among them. */
export type Crowd = { processes: number /** The others cannot be asked. */; offline: boolean }

const minuteMs = 60_000
/** How soon it is worth asking again where nobody knows when a call ends. */
const openCallMs = 1_000

export const newBucket = (name: string, unit: Unit, scope: RateScope, limit: number, now: number): Bucket => ({
  ...{ name, unit, scope, limit, level: limit, at: now },
  ...{ shared: false, held: 0, left: 0, back: 0, need: 0, least: 0, dryUntil: 0, usedAt: now },
})

/** What a process leases ahead; nothing of a limit so small that others would miss it. All together: an eighth at a time. */
export const chunkOf = ({ limit }: Pick<Bucket, 'limit'>, { processes }: Crowd): number =>
  Math.floor(limit / (8 * processes))

/** By how much more than the limit all processes together may let through; calls at once are exact. */
export const slackOf = (bucket: Bucket, crowd: Crowd): number =>
  bucket.shared && bucket.unit !== 'parallel' ? sharedSlack(bucket.limit, crowd.processes) : 0

export const sharedSlack = (limit: number, processes: number): number =>
  2 * chunkOf({ limit }, { processes, offline: false }) * processes

/** A minute's share grows as time passes: alone the whole, of what is shared and cannot be asked for, a part. */
export const refill = (bucket: Bucket, now: number, crowd: Crowd): void => {
  if (now <= bucket.at) return
  const grown = ((now - bucket.at) * bucket.limit) / minuteMs
  bucket.at = now
  if (bucket.unit === 'parallel') return
  if (!bucket.shared) {
    bucket.level = Math.min(bucket.limit, bucket.level + grown)
    return
  }
  bucket.left = Math.min(bucket.limit, bucket.left + grown)
  const share = bucket.limit / crowd.processes
  if (crowd.offline && bucket.level < share) bucket.level = Math.min(share, bucket.level + grown / crowd.processes)
}

/** From counting alone to sharing, with what was used as a debt, and back. */
export const share = (bucket: Bucket, shared: boolean): void => {
  if (bucket.shared === shared) return
  const { limit, level, left, back, held } = bucket
  bucket.shared = shared
  bucket.dryUntil = 0
  if (bucket.unit === 'parallel') {
    bucket.held = shared ? limit - level : 0
    bucket.level = shared ? 0 : limit - (held - level)
  } else {
    bucket.back = shared ? level - limit : 0
    bucket.level = shared ? 0 : Math.min(limit, level + left + back)
  }
  bucket.left = 0
}

export const figureOf = (bucket: Bucket, remaining: number, short: number, crowd: Crowd): RateFigure => {
  const { scope, unit, limit } = bucket
  return {
    ...{ scope, unit, limit, remaining },
    slack: slackOf(bucket, crowd),
    resetMs: unit === 'parallel' ? 0 : (Math.max(0, limit - remaining) * minuteMs) / limit,
    retryMs: short <= 0 ? 0 : unit === 'parallel' ? openCallMs : Math.ceil((short * minuteMs) / limit),
    fits: short <= 0,
  }
}

export const remainingOf = ({ shared, level, left }: Bucket): number => (shared ? level + Math.max(0, left) : level)
