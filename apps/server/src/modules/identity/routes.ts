import { identityRoutes } from '@cockpit/contract/identity'
import { platformPeopleRoutes } from '@cockpit/contract/platform-people'
import { type Bound, bind } from '../../platform/index.ts'
import type { Describe } from './port.ts'
import type { Identity } from './service.ts'

// who the caller is belongs to the access room, which binds that route
const { context: _, ...routes } = identityRoutes

export const identityHandlers = (
  { cookie, sessions, signIn, passwords, stepUp, setup, platformPeople }: Identity,
  describe: Describe,
): Bound[] => [
  ...bind(routes, {
    setupState: async ({ ctx }) => ({ needed: await setup.isNeeded(ctx) }),
    async setup({ ctx, body, request, reply }) {
      const opened = await setup.complete(ctx, body, cookie.read(request))
      cookie.write(request, reply, opened.token)
      return describe(opened.ctx)
    },
    async signIn({ ctx, body, request, reply }) {
      const opened = await signIn(ctx, body, cookie.read(request))
      cookie.write(request, reply, opened.token)
      return describe(opened.ctx)
    },
    async signOut({ ctx, request, reply }) {
      await sessions.signOut(ctx)
      cookie.clear(request, reply)
    },
    sessions: async ({ ctx }) => ({ items: await sessions.list(ctx) }),
    endSession: ({ ctx, params }) => sessions.end(ctx, params.id),
    changePassword: ({ ctx, body }) => passwords.change(ctx, body),
    stepUpOptions: ({ ctx }) => stepUp.options(ctx),
    async stepUp({ ctx, body, request, reply }) {
      const { token, options } = await stepUp.confirm(ctx, body)
      cookie.write(request, reply, token)
      return options
    },
  }),
  ...bind(platformPeopleRoutes, {
    list: ({ ctx }) => platformPeople.list(ctx),
    add: ({ ctx, body }) => platformPeople.add(ctx, body),
    update: ({ ctx, params, body }) => platformPeople.update(ctx, params.id, body.role),
    remove: ({ ctx, params }) => platformPeople.remove(ctx, params.id),
  }),
]
