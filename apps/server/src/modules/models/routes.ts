import { modelRoutes } from '@cockpit/contract/models'
import { routingRoutes } from '@cockpit/contract/routing'
import { bind } from '../../platform/index.ts'
import type { Models } from './service.ts'

export const modelHandlers = (models: Models) => [
  ...bind(modelRoutes, {
    list: ({ ctx, query }) => models.list(ctx, query),
    create: ({ ctx, body }) => models.create(ctx, body),
    get: ({ ctx, params }) => models.get(ctx, params.id),
    update: ({ ctx, params, body }) => models.update(ctx, params.id, body),
    remove: ({ ctx, params }) => models.remove(ctx, params.id),
    prices: ({ ctx, params }) => models.prices(ctx, params.id),
    setPrice: ({ ctx, params, body }) => models.setPrice(ctx, params.id, body),
    eligibility: ({ ctx, params }) => models.eligibility(ctx, params.id),
    setEligibility: ({ ctx, params, body }) => models.setEligibility(ctx, params.id, body),
    setSelection: ({ ctx, body }) => models.setSelection(ctx, body),
    chain: ({ ctx }) => models.chain(ctx),
  }),
  ...bind(routingRoutes, {
    get: ({ ctx, params }) => models.route.get(ctx, params.id),
    set: ({ ctx, params, body }) => models.route.set(ctx, params.id, body),
    shadow: ({ ctx, params }) => models.shadows.report(ctx, params.id),
    simulate: ({ ctx, params, body }) => models.route.simulate(ctx, params.id, body),
  }),
]
