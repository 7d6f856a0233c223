import { remainingOf } from '@cockpit/policy'
import type { BudgetPort, GrowOutcome, LedgerFigures, ReserveOutcome } from '../ports.ts'
import type { Lease, LeaseRoom } from './lease.ts'
import { createShown } from './shown.ts'

export type Payer = { accountId: string; path: readonly string[]; fundingNodeId: string }

export type LedgerDeps = {
  budget: BudgetPort
  processId: string
  ttlMs: number
  onFailure: (error: unknown) => void
  /** What is leased through a node and not spent yet, promised to open calls or not. */
  unspent: (nodeId: string) => LeaseRoom
}

/** The ledger as one payer of this process sees it: what it is asked, and what it said last. */
export const createLedger = (payer: Payer, { budget, processId, ttlMs, onFailure, unspent }: LedgerDeps) => {
  const { accountId } = payer
  const shown = createShown()
  /** By which the next lease is sized. */
  let known: readonly LedgerFigures[] = []

  const ask = async <O extends ReserveOutcome | GrowOutcome>(
    kind: Lease['kind'],
    amount: bigint,
    answer: Promise<O>,
  ): Promise<O | null> => {
    try {
      const outcome = await answer
      if ('figures' in outcome) {
        known = outcome.figures
        shown.look(outcome.figures, readyAfter(kind, outcome.outcome === 'held' ? amount : null))
      }
      return outcome
    } catch (error) {
      onFailure(error)
      return null
    }
  }

  /** What the ledger just gave is left to the call that asked; to one that it refused even what others lease is of no use. */
  const readyAfter = (kind: Lease['kind'], given: bigint | null): ((nodeId: string) => bigint) => {
    if (kind === 'hold' && given === null) return () => 0n
    return (nodeId) => {
      const { all, own } = unspent(nodeId)
      return (given ?? 0n) + (nodeId === payer.fundingNodeId ? own : all)
    }
  }

  return {
    /** What is left for calls, as far as this process knows. */
    figures: shown.figures,
    spend: shown.spend,
    remaining(): bigint | null {
      let least: bigint | null = null
      for (const figure of known) {
        const left = figure.remaining ?? remainingOf(figure)
        if (least === null || left < least) least = left
      }
      return least
    },
    /** What it said last counts no more. */
    forget(): void {
      known = []
    },
    async reserve(kind: Lease['kind'], id: string, amount: bigint): Promise<ReserveOutcome | null> {
      return ask(kind, amount, budget.reserve({ ...payer, kind, id, amount, processId, ttlMs }))
    },
    /** Adds to a reservation; what of it is for a call is still to be promised. */
    async grow(lease: Lease, amount: bigint): Promise<GrowOutcome | null> {
      const outcome = await ask(lease.kind, amount, budget.grow({ accountId, id: lease.id, amount, processId }))
      if (outcome?.outcome === 'held') lease.amount += amount
      return outcome
    },
    renew: (id: string): Promise<number | null> => budget.renew({ accountId, id, processId, ttlMs }),
    release: (id: string) => budget.release({ accountId, id }),
  }
}
export type Ledger = ReturnType<typeof createLedger>
