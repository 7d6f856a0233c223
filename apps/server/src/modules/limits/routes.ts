import { capRoutes } from '@cockpit/contract/caps'
import { limitRoutes } from '@cockpit/contract/limits'
import { bind } from '../../platform/index.ts'
import type { CallLimitsRoom } from './service.ts'
import type { WorkCountsRoom } from './work.ts'

export const limitHandlers = (limits: CallLimitsRoom) =>
  bind(limitRoutes, {
    list: ({ ctx, query }) => limits.list(ctx, query),
    create: ({ ctx, body }) => limits.create(ctx, body),
    get: ({ ctx, params }) => limits.get(ctx, params.id),
    update: ({ ctx, params, body }) => limits.update(ctx, params.id, body),
    remove: ({ ctx, params }) => limits.remove(ctx, params.id),
  })

export const workCountHandlers = (counts: Pick<WorkCountsRoom, 'list'>) =>
  bind(capRoutes, { list: ({ ctx, query }) => counts.list(ctx, query) })
