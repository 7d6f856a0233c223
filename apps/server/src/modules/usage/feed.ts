import type { RequestDetail, RequestRow } from '@cockpit/contract/usage'
import { type Db, systemCtx } from '../../platform/index.ts'
import { toExported } from './model.ts'
import { usageRepository } from './repository.ts'

export type Exported = RequestRow & {
  /** Without what they concern, which may be a connection of the platform. */
  spans: Omit<RequestDetail['spans'][number], 'detail'>[]
  traceparent: string | null
  content: RequestDetail['content']
}

/** The order in which requests were booked, for those who must not miss one. */
export const createUsageFeed = ({ db }: { db: Db }) => ({
  /** Waits for the bookings that are under way: up to here none will be added. */
  horizon: (): Promise<bigint> =>
    db.platform(systemCtx('usage'), async (tx) => {
      await usageRepository(tx).awaitBookings()
      return usageRepository(tx).lastSeq()
    }),

  /** Of one account with its texts; of all for null, without them. */
  async read(accountId: string | null, after: bigint, upTo: bigint, limit: number) {
    const ctx = systemCtx('usage', accountId ?? undefined)
    const door = accountId === null ? db.platform : db.tenant
    const rows = await door(ctx, (tx) => usageRepository(tx).bookedBetween(after, upTo, limit, accountId !== null))
    return rows.map((row): { seq: bigint; request: Exported } => ({ seq: row.seq, request: toExported(row) }))
  },
})
