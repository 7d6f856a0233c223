import { providerRoutes } from '@cockpit/contract/providers'
import { bind } from '../../platform/index.ts'
import type { Providers } from './service.ts'

export const providerHandlers = (providers: Providers) =>
  bind(providerRoutes, {
    list: ({ ctx, query }) => providers.list(ctx, query),
    create: ({ ctx, body }) => providers.create(ctx, body),
    probe: ({ ctx, body }) => providers.probe(ctx, body),
    get: ({ ctx, params }) => providers.get(ctx, params.id),
    update: ({ ctx, params, body }) => providers.update(ctx, params.id, body),
    health: ({ ctx, params }) => providers.health(ctx, params.id),
    test: ({ ctx, params }) => providers.test(ctx, params.id),
    remove: ({ ctx, params }) => providers.remove(ctx, params.id),
  })
