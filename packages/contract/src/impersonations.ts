/** Seeing the product as somebody else, and what the person seen hears of it. */
import { z } from 'zod'
import { id, pageOf, pageQuery, routes, timestamp } from './kit.ts'
import { reason } from './roles.ts'

const named = z.object({ id: z.string(), name: z.string() })

export const Impersonation = z
  .object({
    id: id('imp'),
    actor: named.describe('Who looked'),
    subject: named.describe('As whom'),
    accountId: z.string(),
    reason: z.string(),
    ticket: z.string().nullable(),
    writes: z.boolean().describe('Whether they could change things as well'),
    startedAt: timestamp,
    expiresAt: timestamp,
    endedAt: timestamp.nullable().describe('When it was over, by itself or because somebody stopped it'),
  })
  .meta({ id: 'Impersonation' })
export type Impersonation = z.infer<typeof Impersonation>

export const ImpersonationNotice = Impersonation.extend({
  accountName: z.string(),
  seenAt: timestamp.nullable().describe('When you took note of it'),
}).meta({ id: 'ImpersonationNotice' })
export type ImpersonationNotice = z.infer<typeof ImpersonationNotice>

export const impersonationPolicies = ['forbidden', 'read_only', 'allowed'] as const
export const AccessSettings = z
  .object({
    impersonation: z.enum(impersonationPolicies).describe('What people of the platform may do as somebody here'),
  })
  .meta({ id: 'AccessSettings' })
export type AccessSettings = z.infer<typeof AccessSettings>

const NewImpersonation = z
  .object({
    userId: id('usr'),
    reason,
    ticket: z.string().trim().min(1).max(80).nullable().default(null),
    writes: z.boolean().default(false),
  })
  .strict()
export type NewImpersonation = z.infer<typeof NewImpersonation>

export const impersonationRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/impersonations',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    summary: 'Who saw this account as one of its people, newest first',
    query: pageQuery,
    returns: pageOf(Impersonation),
  },
  start: {
    method: 'POST',
    path: '/v1/impersonations',
    tag: 'Access',
    permission: 'user.impersonate',
    scope: 'account',
    status: 201,
    stepUp: true,
    asOther: 'never',
    summary: 'See the product as a person of this account who may do at most what you may',
    description: 'For half an hour, in this browser session; looking only, unless `writes` is asked for and allowed.',
    body: NewImpersonation,
    returns: Impersonation,
    problems: ['user.not_found', 'impersonation.above', 'impersonation.not_allowed'],
    emits: 'impersonation.started',
  },
  stop: {
    method: 'DELETE',
    path: '/v1/impersonations/current',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    asOther: 'always',
    summary: 'Be yourself again',
    returns: z.void(),
    emits: 'impersonation.ended',
  },
  mine: {
    method: 'GET',
    path: '/v1/me/impersonations',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'none',
    summary: 'When somebody saw the product as you, newest first',
    returns: z.object({ items: z.array(ImpersonationNotice) }),
  },
  seen: {
    method: 'POST',
    path: '/v1/me/impersonations/seen',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    summary: 'Take note of them',
    returns: z.void(),
  },
  settings: {
    method: 'GET',
    path: '/v1/access-settings',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    summary: 'Whether people of the platform may see the product as somebody here',
    returns: AccessSettings,
  },
  setSettings: {
    method: 'PUT',
    path: '/v1/access-settings',
    tag: 'Access',
    permission: 'access.write',
    scope: 'account',
    stepUp: true,
    summary: 'Forbid or allow it; what is under way ends when it is forbidden',
    body: AccessSettings.strict(),
    returns: AccessSettings,
    emits: 'access_settings.updated',
  },
})
