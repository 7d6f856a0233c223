import { exporterRoutes } from '@cockpit/contract/exporters'
import { bind } from '../../platform/index.ts'
import type { Exporters } from './service.ts'

export const exporterHandlers = (exporters: Exporters) =>
  bind(exporterRoutes, {
    list: ({ ctx, query }) => exporters.list(ctx, query),
    create: ({ ctx, body }) => exporters.create(ctx, body),
    update: ({ ctx, params, body }) => exporters.update(ctx, params.id, body),
    test: ({ ctx, params }) => exporters.test(ctx, params.id),
    remove: ({ ctx, params }) => exporters.remove(ctx, params.id),
  })
