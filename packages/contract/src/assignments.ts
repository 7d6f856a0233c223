/** Roles beside the one of the membership: for a part of the account, for a time, or on request. */
import { z } from 'zod'
import { id, pageOf, pageQuery, routes, timestamp } from './kit.ts'
import { RoleRef, reason } from './roles.ts'

export const AccessScope = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('account') }).strict(),
    z.object({ type: z.literal('org'), id: id('org') }).strict(),
    z.object({ type: z.literal('team'), id: id('team') }).strict(),
  ])
  .meta({ id: 'AccessScope' })
export type AccessScope = z.infer<typeof AccessScope>

const named = z.object({ id: z.string(), name: z.string() })
export const Where = z
  .object({ type: z.enum(['account', 'org', 'team']), id: z.string().nullable(), name: z.string() })
  .describe('The part of the account it is for')
const Holder = z.object({ kind: z.enum(['user', 'service_account']), id: z.string(), name: z.string() })

export const RoleAssignment = z
  .object({
    id: id('ras'),
    principal: Holder,
    role: named,
    scope: Where,
    startsAt: timestamp,
    expiresAt: timestamp.nullable(),
    state: z.enum(['pending', 'active', 'expired']),
    reason: z.string().nullable(),
    grantedBy: z.string(),
    createdAt: timestamp,
  })
  .meta({ id: 'RoleAssignment' })
export type RoleAssignment = z.infer<typeof RoleAssignment>

const NewAssignment = z
  .object({
    principal: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('user'), id: id('usr') }).strict(),
      z.object({ kind: z.literal('service_account'), id: id('sva') }).strict(),
    ]),
    role: RoleRef,
    scope: AccessScope.default({ type: 'account' }),
    startsAt: timestamp.optional().describe('Now when absent'),
    expiresAt: timestamp.nullable().default(null),
    reason: reason.nullable().default(null),
  })
  .strict()
export type NewAssignment = z.infer<typeof NewAssignment>

export const RoleRequest = z
  .object({
    id: id('rrq'),
    user: named,
    role: named,
    scope: Where,
    hours: z.number().int(),
    reason: z.string(),
    status: z.enum(['open', 'approved', 'refused', 'withdrawn']),
    decidedBy: z.string().nullable(),
    decidedAt: timestamp.nullable(),
    decision: z.string().nullable().describe('What whoever decided wrote'),
    assignmentId: id('ras').nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'RoleRequest' })
export type RoleRequest = z.infer<typeof RoleRequest>

const NewRoleRequest = z
  .object({
    role: RoleRef,
    scope: AccessScope.default({ type: 'account' }),
    hours: z.number().int().min(1).max(8_760).describe('How long it is needed, from the approval on'),
    reason,
  })
  .strict()
export type NewRoleRequest = z.infer<typeof NewRoleRequest>
const Decision = z.object({ reason: reason.nullable().default(null) }).strict()

const assignment = z.object({ id: id('ras') })
const request = z.object({ id: id('rrq') })

export const roleAssignmentRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/role-assignments',
    tag: 'Access',
    permission: 'access.read',
    scope: 'any',
    summary: 'List role assignments, newest first',
    query: pageQuery.extend({
      principalId: z.string().max(64).optional(),
      role: RoleRef.optional(),
      state: RoleAssignment.shape.state.optional(),
    }),
    returns: pageOf(RoleAssignment),
  },
  create: {
    method: 'POST',
    path: '/v1/role-assignments',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 201,
    summary: 'Give a role, for the account or a part of it, for ever or for a time',
    body: NewAssignment,
    returns: RoleAssignment,
    problems: [
      'role.not_found',
      'user.not_found',
      'service_account.not_found',
      'org.not_found',
      'team.not_found',
      'role_assignment.exists',
      'user.last_admin',
    ],
    emits: 'role_assignment.created',
  },
  end: {
    method: 'DELETE',
    path: '/v1/role-assignments/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 204,
    summary: 'Take a role back',
    params: assignment,
    returns: z.void(),
    problems: ['role_assignment.not_found', 'user.last_admin'],
    emits: 'role_assignment.ended',
  },
})

export const roleRequestRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/role-requests',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'any',
    summary: 'List requests for roles, newest first',
    description: 'With `access.read` those of everybody, else the caller’s own.',
    query: pageQuery.extend({ status: RoleRequest.shape.status.optional() }),
    returns: pageOf(RoleRequest),
  },
  create: {
    method: 'POST',
    path: '/v1/role-requests',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'any',
    status: 201,
    summary: 'Ask for a role for a time',
    body: NewRoleRequest,
    returns: RoleRequest,
    problems: ['role.not_found', 'org.not_found', 'team.not_found', 'role_request.exists'],
    emits: 'role_request.created',
  },
  approve: {
    method: 'POST',
    path: '/v1/role-requests/{id}/approve',
    tag: 'Access',
    permission: 'access.approve',
    scope: 'any',
    stepUp: true,
    summary: 'Approve somebody else’s request; the role is theirs from now on for the time they asked for',
    params: request,
    body: Decision,
    returns: RoleRequest,
    problems: [
      'role_request.not_found',
      'role_request.own',
      'role_request.decided',
      'role_assignment.exists',
      'user.last_admin',
    ],
    emits: 'role_request.approved',
  },
  refuse: {
    method: 'POST',
    path: '/v1/role-requests/{id}/refuse',
    tag: 'Access',
    permission: 'access.approve',
    scope: 'any',
    summary: 'Refuse somebody else’s request',
    params: request,
    body: Decision,
    returns: RoleRequest,
    problems: ['role_request.not_found', 'role_request.own', 'role_request.decided'],
    emits: 'role_request.refused',
  },
  withdraw: {
    method: 'DELETE',
    path: '/v1/role-requests/{id}',
    tag: 'Access',
    permission: 'signed-in',
    scope: 'any',
    status: 204,
    summary: 'Withdraw your own request',
    params: request,
    returns: z.void(),
    problems: ['role_request.not_found', 'role_request.decided'],
    emits: 'role_request.withdrawn',
  },
})
