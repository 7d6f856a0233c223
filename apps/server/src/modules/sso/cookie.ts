import type { Route } from '@cockpit/contract/kit'
import type { Input, RequestFacts } from '../../platform/index.ts'

type Reply = Input<Route>['reply']
type Asked = Pick<RequestFacts, 'headers' | 'cookies'>
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** How long a sign-in may take, the person's own time at the provider included. */
export const flowMs = 15 * 60_000

/** Binds sign-ins on their way to one browser. It says nothing about anybody, and is gone soon. */
export const createFlowCookie = (publicUrl: string) => {
  const isHttps = publicUrl.startsWith('https:')
  const isSecure = ({ headers }: Asked) => isHttps || localHost.test(String(headers.host ?? ''))
  const nameFor = (asked: Asked) => (isSecure(asked) ? '__Host-cockpit-sign-in' : 'cockpit-sign-in')
  return {
    read: (asked: Asked): string | null => asked.cookies[nameFor(asked)] || null,
    write: (asked: Asked, reply: Reply, secret: string) =>
      reply.setCookie(nameFor(asked), secret, {
        path: '/',
        httpOnly: true,
        // the provider's answer is a navigation from another site, which `strict` would keep the cookie from
        sameSite: 'lax',
        secure: isSecure(asked),
        maxAge: flowMs / 1000,
      }),
  }
}
