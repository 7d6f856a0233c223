import type { LiveEvent } from '@cockpit/contract/usage'
import { type Clock, type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { usageChannel } from './ingest.repository.ts'
import { toRow } from './model.ts'
import { type RequestRecord, usageRepository } from './repository.ts'
import { seeing, visibilityOf } from './service.ts'
import { createWakers } from './wakers.ts'

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
  /** Woken with the account of which something was booked; null: with any. */
  const wakers = createWakers<string | null>()
  let listening: Promise<() => void> | null = null

  return {
    async *follow(ctx: Ctx, { keyId }: { keyId?: string | undefined }, signal: AbortSignal): AsyncGenerator<LiveEvent> {
      listening ??= db.listen(usageChannel, wakers.wake, () => wakers.wake(null))
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
        const mine = (whose: string | null) => accountId === null || whose === null || whose === accountId
        const booked = await wakers.next(mine, tickAt + tickMs - now().getTime(), signal)
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

const perSecond = (count: bigint, elapsedMs: number) => Math.round((Number(count) * 10_000) / elapsedMs) / 10

export type LiveTail = ReturnType<typeof createLiveTail>
