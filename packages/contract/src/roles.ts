/** Roles, and rules that take permissions away. */
import { z } from 'zod'
import { id, name, pageOf, RoleName, routes, searchQuery, timestamp } from './kit.ts'
import { permissions } from './permissions.ts'

const description = z.string().trim().max(400).nullable()
export const PermissionName = z.enum(permissions)
const permissionList = z.array(PermissionName).min(1).max(permissions.length)
export const reason = z.string().trim().min(1).max(400)

/** A built-in role by its name, or a custom role by its id. */
export const RoleRef = z
  .union([RoleName, id('rol')])
  .meta({ id: 'RoleRef', example: 'member' })
  .describe('A built-in role, or the id of a custom one')
export type RoleRef = z.infer<typeof RoleRef>

export const Role = z
  .object({
    id: RoleRef,
    name: z.string(),
    description: z.string().nullable(),
    builtIn: z.boolean(),
    permissions: z.array(PermissionName).describe('What it may do in the whole account'),
    sectionPermissions: z.array(PermissionName).describe('What it may do where it is given for an org or a team only'),
    holders: z.number().int().describe('People and service accounts that hold it now'),
    createdAt: timestamp.nullable(),
  })
  .meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

const NewRole = z.object({ name, description: description.default(null), permissions: permissionList }).strict()
const RolePatch = z
  .object({ name, description, permissions: permissionList })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type NewRole = z.infer<typeof NewRole>
export type RolePatch = z.infer<typeof RolePatch>

export const DenySubject = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('everyone') }).strict(),
    z.object({ kind: z.literal('role'), id: RoleRef }).strict(),
    z.object({ kind: z.literal('user'), id: id('usr') }).strict(),
    z.object({ kind: z.literal('service_account'), id: id('sva') }).strict(),
  ])
  .meta({ id: 'DenySubject' })
export type DenySubject = z.infer<typeof DenySubject>

/** Takes permissions from people, whatever roles give them. */
export const DenyRule = z
  .object({
    id: id('dny'),
    subject: z.object({
      kind: z.enum(['everyone', 'role', 'user', 'service_account']),
      id: z.string().nullable(),
      name: z.string(),
    }),
    permissions: z.array(PermissionName),
    reason: z.string(),
    expiresAt: timestamp.nullable(),
    createdBy: z.string(),
    createdAt: timestamp,
  })
  .meta({ id: 'DenyRule' })
export type DenyRule = z.infer<typeof DenyRule>

const NewDenyRule = z
  .object({ subject: DenySubject, permissions: permissionList, reason, expiresAt: timestamp.nullable().default(null) })
  .strict()
export type NewDenyRule = z.infer<typeof NewDenyRule>

const role = z.object({ id: id('rol') })
const rule = z.object({ id: id('dny') })

export const roleRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/roles',
    tag: 'Access',
    permission: 'access.read',
    scope: 'any',
    summary: 'List built-in and custom roles with what they may do',
    description: 'Without an account: the roles of the platform.',
    returns: z.object({ items: z.array(Role) }),
  },
  create: {
    method: 'POST',
    path: '/v1/roles',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 201,
    summary: 'Create a custom role of at most what you may do yourself',
    body: NewRole,
    returns: Role,
    problems: ['role.name_taken'],
    emits: 'role.created',
  },
  update: {
    method: 'PATCH',
    path: '/v1/roles/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    summary: 'Change a custom role; whoever holds it is affected at once',
    params: role,
    body: RolePatch,
    returns: Role,
    problems: ['role.not_found', 'role.name_taken', 'user.last_admin'],
    emits: 'role.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/roles/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 204,
    summary: 'Delete a custom role; one in use only with a replacement',
    params: role,
    query: z.object({ replacement: RoleRef.optional().describe('The role its holders get instead') }),
    returns: z.void(),
    problems: ['role.not_found', 'role.in_use', 'user.last_admin'],
    emits: 'role.deleted',
  },
})

export const denyRuleRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/deny-rules',
    tag: 'Access',
    permission: 'access.read',
    scope: 'any',
    summary: 'List deny rules, newest first',
    query: searchQuery,
    returns: pageOf(DenyRule),
  },
  create: {
    method: 'POST',
    path: '/v1/deny-rules',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 201,
    summary: 'Take permissions from a person, a service account, a role or everyone',
    body: NewDenyRule,
    returns: DenyRule,
    problems: [
      'role.not_found',
      'user.not_found',
      'service_account.not_found',
      'deny_rule.locks_out',
      'user.last_admin',
    ],
    emits: 'deny_rule.created',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/deny-rules/{id}',
    tag: 'Access',
    permission: 'access.write',
    scope: 'any',
    stepUp: true,
    status: 204,
    summary: 'Delete a deny rule',
    params: rule,
    returns: z.void(),
    problems: ['deny_rule.not_found', 'user.last_admin'],
    emits: 'deny_rule.deleted',
  },
})
