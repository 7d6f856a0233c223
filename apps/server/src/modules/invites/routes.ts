import { invitationRoutes, inviteRoutes } from '@cockpit/contract/invites'
import { bind } from '../../platform/index.ts'
import type { Invites } from './service.ts'

export const invitesHandlers = (invites: Invites) => [
  ...bind(inviteRoutes, {
    list: ({ ctx, query }) => invites.list(ctx, query),
    create: ({ ctx, body }) => invites.create(ctx, body),
    resend: ({ ctx, params }) => invites.resend(ctx, params.id),
    revoke: ({ ctx, params }) => invites.revoke(ctx, params.id),
  }),
  ...bind(invitationRoutes, {
    look: ({ ctx, body }) => invites.look(ctx, body.token),
    accept: ({ ctx, body }) => invites.accept(ctx, body),
    join: ({ ctx, body }) => invites.join(ctx, body),
  }),
]
