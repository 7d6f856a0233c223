import type { AllocationInput, BudgetNode } from '@cockpit/contract/budgets'

/** The call that makes an allocation what it is now, to put it back later. */
export const allocationOf = ({ scope, mode, limit, source }: BudgetNode): AllocationInput => ({
  // only orgs, teams and people have allocations; the pool is not one
  scope: { type: scope.type === 'account' ? 'org' : scope.type, id: scope.id },
  mode,
  limit,
  source: source === 'override' ? 'override' : 'manual',
})
