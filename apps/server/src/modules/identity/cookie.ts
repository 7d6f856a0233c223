import type { Route } from '@cockpit/contract/kit'
import type { Input, RequestFacts } from '../../platform/index.ts'
import { sessionLongestMs } from './model.ts'

type Reply = Input<Route>['reply']
type Asked = Pick<RequestFacts, 'headers' | 'cookies'>
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/**
 * The cookie that carries a session. Browsers accept a Secure cookie over https and from this machine; elsewhere, on a
 * plain http address of a local network, it has to do without. Only a Secure one may bear the `__Host-` name.
 */
export const createSessionCookie = (publicUrl: string) => {
  const { protocol, host } = new URL(publicUrl)
  const isSecure = (asked: string) => protocol === 'https:' || localHost.test(asked)
  const secureFor = ({ headers }: Asked) => isSecure(String(headers.host ?? ''))
  const nameOf = (secure: boolean) => (secure ? '__Host-cockpit' : 'cockpit')
  const nameFor = (request: Asked) => nameOf(secureFor(request))
  const optionsFor = (request: Asked) =>
    ({ path: '/', httpOnly: true, sameSite: 'lax', secure: secureFor(request) }) as const
  return {
    /** As it is called at the public address, for documentation. */
    name: nameOf(isSecure(host)),
    read: (request: Asked): string | null => request.cookies[nameFor(request)] || null,
    write: (request: Asked, reply: Reply, token: string) =>
      reply.setCookie(nameFor(request), token, { ...optionsFor(request), maxAge: sessionLongestMs / 1000 }),
    clear: (request: Asked, reply: Reply) => reply.clearCookie(nameFor(request), optionsFor(request)),
  }
}
export type SessionCookie = ReturnType<typeof createSessionCookie>
