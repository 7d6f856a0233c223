import { savedViewRoutes } from '@cockpit/contract/saved-views'
import { bind } from '../../platform/index.ts'
import type { SavedViews } from './service.ts'

export const savedViewHandlers = (views: SavedViews) =>
  bind(savedViewRoutes, {
    list: ({ ctx, query }) => views.list(ctx, query.list),
    create: ({ ctx, body }) => views.create(ctx, body),
    update: ({ ctx, params, body }) => views.update(ctx, params.id, body),
    remove: ({ ctx, params }) => views.remove(ctx, params.id),
  })
