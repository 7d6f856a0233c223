import type { TabLink } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { budgetText as t } from './strings.ts'

const tabs = ['tree', 'distribute', 'effective', 'alerts', 'cycles', 'ledger'] as const
export type BudgetTab = (typeof tabs)[number]

export const useBudgetTabs = (active: BudgetTab): TabLink[] => {
  const { href, can } = useScope()
  return tabs
    .filter((tab) => tab !== 'distribute' || can('budget.write'))
    .map((tab) => ({
      href: href(tab === 'tree' ? 'budgets' : `budgets/${tab}`),
      label: t[tab],
      active: tab === active,
    }))
}
