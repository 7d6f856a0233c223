import type { CallPlan } from '@cockpit/policy'
import type { Log } from '../../platform/index.ts'
import type { Holder } from '../holder.ts'
import type { BudgetPort } from '../ports.ts'
import { isIdle, type Lease, type LeaseRoom } from './lease.ts'
import { Purse } from './purse.ts'

const tendEveryMs = 2_000
const idleMs = 30_000

type Deps = {
  budget: BudgetPort
  processId: string
  ttlMs: number
  now: () => number
  newId: () => string
  log: Log
  /** Has the ledger book the records of all calls that ended so far; false when it did not. */
  catchUp: () => Promise<boolean>
}

export const createFunds = ({ budget, processId, ttlMs, now, newId, log, catchUp }: Deps) => {
  const purses = new Map<string, Purse>()
  /** Those that have leases or may soon; a plan that is kept may still name one that was forgotten, and use it again. */
  const alive = new Set<Purse>()
  const leases = new Map<string, Lease>()
  let timer: NodeJS.Timeout | null = null
  let failedAt = Number.NEGATIVE_INFINITY

  const onFailure = (error: unknown) => {
    // once in ten seconds: a ledger that is away fails every call
    if (now() - failedAt < 10_000) return
    failedAt = now()
    log.error({ err: error }, 'the ledger does not answer; calls are admitted from leases only')
  }

  const through = (nodeId: string) => [...alive].filter(({ payer }) => payer.path.includes(nodeId))

  /** What ended calls did not use is reserved until their records are booked, so those go first. */
  const makeRoom = async (nodeId: string): Promise<boolean> => {
    const purses = through(nodeId)
    const owing = purses.filter((purse) => purse.owes())
    const caughtUp = owing.length > 0 && (await Promise.all(owing.map(() => catchUp()))).includes(true)
    const returned = await Promise.all(purses.map((purse) => purse.giveBackIdle()))
    return caughtUp || returned.includes(true)
  }

  const sumAt = (nodeId: string, of: (purse: Purse) => bigint): LeaseRoom => {
    const room = { all: 0n, own: 0n }
    for (const purse of through(nodeId)) {
      const ready = of(purse)
      room.all += ready
      if (purse.payer.fundingNodeId === nodeId) room.own += ready
    }
    return room
  }

  const leaseRoom = (nodeId: string) => sumAt(nodeId, (purse) => purse.room())
  const unspent = (nodeId: string) => sumAt(nodeId, (purse) => purse.unspent())

  const tend = async () => {
    for (const purse of [...alive]) {
      await purse.tend(idleMs)
      if (purse.isEmpty() && now() - purse.usedAt > idleMs * 2) alive.delete(purse)
    }
    for (const [name, purse] of purses) if (!alive.has(purse)) purses.delete(name)
    for (const [id, lease] of leases) if (isIdle(lease) && lease.expiresAt < now()) leases.delete(id)
  }

  return {
    /** The purse that pays for calls of a plan. A new cycle or another path is another purse. */
    purseFor(plan: CallPlan, holder: Holder): Purse | null {
      if (!plan.payer) return null
      const { path, fundingNodeId } = plan.payer
      const { accountId, budget: traced } = plan.trace
      const name = `${path.join('/')}|${fundingNodeId}|${traced?.cycle.startsAt ?? ''}`
      const known = purses.get(name)
      if (known) {
        known.lendTo(holder)
        return known
      }
      const purse = new Purse(
        { accountId, path, fundingNodeId },
        {
          ...{ budget, processId, ttlMs, now, newId, onFailure, makeRoom, unspent },
          onLease: (lease) => {
            leases.set(lease.id, lease)
            alive.add(purse)
          },
        },
      )
      purse.lendTo(holder)
      purses.set(name, purse)
      alive.add(purse)
      return purse
    },
    leaseRoom,
    /** Some of an account may call no more: what was leased for them alone is given back soon, and not when it has idled. */
    onRevoked(accountId: string, isGone: (holder: Holder) => boolean): void {
      for (const purse of alive) if (purse.payer.accountId === accountId) purse.forsake(isGone)
    },
    start() {
      timer = setInterval(() => void tend(), tendEveryMs)
      timer.unref()
    },
    /** Records that arrived in the ledger no longer keep what they were reserved in: of each, how many did. */
    onShipped(shipped: ReadonlyMap<string, number>): void {
      for (const [id, records] of shipped) {
        const lease = leases.get(id)
        if (!lease) continue
        lease.unshipped = Math.max(0, lease.unshipped - records)
        if (lease.kind === 'hold') leases.delete(id)
      }
    },
    /** Gives every lease back. Only after all usage is shipped. */
    async drain(): Promise<void> {
      if (timer) clearInterval(timer)
      await Promise.all([...alive].map((purse) => purse.giveBackAll()))
    },
    async stop(): Promise<void> {
      if (timer) clearInterval(timer)
    },
  }
}
export type Funds = ReturnType<typeof createFunds>
