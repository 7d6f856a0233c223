import { breakGlassRoutes } from '@cockpit/contract/break-glass'
import { identityRoutes } from '@cockpit/contract/identity'
import { passwordResetRoutes } from '@cockpit/contract/password-resets'
import { platformPeopleRoutes } from '@cockpit/contract/platform-people'
import { signInFailureRoutes } from '@cockpit/contract/sign-in-failures'
import { userSessionRoutes } from '@cockpit/contract/user-sessions'
import { type Bound, bind, type ReplyExtras, type RequestFacts } from '../../platform/index.ts'
import type { Describe } from './port.ts'
import type { Identity } from './service.ts'
import type { OpenedSession } from './sessions.ts'

// who the caller is belongs to the access room, which binds that route
const { context: _, ...routes } = identityRoutes
const { state, open, ...ofBreakGlass } = breakGlassRoutes

export const identityHandlers = (identity: Identity, describe: Describe): Bound[] => {
  const { cookie, sessions, signIn, signOut, passwords, stepUp, setup, platformPeople, passwordResets } = identity
  const { memberSessions, failures, locks, breakGlass } = identity
  const entered = (request: RequestFacts, reply: ReplyExtras, opened: OpenedSession) => {
    cookie.write(request, reply, opened.token)
    return describe(opened.ctx)
  }
  return [
    ...bind(routes, {
      setupState: async ({ ctx }) => ({ needed: await setup.isNeeded(ctx) }),
      async setup({ ctx, body, request, reply }) {
        return entered(request, reply, await setup.complete(ctx, body, cookie.read(request)))
      },
      async signIn({ ctx, body, request, reply }) {
        const opened = await signIn.withPassword(ctx, body, cookie.read(request))
        if ('token' in opened) return entered(request, reply, opened)
        reply.status(202)
        return opened
      },
      secondFactor: async ({ ctx, body, request, reply }) =>
        entered(request, reply, await signIn.withSecondFactor(ctx, body, cookie.read(request))),
      passkeySignInOptions: ({ ctx }) => signIn.beginPasskey(ctx),
      signInWithPasskey: async ({ ctx, body, request, reply }) =>
        entered(request, reply, await signIn.withPasskey(ctx, body, cookie.read(request))),
      async signOut({ ctx, request, reply }) {
        await signOut(ctx)
        cookie.clear(request, reply)
      },
      sessions: async ({ ctx }) => ({ items: await sessions.list(ctx) }),
      endOtherSessions: async ({ ctx }) => ({ ended: await sessions.endOthers(ctx) }),
      endSession: ({ ctx, params }) => sessions.end(ctx, params.id),
      changePassword: ({ ctx, body }) => passwords.change(ctx, body),
      stepUpPasskey: ({ ctx }) => stepUp.beginPasskey(ctx),
      stepUpOptions: ({ ctx }) => stepUp.options(ctx),
      async stepUp({ ctx, body, request, reply }) {
        const { token, options } = await stepUp.confirm(ctx, body)
        cookie.write(request, reply, token)
        return options
      },
    }),
    ...bind(userSessionRoutes, {
      list: async ({ ctx, params }) => ({ items: await memberSessions.list(ctx, params.id) }),
      end: ({ ctx, params }) => memberSessions.end(ctx, params.id, params.sessionId),
      endAll: async ({ ctx, params }) => ({ ended: await memberSessions.endAll(ctx, params.id) }),
      resetFactors: ({ ctx, params }) => memberSessions.resetFactors(ctx, params.id),
    }),
    ...bind(signInFailureRoutes, {
      list: ({ ctx, query }) => failures.list(ctx, query),
      lock: async ({ ctx, params }) => ({ until: (await locks.of(ctx, params.id))?.toISOString() ?? null }),
      unlock: ({ ctx, params }) => locks.release(ctx, params.id),
    }),
    ...bind(ofBreakGlass, {
      sessions: async ({ ctx }) => ({ items: await breakGlass.sessions(ctx) }),
      end: async ({ ctx }) => ({ ended: await breakGlass.end(ctx, null) }),
      acknowledge: ({ ctx, body }) => breakGlass.acknowledge(ctx, new Date(body.upTo)),
    }),
    // where nothing is sealed these addresses are like any that is not there
    ...(breakGlass.isSealed
      ? bind(
          { state, open },
          {
            state: async () => ({ minutesMax: breakGlass.minutesMax }),
            open: async ({ ctx, body, request, reply }) =>
              entered(request, reply, await breakGlass.open(ctx, body, cookie.read(request))),
          },
        )
      : []),
    ...bind(passwordResetRoutes, {
      create: ({ ctx, params }) => passwordResets.create(ctx, params.id),
      use: ({ ctx, body }) => passwordResets.use(ctx, body),
    }),
    ...bind(platformPeopleRoutes, {
      list: ({ ctx }) => platformPeople.list(ctx),
      add: ({ ctx, body }) => platformPeople.add(ctx, body),
      update: ({ ctx, params, body }) => platformPeople.update(ctx, params.id, body.role),
      remove: ({ ctx, params }) => platformPeople.remove(ctx, params.id),
    }),
  ]
}
