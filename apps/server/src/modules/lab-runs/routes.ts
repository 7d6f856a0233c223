import { labRunRoutes } from '@cockpit/contract/lab-runs'
import { bind } from '../../platform/index.ts'
import type { LabRuns } from './service.ts'

export const labRunHandlers = (runs: LabRuns) =>
  bind(labRunRoutes, {
    list: ({ ctx, query }) => runs.list(ctx, query),
    get: ({ ctx, params }) => runs.get(ctx, params.id),
    create: ({ ctx, body }) => runs.create(ctx, body),
    update: ({ ctx, params, body }) => runs.update(ctx, params.id, body),
    remove: ({ ctx, params }) => runs.remove(ctx, params.id),
  })
