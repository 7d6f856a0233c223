import { accountRoutes } from '@cockpit/contract/accounts'
import { bind } from '../../platform/index.ts'
import type { Tenancy } from './service.ts'

export const accountHandlers = (tenancy: Tenancy) =>
  bind(accountRoutes, {
    list: ({ ctx, query }) => tenancy.list(ctx, query),
    create: ({ ctx, body }) => tenancy.create(ctx, body),
    get: ({ ctx, params }) => tenancy.get(ctx, params.id),
    update: ({ ctx, params, body }) => tenancy.update(ctx, params.id, body),
    setStatus: ({ ctx, params, body }) => tenancy.setStatus(ctx, params.id, body.status),
    remove: ({ ctx, params, query }) => tenancy.remove(ctx, params.id, query),
  })
