import type { BudgetNode, BudgetOverview } from '@cockpit/contract/budgets'
import { useLoad } from '../../app/data.ts'

export const useOverview = (everyMs?: number) =>
  useLoad(['budgets', 'overview'], (api, signal) => api.budgets.overview({}, { signal }), {
    ...(everyMs ? { everyMs } : {}),
  })

/** The pool and everything under it. */
export const allNodes = ({ pool, nodes }: BudgetOverview): BudgetNode[] => [pool, ...nodes]
