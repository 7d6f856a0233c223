/** Who could not sign in and why, and the lock that too many failures put on a person. */
import { z } from 'zod'
import { Session } from './identity.ts'
import { id, instant, pageOf, routes, searchQuery, timestamp } from './kit.ts'

export const signInFailureReasons = [
  'unknown',
  'wrong_password',
  'no_password',
  'second_factor',
  'locked',
  'suspended',
  'sso_required',
  'network',
] as const
export type SignInFailureReason = (typeof signInFailureReasons)[number]

/** Matches beyond this are not counted. */
export const signInFailureCountMax = 1_000
/** How long they are kept. */
export const signInFailureDays = 30

export const SignInFailure = z
  .object({
    id: id('sif'),
    at: timestamp,
    email: z.string().describe('As it was typed, in lower case'),
    user: z
      .object({ id: id('usr'), name: z.string() })
      .nullable()
      .describe('Whose address it is; null for nobody’s'),
    reason: z
      .enum(signInFailureReasons)
      .describe(
        '`locked`: after too many failures; `network`: everything was right, from an address that is not allowed',
      ),
    ip: Session.shape.ip,
    place: Session.shape.place,
    device: Session.shape.device,
    userAgent: Session.shape.userAgent,
  })
  .meta({ id: 'SignInFailure' })
export type SignInFailure = z.infer<typeof SignInFailure>

const user = z.object({ id: id('usr') })

export const signInFailureRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/sign-in-failures',
    tag: 'Identity',
    permission: 'session.manage',
    scope: 'any',
    sensitive: true,
    emits: 'sign_in_failures.read',
    summary: 'List failed sign-ins, newest first',
    description: `Of the people of the account, or of everybody for the platform; addresses that nobody has are shown to super admins only. Kept for ${signInFailureDays} days. Many a minute of one address are written down in part.`,
    query: searchQuery.extend({
      q: searchQuery.shape.q.describe('In the address or the name'),
      userId: id('usr').optional(),
      reason: z.enum(signInFailureReasons).optional(),
      ip: z.string().max(64).optional(),
      from: instant.optional(),
      to: instant.optional(),
    }),
    returns: pageOf(SignInFailure).extend({
      totalIsMin: z.boolean().describe('There are more than `total`: counting stopped there'),
    }),
  },
  lock: {
    method: 'GET',
    path: '/v1/users/{id}/lock',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    summary: 'Whether too many failures keep a person out',
    params: user,
    returns: z.object({ until: timestamp.nullable().describe('Null: they are not locked') }),
    problems: ['user.not_found'],
  },
  unlock: {
    method: 'DELETE',
    path: '/v1/users/{id}/lock',
    tag: 'Directory',
    permission: 'session.manage',
    scope: 'any',
    asOther: 'never',
    status: 204,
    summary: 'Forgive the failures that keep a person out',
    description:
      'For people who belong to this account alone and may do no more than you; super admins do it for anybody. What locks an address of the network stays.',
    params: user,
    returns: z.void(),
    problems: ['user.not_found', 'lock.not_found'],
    emits: 'user.unlocked',
  },
})
