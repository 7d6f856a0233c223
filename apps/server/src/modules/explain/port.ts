import type { BudgetFigures, CallPlan, CandidateLoad, RateFigure, World } from '@cockpit/policy'
import type { Tx } from '../../platform/index.ts'

export type ExplainPorts = {
  /** The snapshot that gateways decide with. */
  world: () => World
  /** The figures of budget nodes in the open cycle, as the ledger has them now. */
  figures: (tx: Tx, nodeIds: readonly string[]) => Promise<BudgetFigures[]>
  /** What this process has counted against the rate limits of a plan, without counting the question. */
  rates: (plan: CallPlan) => RateFigure[]
  /** What this process knows of a deployment; null where it made no call over it. */
  load: (connectionId: string, upstreamModel: string) => CandidateLoad | null
  /** Credits this process has leased through a node and neither spent nor promised; `own` is what the node funds itself. */
  leaseRoom: (nodeId: string) => { all: bigint; own: bigint }
}
