import { clientCredentialRoutes } from '@cockpit/contract/client-credentials'
import { type Bound, bind } from '../../platform/index.ts'
import type { Clients } from './service.ts'

export const clientHandlers = ({ credentials }: Clients): Bound[] =>
  bind(clientCredentialRoutes, {
    list: ({ ctx, params }) => credentials.list(ctx, params.id),
    create: ({ ctx, params, body }) => credentials.create(ctx, params.id, body),
    revoke: ({ ctx, params }) => credentials.revoke(ctx, params.id, params.credentialId),
  })
