import { keyRoutes } from '@cockpit/contract/keys'
import { bind } from '../../platform/index.ts'
import type { Keys } from './service.ts'

export const keyHandlers = (keys: Keys) =>
  bind(keyRoutes, {
    list: ({ ctx, query }) => keys.list(ctx, query),
    create: ({ ctx, body }) => keys.create(ctx, body),
    adopt: ({ ctx, body }) => keys.adopt(ctx, body.keys),
    playground: ({ ctx }) => keys.playground(ctx),
    get: ({ ctx, params }) => keys.get(ctx, params.id),
    update: ({ ctx, params, body }) => keys.update(ctx, params.id, body),
    rotate: ({ ctx, params, body }) => keys.rotate(ctx, params.id, body),
    revoke: ({ ctx, params }) => keys.revoke(ctx, params.id),
  })
