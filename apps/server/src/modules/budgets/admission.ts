import { type Clock, type Db, newId, systemCtx, type Tx } from '../../platform/index.ts'
import type { Alerts } from './alerts.ts'
import { dueHolds, holdRepository, holdsOf, type Reservation } from './holds.ts'
import { accountsDue } from './repository.ts'
import type { Turning } from './turn.ts'

type Deps = {
  db: Db
  now: Clock
  turning: Turning
  alerts: Alerts
  /** How long after its end a lease waits for usage still on its way, before its rest is free again. */
  leaseGraceMs: number
}

/** What gateways ask for: credits before a call, its booking after it. Every answer leaves no more spent than there is. */
export const createAdmission = ({ db, now, turning, alerts, leaseGraceMs }: Deps) => {
  const asSystem = <T>(accountId: string, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('budgets', accountId), work)

  return {
    /** Reserves credits on the whole path or not at all. The first call after the end of a cycle opens the next. */
    reserve: ({ accountId, ttlMs, ...reservation }: Reservation & { accountId: string; ttlMs: number }) =>
      asSystem(accountId, async (tx) => {
        const holds = holdRepository(tx, accountId)
        const attempt = () => holds.reserve(reservation, now(), new Date(now().getTime() + ttlMs))
        const first = await attempt()
        if (first.outcome !== 'cycle_over') return first
        // locked, so that the cycle found now cannot close before the second attempt
        await turning.locked(tx, accountId)
        const second = await attempt()
        if (second.outcome !== 'cycle_over') return second
        throw new Error(`account ${accountId} has no open cycle`)
      }),

    /** Reserves more under the name of a hold or a lease, for a call that needs more than was thought. */
    grow: ({
      accountId,
      id,
      amount,
      processId,
    }: {
      accountId: string
      id: string
      amount: bigint
      processId: string
    }) => asSystem(accountId, (tx) => holdRepository(tx, accountId).grow(id, amount, processId, now())),

    /** Gives back what holds and leases did not use; those that ended already stay as they are. */
    release: ({ accountId, ids }: { accountId: string; ids: readonly string[] }) =>
      asSystem(accountId, (tx) => holdRepository(tx, accountId).release(ids, now(), newId('ltx', now()))),

    /** Gives back all that a process still holds. Only for one that is gone, after its usage is booked. */
    async releaseAll({ processId }: { processId: string }): Promise<void> {
      const left = await db.platform(systemCtx('budgets'), (tx) => holdsOf(tx, processId))
      for (const [accountId, rows] of left)
        await asSystem(accountId, (tx) =>
          holdRepository(tx, accountId).release(
            rows.map(({ id }) => id),
            now(),
            newId('ltx', now()),
          ),
        )
    },

    /** Keeps holds and leases alive. One that is missing in the answer is lost: nothing more may be admitted on it. */
    renew: ({
      accountId,
      ids,
      processId,
      ttlMs,
    }: {
      accountId: string
      ids: readonly string[]
      processId: string
      ttlMs: number
    }) =>
      asSystem(accountId, (tx) =>
        holdRepository(tx, accountId).renew(ids, processId, now(), new Date(now().getTime() + ttlMs)),
      ),

    /** Books what the log has found new in a batch, in its transaction: sums by hold, as the database itself wrote them. */
    async charge(tx: Tx, accountId: string, list: string): Promise<void> {
      // refused calls cost nothing: a batch of them alone has nothing to settle
      if (list === '[]') return
      await alerts.evaluate(tx, accountId, await holdRepository(tx, accountId).charge(list, now(), newId('ltx', now())))
    },

    /** Ends holds and leases whose process is gone. A job; returns how many ended. */
    async expireHolds(): Promise<number> {
      const holds = now()
      const leases = new Date(holds.getTime() - leaseGraceMs)
      const due = await db.platform(systemCtx('budgets'), (tx) => dueHolds(tx, holds, leases))
      let ended = 0
      for (const [accountId, rows] of due) {
        const ids = rows.map(({ id }) => id)
        const gone = await asSystem(accountId, (tx) =>
          holdRepository(tx, accountId).release(ids, holds, newId('ltx', holds), { holds, leases }),
        )
        ended += gone.length
      }
      return ended
    },

    /** Opens the cycles that are due and ends expired grants, also where nobody calls. A job. */
    async turnCycles() {
      const due = await db.platform(systemCtx('budgets'), (tx) => accountsDue(tx, now()))
      for (const accountId of due) await asSystem(accountId, (tx) => turning.locked(tx, accountId))
    },
  }
}
