import { budgetRoutes } from '@cockpit/contract/budgets'
import { bind } from '../../platform/index.ts'
import type { Budgets } from './service.ts'

export const budgetHandlers = (budgets: Budgets) =>
  bind(budgetRoutes, {
    grants: ({ ctx, params }) => budgets.grants.list(ctx, params.id),
    grant: ({ ctx, params, body }) => budgets.grants.create(ctx, params.id, body),
    revokeGrant: ({ ctx, params }) => budgets.grants.revoke(ctx, params.id, params.grantId),
    overview: ({ ctx }) => budgets.overview(ctx),
    setPlan: ({ ctx, body }) => budgets.setPlan(ctx, body),
    cycles: ({ ctx }) => budgets.cycles(ctx),
    renew: ({ ctx, query }) => budgets.renewCycle(ctx, query.dry_run),
    allocate: ({ ctx, body, query }) => budgets.allocations.allocate(ctx, body, query.dry_run),
    removeAllocation: ({ ctx, params }) => budgets.allocations.remove(ctx, params.id),
    distribute: ({ ctx, body, query }) => budgets.distribution.distribute(ctx, body, query.dry_run),
    effective: ({ ctx, query }) => budgets.effective(ctx, query),
    alerts: ({ ctx }) => budgets.alerts(ctx),
    ledger: ({ ctx, query }) => budgets.ledger(ctx, query),
  })
