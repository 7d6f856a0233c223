import type { Route } from '@cockpit/contract/kit'
import type { Input, RequestFacts } from '../../platform/index.ts'
import { sessionAbsoluteMs } from './model.ts'

type Reply = Input<Route>['reply']
type Asked = Pick<RequestFacts, 'headers' | 'cookies'>
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/**
 * The cookie that carries a session. Browsers accept a Secure cookie over https and from this machine; elsewhere, on a
 * plain http address of a local network, it has to do without. Only a Secure one may bear the `__Host-` name.
 */
export const createSessionCookie = (publicUrl: string) => {
  const isHttps = new URL(publicUrl).protocol === 'https:'
  const secureFor = ({ headers }: Asked) => isHttps || localHost.test(String(headers.host ?? ''))
  const nameFor = (request: Asked) => (secureFor(request) ? '__Host-cockpit' : 'cockpit')
  const optionsFor = (request: Asked) =>
    ({ path: '/', httpOnly: true, sameSite: 'lax', secure: secureFor(request) }) as const
  return {
    read: (request: Asked): string | null => request.cookies[nameFor(request)] || null,
    write: (request: Asked, reply: Reply, token: string) =>
      reply.setCookie(nameFor(request), token, { ...optionsFor(request), maxAge: sessionAbsoluteMs / 1000 }),
    clear: (request: Asked, reply: Reply) => reply.clearCookie(nameFor(request), optionsFor(request)),
  }
}
export type SessionCookie = ReturnType<typeof createSessionCookie>
