import type { TrafficBy, TrafficPicture, trafficMinutes } from '@cockpit/contract/traffic'
import { type Clock, type Ctx, type Db, Problem, platformAccount, systemCtx } from '../../platform/index.ts'
import { dimensionOf, pictureOf, stepSecondsOf } from './traffic.model.ts'
import { type SeenTraffic, type TrafficRow, trafficChannel, trafficRepository } from './traffic.repository.ts'
import { createWakers } from './wakers.ts'

const keptMs = 65 * 60_000
/** A gateway says the same seconds again until they are over, and those it could not say for a minute longer. */
const restatedMs = 75_000
/** Several gateways say something at the same moment: they are read together. */
const gatherMs = 200
const tickMs = 1_000

/** What an account's gateways said, read once for all who watch it here. */
type Watched = { rows: Map<string, SeenTraffic>; readAt: number; reading: Promise<void> | null; watchers: number }

/** Live traffic from what gateways count: written by each of them every second, followed by whoever watches. */
export const createTrafficWatch = ({ db, now }: { db: Db; now: Clock }) => {
  const watched = new Map<string, Watched>()
  const wakers = createWakers<null>()
  let listening: Promise<unknown> | null = null

  const read = async (accountId: string, into: Watched) => {
    const at = now().getTime()
    const from = into.readAt === 0 ? at - keptMs : into.readAt - restatedMs
    const rows = await db.tenant(systemCtx('usage', accountId), (tx) => trafficRepository(tx).read(new Date(from)))
    for (const row of rows) into.rows.set(`${row.at} ${row.processId}`, row)
    for (const [name, row] of into.rows) if (row.at < at - keptMs) into.rows.delete(name)
    into.readAt = at
  }

  const fresh = async (accountId: string, from: Watched) => {
    if (now().getTime() - from.readAt >= gatherMs)
      from.reading ??= read(accountId, from).finally(() => {
        from.reading = null
      })
    await from.reading
  }

  /** A tenant does not see the connections of the platform, only that they were used. */
  const namesFor = (ctx: Ctx, by: TrafficBy) => {
    const known = new Map<string, string>()
    return {
      of: (id: string) => known.get(id) ?? id,
      async learn(rows: Iterable<SeenTraffic>) {
        if (by === 'model') return
        const ids = new Set([...rows].flatMap(({ body }) => Object.keys(body[dimensionOf[by]])))
        const missing = [...ids].filter((id) => id !== '' && id !== '*' && !known.has(id))
        if (missing.length === 0) return
        const door = ctx.accountId === platformAccount ? db.platform : db.tenant
        const names = await door(ctx, (tx) => trafficRepository(tx).names(by, missing))
        for (const id of missing) known.set(id, names.get(id) ?? (by === 'connection' ? 'Platform' : id))
      },
    }
  }

  return {
    async *follow(
      ctx: Ctx,
      query: { minutes: (typeof trafficMinutes)[number]; by: TrafficBy },
      signal: AbortSignal,
    ): AsyncGenerator<TrafficPicture> {
      const { by } = query
      if (by === 'account' && ctx.accountId !== platformAccount)
        throw new Problem('input.invalid', 'Traffic by account is there for all accounts together.', {
          errors: [{ pointer: '/by', detail: 'must be model, connection or key' }],
        })
      const minutes = Number(query.minutes)
      listening ??= db.listen(
        trafficChannel,
        () => wakers.wake(null),
        () => wakers.wake(null),
      )
      await listening
      const names = namesFor(ctx, by)
      const one = watched.get(ctx.accountId) ?? { rows: new Map(), readAt: 0, reading: null, watchers: 0 }
      watched.set(ctx.accountId, one)
      one.watchers++
      try {
        let since = 0
        while (!signal.aborted) {
          await fresh(ctx.accountId, one)
          const rows = [...one.rows.values()]
          await names.learn(rows)
          const at = now().getTime()
          yield pictureOf(rows, { minutes, by, now: at }, since, names.of)
          since = at - restatedMs - stepSecondsOf(minutes) * 1_000
          // no faster than gateways speak, and also when they are silent: the rates of the last seconds go down then
          await wakers.next(() => now().getTime() - at >= tickMs / 2, tickMs, signal)
          if (!signal.aborted) await wakers.next(() => false, gatherMs, signal)
        }
      } finally {
        one.watchers--
        if (one.watchers === 0) watched.delete(ctx.accountId)
      }
    },

    /** What a gateway process counted; it may say the same seconds again. */
    write: (processId: string, rows: readonly TrafficRow[]): Promise<void> =>
      db.platform(systemCtx('usage'), (tx) => trafficRepository(tx).write(processId, rows, now())),

    prune: (): Promise<unknown> =>
      db.platform(systemCtx('usage'), (tx) => trafficRepository(tx).prune(new Date(now().getTime() - keptMs))),
  }
}
export type TrafficWatch = ReturnType<typeof createTrafficWatch>
