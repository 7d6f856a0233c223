import { z } from 'zod'
import { password } from './identity.ts'
import { AccountRole, email, id, name, pageOf, RateLimits, RoleName, routes, searchQuery, timestamp } from './kit.ts'

const description = z.string().trim().max(400).nullable()

export const Org = z
  .object({ id: id('org'), name, description, isDefault: z.boolean(), teams: z.number().int(), createdAt: timestamp })
  .meta({ id: 'Org' })
export type Org = z.infer<typeof Org>

export const Team = z
  .object({
    id: id('team'),
    orgId: id('org'),
    orgName: z.string(),
    name,
    description,
    limits: RateLimits,
    members: z.number().int(),
    createdAt: timestamp,
  })
  .meta({ id: 'Team' })
export type Team = z.infer<typeof Team>

/** A person, seen from one account: the person and their membership in it. */
export const User = z
  .object({
    id: id('usr'),
    email: z.string(),
    name: z.string(),
    role: RoleName,
    status: z.enum(['active', 'suspended']),
    limits: RateLimits,
    teams: z.array(z.object({ id: id('team'), name: z.string() })).describe('The first is the primary team'),
    keys: z.number().int(),
    lastSeenAt: timestamp.nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** An identity for programs: it owns keys and has no password. */
export const ServiceAccount = z
  .object({
    id: id('sva'),
    name,
    description,
    teamId: id('team').nullable(),
    keys: z.number().int(),
    createdAt: timestamp,
  })
  .meta({ id: 'ServiceAccount' })
export type ServiceAccount = z.infer<typeof ServiceAccount>

const NewOrg = z.object({ name, description: description.default(null) }).strict()
const OrgPatch = z
  .object({ name, description })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
const NewTeam = z
  .object({
    name,
    orgId: id('org').optional().describe('Default org when absent'),
    description: description.default(null),
    limits: RateLimits.optional(),
  })
  .strict()
const TeamPatch = z
  .object({ name, orgId: id('org'), description, limits: RateLimits })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
const NewUser = z
  .object({
    email,
    name,
    role: AccountRole.default('end_user'),
    password: password.optional(),
    teamIds: z.array(id('team')).max(50).default([]),
    limits: RateLimits.optional(),
  })
  .strict()
const UserPatch = z
  .object({
    name,
    role: AccountRole,
    status: User.shape.status,
    limits: RateLimits,
    teamIds: z.array(id('team')).max(50).describe('Replaces the teams; the first becomes the primary team'),
  })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
const NewServiceAccount = z
  .object({ name, description: description.default(null), teamId: id('team').nullable().default(null) })
  .strict()
export type NewUser = z.infer<typeof NewUser>
export type UserPatch = z.infer<typeof UserPatch>
export type NewTeam = z.infer<typeof NewTeam>
export type TeamPatch = z.infer<typeof TeamPatch>
export type NewOrg = z.infer<typeof NewOrg>
export type OrgPatch = z.infer<typeof OrgPatch>
export type NewServiceAccount = z.infer<typeof NewServiceAccount>

const org = z.object({ id: id('org') })
const team = z.object({ id: id('team') })
const user = z.object({ id: id('usr') })
const serviceAccount = z.object({ id: id('sva') })

export const orgRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/orgs',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List orgs',
    query: searchQuery,
    returns: pageOf(Org),
  },
  create: {
    method: 'POST',
    path: '/v1/orgs',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 201,
    summary: 'Create an org',
    body: NewOrg,
    returns: Org,
    problems: ['org.name_taken'],
    emits: 'org.created',
  },
  get: {
    method: 'GET',
    path: '/v1/orgs/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Get an org',
    params: org,
    returns: Org,
    problems: ['org.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/orgs/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    summary: 'Change an org',
    params: org,
    body: OrgPatch,
    returns: Org,
    problems: ['org.not_found', 'org.name_taken'],
    emits: 'org.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/orgs/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Delete an org without teams and allocations',
    params: org,
    returns: z.void(),
    problems: ['org.not_found', 'org.default', 'org.in_use'],
    emits: 'org.deleted',
  },
})

export const teamRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/teams',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List teams',
    query: searchQuery.extend({ orgId: id('org').optional() }),
    returns: pageOf(Team),
  },
  create: {
    method: 'POST',
    path: '/v1/teams',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 201,
    summary: 'Create a team',
    body: NewTeam,
    returns: Team,
    problems: ['org.not_found', 'team.name_taken'],
    emits: 'team.created',
  },
  get: {
    method: 'GET',
    path: '/v1/teams/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Get a team',
    params: team,
    returns: Team,
    problems: ['team.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/teams/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    summary: 'Change a team',
    params: team,
    body: TeamPatch,
    returns: Team,
    problems: ['team.not_found', 'org.not_found', 'team.name_taken'],
    emits: 'team.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/teams/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Delete a team; its members stay in the account',
    params: team,
    returns: z.void(),
    problems: ['team.not_found', 'budget.in_use'],
    emits: 'team.deleted',
  },
})

export const userRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/users',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List the people of the account',
    query: searchQuery.extend({
      teamId: id('team').optional(),
      role: RoleName.optional(),
      status: User.shape.status.optional(),
    }),
    returns: pageOf(User),
  },
  create: {
    method: 'POST',
    path: '/v1/users',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 201,
    summary: 'Add a person to the account',
    description:
      'A person who already exists on the platform joins with a membership; name and password then stay as they are.',
    body: NewUser,
    returns: User,
    problems: ['user.email_taken', 'team.not_found'],
    emits: 'user.added',
  },
  get: {
    method: 'GET',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Get a person',
    params: user,
    returns: User,
    problems: ['user.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    summary: 'Change a membership',
    params: user,
    body: UserPatch,
    returns: User,
    problems: ['user.not_found', 'team.not_found', 'user.last_admin'],
    emits: 'user.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Remove a person from the account; their keys stop',
    params: user,
    returns: z.void(),
    problems: ['user.not_found', 'user.last_admin'],
    emits: 'user.removed',
  },
})

export const serviceAccountRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/service-accounts',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List service accounts',
    query: searchQuery,
    returns: pageOf(ServiceAccount),
  },
  create: {
    method: 'POST',
    path: '/v1/service-accounts',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 201,
    summary: 'Create a service account',
    body: NewServiceAccount,
    returns: ServiceAccount,
    problems: ['service_account.name_taken', 'team.not_found'],
    emits: 'service_account.created',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/service-accounts/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Delete a service account; its keys stop',
    params: serviceAccount,
    returns: z.void(),
    problems: ['service_account.not_found'],
    emits: 'service_account.deleted',
  },
})

function nonEmpty(patch: object): boolean {
  return Object.keys(patch).length > 0
}
