import { identityRoutes } from '@cockpit/contract/identity'
import { type Bound, bind } from '../../platform/index.ts'
import type { Describe } from './port.ts'
import type { Identity } from './service.ts'

// who the caller is belongs to the access room, which binds that route
const { context: _, ...routes } = identityRoutes

export const identityHandlers = ({ cookie, sessions, setup }: Identity, describe: Describe): Bound[] =>
  bind(routes, {
    setupState: async ({ ctx }) => ({ needed: await setup.isNeeded(ctx) }),
    async setup({ ctx, body, request, reply }) {
      const opened = await setup.complete(ctx, body, cookie.read(request))
      cookie.write(request, reply, opened.token)
      return describe(opened.ctx)
    },
    async signIn({ ctx, body, request, reply }) {
      const opened = await sessions.signIn(ctx, body, cookie.read(request))
      cookie.write(request, reply, opened.token)
      return describe(opened.ctx)
    },
    async signOut({ ctx, request, reply }) {
      await sessions.signOut(ctx)
      cookie.clear(request, reply)
    },
    sessions: async ({ ctx }) => ({ items: await sessions.list(ctx) }),
    endSession: ({ ctx, params }) => sessions.end(ctx, params.id),
    changePassword: ({ ctx, body }) => sessions.changePassword(ctx, body),
  })
