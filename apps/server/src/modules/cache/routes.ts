import { cacheRoutes } from '@cockpit/contract/cache'
import { bind } from '../../platform/index.ts'
import type { Cache } from './service.ts'

export const cacheHandlers = (cache: Cache) =>
  bind(cacheRoutes, {
    list: ({ ctx, query }) => cache.list(ctx, query),
    create: ({ ctx, body }) => cache.create(ctx, body),
    get: ({ ctx, params }) => cache.get(ctx, params.id),
    update: ({ ctx, params, body }) => cache.update(ctx, params.id, body),
    clear: ({ ctx, params }) => cache.clear(ctx, params.id),
    remove: ({ ctx, params }) => cache.remove(ctx, params.id),
  })
