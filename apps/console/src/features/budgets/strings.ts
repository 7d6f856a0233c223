import type { BudgetNode } from '@cockpit/contract/budgets'
import { messages } from '../../app/i18n.ts'

export const budgetText = messages('budgets', {
  title: 'Budgets',
  about: 'Who may spend how many credits of this account in a cycle, and what is left.',
  tree: 'Tree',
  distribute: 'Distribute',
  effective: 'Effective',
  alerts: 'Alerts',
  cycles: 'Cycles',
  ledger: 'Ledger',
  pool: 'Pool',
  unallocated: 'Unallocated',
  limit: 'Limit',
  settled: 'Spent',
  held: 'Held',
  remaining: 'Left',
  carved: 'Allocated below',
  overdraft: 'Overdrawn',
  mode: 'Mode',
  source: 'Set',
  credits: 'credits',
  allocate: 'Allocate',
  change: 'Change limit',
  move: 'Move credits',
  remove: 'Remove',
  person: 'Person',
  team: 'Team',
  org: 'Org',
  key: 'Key',
  account: 'Account',
  yourPool: (name: string) => `${name} (pool)`,
})

export const scopeLabels: Record<BudgetNode['scope']['type'], string> = {
  account: budgetText.account,
  org: budgetText.org,
  team: budgetText.team,
  user: budgetText.person,
}

export const modeText = messages('budgetModes', {
  carve: 'Carve',
  cap: 'Cap',
  carveHelp: 'Moves credits out of the parent: they are reserved, and nobody else can spend them.',
  capHelp: 'A ceiling on what may be drawn from the parent: it reserves nothing.',
})

export const sourceLabels: Record<BudgetNode['source'], string> = messages('budgetSources', {
  manual: 'By hand',
  equal: 'Equal share',
  override: 'Override',
})

/** How a node is called in sentences and pickers. */
export const titleOf = ({ parentId, scope }: Pick<BudgetNode, 'parentId' | 'scope'>): string =>
  parentId === null ? budgetText.yourPool(scope.name) : scope.name
