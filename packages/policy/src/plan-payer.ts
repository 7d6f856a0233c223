/** Who pays for a call: the node of the budget plan that its owner draws from. */
import type { TracePlan } from '@cockpit/contract/usage-record'
import type { Book } from './book.ts'
import { resolvePayer } from './budget.ts'
import { refuse } from './denial.ts'
import type { Owner } from './principal.ts'
import { type AccountWorld, accountScope } from './world.ts'

export type PlannedPayer = { nodeId: string; path: readonly string[]; fundingNodeId: string }

export const judgePayer = (
  account: AccountWorld,
  owner: Owner,
  book: Book,
): { payer: PlannedPayer | null; trace: TracePlan['budget'] } => {
  const { budget } = account.slice
  const found = resolvePayer(budget, owner)
  const { startsAt, endsAt } = budget.cycle
  book.until(endsAt)
  const cycle = { startsAt, endsAt, timezone: budget.timezone }
  if ('denied' in found) {
    book.deny(
      'budget',
      'budget.payer',
      `plan ${budget.planId}`,
      refuse('budget.no_payer', found.denied, accountScope(account)),
    )
    return { payer: null, trace: { payer: null, source: found.denied, fundingNodeId: null, cycle, path: [] } }
  }
  const nodes = new Map(budget.nodes.map((node) => [node.id, node]))
  const path = found.path.flatMap((id) => {
    const node = nodes.get(id)
    return node ? [{ nodeId: node.id, mode: node.mode, scope: node.scope }] : []
  })
  return {
    payer: { nodeId: found.payerNodeId, path: found.path, fundingNodeId: found.fundingNodeId },
    trace: {
      payer: nodes.get(found.payerNodeId)?.scope ?? null,
      source: found.source,
      fundingNodeId: found.fundingNodeId,
      cycle,
      path,
    },
  }
}
