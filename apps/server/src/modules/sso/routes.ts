import { signInRoutes, ssoRoutes } from '@cockpit/contract/sso'
import { type Bound, bind, type Ctx } from '../../platform/index.ts'
import type { SessionCookiePort, SingleSignOn } from './service.ts'

const within = (ctx: Ctx, accountId: string): Ctx => ({ ...ctx, accountId })

export const ssoHandlers = (sso: SingleSignOn): Bound[] => [...settingsHandlers(sso), ...signInHandlers(sso)]

const settingsHandlers = ({ settings, domains }: SingleSignOn) =>
  bind(ssoRoutes, {
    ofAccount: ({ ctx, params }) => settings.get(within(ctx, params.id)),
    setOfAccount: ({ ctx, params, body }) => settings.set(within(ctx, params.id), body),
    removeOfAccount: ({ ctx, params }) => settings.remove(within(ctx, params.id)),
    get: ({ ctx }) => settings.get(ctx),
    set: ({ ctx, body }) => settings.set(ctx, body),
    remove: ({ ctx }) => settings.remove(ctx),
    test: ({ ctx, body, request }) => settings.test(ctx, body, request.signal),
    domains: async ({ ctx }) => ({ items: await domains.list(ctx) }),
    addDomain: ({ ctx, body }) => domains.add(ctx, body.domain),
    verifyDomain: ({ ctx, params }) => domains.verify(ctx, params.id),
    removeDomain: ({ ctx, params }) => domains.remove(ctx, params.id),
  })

const signInHandlers = ({ waysIn, signIn, signOut, cookie, flowCookie }: SingleSignOn) => {
  const arrive = async (
    { ctx, query, request, reply }: Arriving,
    accountId: string | null,
  ): Promise<{ location: string }> => {
    const answer = {
      accountId,
      query: searchOf(query),
      browser: flowCookie.read(request),
      oldToken: cookie.read(request),
    }
    const { location, token } = await signIn.callback(ctx, answer)
    if (token !== null) cookie.write(request, reply, token)
    return { location }
  }
  return bind(signInRoutes, {
    resolve: ({ ctx, body }) => waysIn(ctx, body),
    async start({ ctx, body, request, reply }) {
      const { location, browser } = await signIn.start(ctx, body, flowCookie.read(request))
      flowCookie.write(request, reply, browser)
      return { location }
    },
    async confirm({ ctx, body, request, reply }) {
      const { location, browser } = await signIn.confirm(ctx, body.next, flowCookie.read(request))
      flowCookie.write(request, reply, browser)
      return { location }
    },
    callback: (input) => arrive(input, null),
    callbackOfAccount: (input) => arrive(input, input.params.id),
    async signOut({ ctx, request, reply }) {
      const location = await signOut.signOut(ctx)
      cookie.clear(request, reply)
      return { location }
    },
    backchannelLogout: async ({ ctx, request }) => ({ ended: await signOut.backchannel(ctx, request.rawBody) }),
  })
}
type Arriving = {
  ctx: Ctx
  query: Readonly<Record<string, unknown>>
  request: Parameters<SessionCookiePort['read']>[0]
  reply: Parameters<SessionCookiePort['write']>[1]
}

/** A parameter that came twice comes twice here too, so that it is seen. */
const searchOf = (query: Readonly<Record<string, unknown>>): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, String(one)]),
    ),
  )
