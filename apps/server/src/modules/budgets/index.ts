/**
 * Credits: who has how many, who may spend them, and where they went. Owns budget_plans, budget_cycles, budget_grants,
 * budget_nodes, budget_balances, holds, ledger_entries and budget_alerts; emits grant.*, budget_plan.*, budget_cycle.*,
 * budget_allocation.* and budget.*.
 */
export type { HeldFigures, ReserveOutcome } from './holds.ts'
export { budgetJobs } from './jobs.ts'
export type { KeyOwner } from './port.ts'
export { budgetHandlers } from './routes.ts'
export { type BudgetDeps, type Budgets, createBudgets } from './service.ts'
