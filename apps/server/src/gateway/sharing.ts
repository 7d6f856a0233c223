/**
 * How gateway processes share rate limits: each leases a little of a window ahead, as it does with budgets, and gives back
 * what it does not use. A call waits for the others only when what is leased here has run out.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../platform/index.ts'
import { type Bucket, type Crowd, chunkOf } from './bucket.ts'
import type { RateAsk, RateGrant, RatePort } from './ports.ts'

type Deps = { rates: RatePort; processId: string; now: () => number; log: Log; beatMs?: number; waitMs?: number }

/** What nobody uses here goes back after this long. */
const idleMs = 2_000
/** Where nothing was left, the others are asked again this much later at the soonest. */
const dryMs = 200

export const createSharing = ({ rates, processId, now, log, beatMs = 1_000, waitMs = 500 }: Deps) => {
  const crowd: Crowd = { processes: 1, offline: false }
  const wanting = new Set<Bucket>()
  const giving = new Set<Bucket>()
  /** Those of which something is leased. */
  const active = new Set<Bucket>()
  let beats = 0
  let timer: NodeJS.Timeout | null = null
  let current: Promise<void> = Promise.resolve()
  let queued: Promise<void> | null = null

  const askFor = (bucket: Bucket, wants: boolean, leaves: boolean): RateAsk => {
    const { name, unit, limit, level, held, need } = bucket
    const least = wants ? Math.max(1, bucket.least - level) : 0
    const chunk = chunkOf(bucket, crowd)
    const idle = leaves || (!wants && now() - bucket.usedAt > idleMs)
    Object.assign(bucket, { need: 0, least: 0 })
    if (unit === 'parallel') {
      const used = held - level
      const want = used + (wants ? Math.max(chunk, need) : idle ? 0 : Math.min(Math.max(0, level), 2 * chunk))
      // given away before it is asked, so that no call takes it meanwhile
      if (want < held) Object.assign(bucket, { held: want, level: want - used })
      return { name, kind: 'places', limit, used, want }
    }
    const kept = idle ? 0 : 2 * chunk
    const extra = Math.max(0, level - kept)
    bucket.level -= extra
    const back = bucket.back + extra
    bucket.back = 0
    return {
      name,
      kind: 'minute',
      limit,
      back,
      want: wants ? Math.max(0, Math.max(need, chunk) - bucket.level) : 0,
      least,
    }
  }

  const granted = (bucket: Bucket, ask: RateAsk, { granted, left }: RateGrant) => {
    const at = now()
    bucket.left = left
    if (ask.kind === 'places') {
      bucket.level += granted - bucket.held
      bucket.held = granted
      if (ask.want > granted) bucket.dryUntil = at + dryMs
    } else {
      bucket.level += granted
      if (granted < ask.want) bucket.dryUntil = at + Math.min(1_000, Math.max(dryMs / 4, 60_000 / bucket.limit))
    }
    const holds = ask.kind === 'places' ? bucket.held > 0 : bucket.level !== 0 || bucket.back !== 0
    if (holds) active.add(bucket)
    else active.delete(bucket)
  }

  const wentOffline = (asked: readonly Bucket[]) => {
    for (const bucket of asked) {
      bucket.dryUntil = now() + 1_000
      if (bucket.unit !== 'parallel') continue
      const floor = Math.max(bucket.held, Math.floor(bucket.limit / crowd.processes), 1)
      bucket.level += floor - bucket.held
      bucket.held = floor
    }
    if (!crowd.offline) log.warn('rate limits cannot be shared; each process keeps to its part of them')
    crowd.offline = true
  }

  const exchange = async (all: boolean, leaves = false): Promise<void> => {
    const asked = [...new Set([...wanting, ...giving, ...(all ? active : [])])].filter(({ shared }) => shared)
    const asks = asked.map((bucket) => askFor(bucket, !leaves && wanting.has(bucket), leaves))
    wanting.clear()
    giving.clear()
    if (asks.length === 0 && !all) return
    try {
      const { processes, grants } = await rates.exchange({ processId, asks, leaves, tidy: all && beats % 60 === 1 })
      asked.forEach((bucket, at) => {
        const [ask, grant] = [asks[at], grants[at]]
        if (ask && grant) granted(bucket, ask, grant)
      })
      crowd.processes = Math.max(1, processes)
      crowd.offline = false
    } catch (error) {
      if (crowd.processes > 1) wentOffline(asked)
      else log.debug({ err: error }, 'rate limits not shared')
    }
  }

  /** One exchange at a time; what comes up meanwhile goes with the next. */
  const soon = (all = false): Promise<void> => {
    queued ??= current.then(() => {
      queued = null
      current = exchange(all)
      return current
    })
    return queued
  }

  const beat = () => {
    beats++
    current = current.then(() => exchange(true))
  }

  return {
    crowd,
    /** More of it is wanted soon. */
    want(bucket: Bucket): void {
      wanting.add(bucket)
      void soon()
    },
    /** There is more of it here than is worth keeping. */
    give(bucket: Bucket): void {
      giving.add(bucket)
      void soon()
    },
    /** When what is wanted has been asked for and answered; how long that is waited for is the caller's to say. */
    lend: (): Promise<void> => soon(),
    /** Makes itself known, and hears who else is there, for a moment at most. */
    async start(): Promise<void> {
      beat()
      timer = setInterval(beat, beatMs)
      timer.unref()
      await Promise.race([current, sleep(waitMs, undefined, { ref: false })])
    },
    async stop(): Promise<void> {
      if (timer) clearInterval(timer)
      await Promise.race([current.then(() => exchange(true, true)), sleep(waitMs, undefined, { ref: false })])
    },
  }
}
export type Sharing = ReturnType<typeof createSharing>
