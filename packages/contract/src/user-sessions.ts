/** Where somebody of an account is signed in and what proves them, as the account's admins see and end it. */
import { z } from 'zod'
import { Session } from './identity.ts'
import { id, routes } from './kit.ts'

const user = z.object({ id: id('usr') })

export const userSessionRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/users/{id}/sessions',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    sensitive: true,
    summary: 'Where a person is signed in',
    description:
      'Of somebody who belongs to other accounts too, only sessions that reach no other account; super admins see all. `current` is the one that asks. Each look is an audit event.',
    params: user,
    returns: z.object({ items: z.array(Session) }),
    problems: ['user.not_found'],
    emits: 'user.sessions_read',
  },
  end: {
    method: 'DELETE',
    path: '/v1/users/{id}/sessions/{sessionId}',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    asOther: 'never',
    status: 204,
    summary: 'End one session of a person',
    params: user.extend({ sessionId: id('ses') }),
    returns: z.void(),
    problems: ['user.not_found', 'session.not_found'],
    emits: 'session.ended',
  },
  endAll: {
    method: 'DELETE',
    path: '/v1/users/{id}/sessions',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    stepUp: true,
    asOther: 'never',
    summary: 'End what a person has open here',
    description:
      'Ends every session that the list shows, but not the one that asks. For somebody of this account alone, tokens of an identity provider that they were given until now open nothing any more.',
    params: user,
    returns: z.object({ ended: z.number().int() }),
    problems: ['user.not_found'],
    emits: 'session.ended',
  },
  resetFactors: {
    method: 'DELETE',
    path: '/v1/users/{id}/factors',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    asOther: 'never',
    stepUp: true,
    status: 204,
    summary: 'Remove the second factors of a person who lost them',
    description:
      'Authenticator app, passkeys and recovery codes. For people who belong to this account alone and may do no more than you; super admins do it for anybody.',
    params: user,
    returns: z.void(),
    problems: ['user.not_found', 'second_factor.not_found', 'user.last_admin', 'platform_person.last'],
    emits: 'user.factors_reset',
  },
})
