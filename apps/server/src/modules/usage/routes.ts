import { keptContentRoutes } from '@cockpit/contract/kept-content'
import { trafficRoutes } from '@cockpit/contract/traffic'
import { usageRoutes } from '@cockpit/contract/usage'
import { bind } from '../../platform/index.ts'
import type { Contents } from './contents.ts'
import type { LiveTail } from './live.ts'
import type { Usage } from './service.ts'
import type { TrafficWatch } from './traffic.ts'

export const usageHandlers = (usage: Usage, live: LiveTail) =>
  bind(usageRoutes, {
    list: ({ ctx, query }) => usage.list(ctx, query),
    get: ({ ctx, params }) => usage.get(ctx, params.id),
    live: async ({ ctx, query, request }) => live.follow(ctx, query, request.signal),
    breakdown: ({ ctx, query }) => usage.breakdown(ctx, query),
    series: ({ ctx, query }) => usage.series(ctx, query),
  })

export const keptContentHandlers = (contents: Contents) =>
  bind(keptContentRoutes, {
    get: ({ ctx }) => contents.get(ctx),
    set: ({ ctx, body }) => contents.set(ctx, body),
    erase: ({ ctx, body }) => contents.erase(ctx, body),
  })

export const trafficHandlers = (traffic: TrafficWatch) =>
  bind(trafficRoutes, { live: async ({ ctx, query, request }) => traffic.follow(ctx, query, request.signal) })
