import type { LiveEvent } from '@cockpit/contract/usage'
import { type Clock, type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { usageChannel } from './ingest.repository.ts'
import { toRow } from './model.ts'
import { type RequestRecord, usageRepository } from './repository.ts'
import { seeing, visibilityOf } from './service.ts'

const tickMs = 1_000
/** A tail shows the newest; whoever wants all of them reads the list. */
const requestsPerTickMax = 50

type Deps = {
  db: Db
  now: Clock
  /** Streams that are open now, of one account or of all. */
  activeStreams: (accountId: string | null) => number | Promise<number>
}

/** Follows the log: finished requests as they are booked, and once a second the rate. One notification serves all tails. */
export const createLiveTail = ({ db, now, activeStreams }: Deps) => {
  const wakers = new Set<(accountId: string | null) => void>()
  const wakeAll = (accountId: string | null) => {
    for (const wake of wakers) wake(accountId)
  }
  let listening: Promise<() => void> | null = null

  return {
    async *follow(ctx: Ctx, { keyId }: { keyId?: string | undefined }, signal: AbortSignal): AsyncGenerator<LiveEvent> {
      listening ??= db.listen(usageChannel, wakeAll, () => wakeAll(null))
      await listening
      const accountId = ctx.accountId === platformAccount ? null : ctx.accountId
      const log = logReader(db, ctx, await seeing(db, ctx, (tx) => usageRepository(tx).lastSeq()))
      let tickAt = now().getTime()
      const rate = async (requestsPerSecond: number, errorsPerSecond: number): Promise<LiveEvent> => ({
        kind: 'rate',
        at: new Date(tickAt).toISOString(),
        requestsPerSecond,
        errorsPerSecond,
        activeStreams: await activeStreams(accountId),
      })
      yield await rate(0, 0)
      while (!signal.aborted) {
        const booked = await nextWake(wakers, accountId, tickAt + tickMs - now().getTime(), signal)
        if (signal.aborted) return
        if (booked) yield* requestsOf(await log.newest(), keyId)
        const elapsedMs = now().getTime() - tickAt
        if (elapsedMs < tickMs) continue
        tickAt = now().getTime()
        const { requests, errors } = await log.counted()
        // a booking announced while this tail was reading woke nobody: it is found here
        if (requests > 0n) yield* requestsOf(await log.newest(), keyId)
        yield await rate(perSecond(requests, elapsedMs), perSecond(errors, elapsedMs))
      }
    },
  }
}

/** Remembers how far one tail has read the log. */
const logReader = (db: Db, ctx: Ctx, start: bigint) => {
  const mine = visibilityOf(ctx)
  let seen = start
  let counted = start
  return {
    async newest() {
      const rows = await seeing(db, ctx, (tx) => usageRepository(tx).bookedAfter(seen, mine, requestsPerTickMax))
      seen = rows.at(-1)?.seq ?? seen
      return rows
    },
    async counted() {
      const sum = await seeing(db, ctx, (tx) => usageRepository(tx).bookedSince(counted, mine))
      counted = sum.last ?? counted
      return sum
    },
  }
}

const requestsOf = (rows: readonly RequestRecord[], keyId: string | undefined): LiveEvent[] =>
  rows.filter((row) => !keyId || row.key_id === keyId).map((row) => ({ kind: 'request', request: toRow(row) }))

/** Waits for a booking of the account (of any, for null) or for `ms`; true when it was a booking. */
const nextWake = (
  wakers: Set<(accountId: string | null) => void>,
  accountId: string | null,
  ms: number,
  signal: AbortSignal,
) =>
  new Promise<boolean>((resolve) => {
    const done = (booked: boolean) => {
      clearTimeout(timer)
      wakers.delete(wake)
      signal.removeEventListener('abort', stop)
      resolve(booked)
    }
    const wake = (whose: string | null) => {
      if (accountId === null || whose === null || whose === accountId) done(true)
    }
    const stop = () => done(false)
    const timer = setTimeout(stop, Math.max(0, ms))
    wakers.add(wake)
    signal.addEventListener('abort', stop)
  })

const perSecond = (count: bigint, elapsedMs: number) => Math.round((Number(count) * 10_000) / elapsedMs) / 10

export type LiveTail = ReturnType<typeof createLiveTail>
