/** What one person may do in an account, and why. */
import { z } from 'zod'
import { Where } from './assignments.ts'
import { User } from './directory.ts'
import { id, routes, timestamp } from './kit.ts'
import { DenyRule, PermissionName } from './roles.ts'

const PermissionSource = z
  .object({
    via: z.enum(['membership', 'assignment']),
    id: z.string().nullable().describe('Of the role assignment'),
    role: z.object({ id: z.string(), name: z.string(), builtIn: z.boolean() }),
    scope: Where,
    since: timestamp,
    expiresAt: timestamp.nullable(),
    by: z.string().nullable().describe('Who gave it; null when the audit log no longer reaches back to that'),
    reason: z.string().nullable(),
    eventId: z.string().nullable().describe('The audit event of a role that comes with the membership'),
  })
  .meta({ id: 'PermissionSource' })
export type PermissionSource = z.infer<typeof PermissionSource>

const HeldPermission = z
  .object({
    permission: PermissionName,
    allowed: z.boolean().describe('False when a rule takes it, whatever roles give'),
    reach: z.enum(['account', 'part']),
    sources: z.array(PermissionSource).describe('Every role that gives it now'),
    deniedBy: DenyRule.nullable(),
  })
  .meta({ id: 'HeldPermission' })
export type HeldPermission = z.infer<typeof HeldPermission>

export const UserPermissions = z
  .object({
    userId: id('usr'),
    name: z.string(),
    status: User.shape.status.describe(
      'Whoever is suspended may do nothing; what is listed is theirs when they are back',
    ),
    source: User.shape.source,
    permissions: z.array(HeldPermission),
    upcoming: z.array(PermissionSource).describe('Roles that begin later'),
  })
  .meta({ id: 'UserPermissions' })
export type UserPermissions = z.infer<typeof UserPermissions>

export const userPermissionRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/users/{id}/permissions',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    summary: 'What a person may do here: because of which role, where, since when and by whom, and what a rule takes',
    params: z.object({ id: id('usr') }),
    returns: UserPermissions,
    problems: ['user.not_found'],
  },
})
