import type { Transaction } from 'kysely'
import type { DB } from './tables.ts'

/** Travels with the context of one write, so that its promises are kept in the very transaction that changes something. */
export type WriteGuard = {
  /** Runs last in each transaction that changed something; what it throws undoes that change. */
  beforeCommit(trx: Transaction<DB>): Promise<void>
  committed(): void
}

/** Several guards as one; they run in order. */
export const allOf = (guards: readonly WriteGuard[]): WriteGuard => ({
  async beforeCommit(trx) {
    for (const guard of guards) await guard.beforeCommit(trx)
  },
  committed() {
    for (const guard of guards) guard.committed()
  },
})
