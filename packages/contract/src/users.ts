import { z } from 'zod'
import { MemberSource, User } from './directory.ts'
import { password } from './identity.ts'
import { AccountRole, Domain, email, id, name, pageOf, RateLimits, RoleName, routes, searchQuery } from './kit.ts'

export const NewUser = z
  .object({
    email,
    name,
    role: AccountRole.default('end_user'),
    password: password.optional(),
    teamIds: z.array(id('team')).max(50).default([]),
    limits: RateLimits.optional(),
  })
  .strict()
export type NewUser = z.infer<typeof NewUser>

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
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type UserPatch = z.infer<typeof UserPatch>

const yesOrNo = z.stringbool().optional()
const instant = z.iso.datetime({ offset: true }).optional()
/** What a list of people can be narrowed by. */
export const userFilters = {
  q: searchQuery.shape.q,
  role: RoleName.optional(),
  status: User.shape.status.optional(),
  source: MemberSource.optional(),
  teamId: id('team').optional(),
  orgId: id('org').optional().describe('In a team of this org'),
  domain: Domain.optional().describe('In a team of this domain'),
  hasKeys: yesOrNo.describe('Whether they have a working key'),
  hasTeam: yesOrNo.describe('Whether they are in a team'),
  signedIn: yesOrNo.describe('Whether they ever signed in'),
  seenAfter: instant,
  seenBefore: instant,
  createdAfter: instant.describe('Joined at or after'),
  createdBefore: instant.describe('Joined before'),
}
export const userSorts = ['name', 'email', 'role', 'status', 'source', 'keys', 'seen', 'created'] as const
export type UserSort = (typeof userSorts)[number]
const userQuery = searchQuery.extend({
  ...userFilters,
  // a cursor holds the value it stands at
  after: z.string().max(1_000).optional().describe('Cursor: the `next` of the previous page, under the same sort'),
  sort: z
    .enum(userSorts.flatMap((key) => [key, `-${key}`] as const))
    .default('-created')
    .describe('A column; with a minus the largest first'),
})

const user = z.object({ id: id('usr') })

export const userRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/users',
    aliases: [{ path: '/v1/copilot/users' }, { path: '/v1/console/users' }],
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List the people of the account',
    query: userQuery,
    returns: pageOf(User),
  },
  create: {
    method: 'POST',
    path: '/v1/users',
    aliases: [{ path: '/v1/copilot/users' }, { path: '/v1/console/users' }],
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 201,
    summary: 'Add a person to the account',
    description:
      'A person who already exists on the platform joins with a membership; name and password then stay as they are.',
    body: NewUser,
    returns: User,
    problems: ['user.email_taken', 'team.not_found', 'account.seats_taken'],
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
    problems: ['user.not_found', 'team.not_found', 'user.last_admin', 'user.synchronised'],
    emits: 'user.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Remove a person from the account; their keys and sessions end',
    params: user,
    returns: z.void(),
    problems: ['user.not_found', 'user.last_admin', 'user.synchronised'],
    emits: 'user.removed',
  },
})

/** Fields of synchronised people that an account may open for changes by hand. */
export const handEdits = ['role', 'status', 'teams', 'remove'] as const
export type HandEdit = (typeof handEdits)[number]
export const DirectoryPolicy = z
  .object({
    handEdits: z
      .array(z.enum(handEdits))
      .max(handEdits.length)
      .describe('What of people from sign-in or synchronisation may be changed by hand; suspending always may'),
    seats: z.object({
      max: z.number().int().nullable().describe('People the account may have; null: as many as come'),
      used: z.number().int(),
    }),
  })
  .meta({ id: 'DirectoryPolicy' })
export type DirectoryPolicy = z.infer<typeof DirectoryPolicy>

export const directoryPolicyRoutes = routes({
  get: {
    method: 'GET',
    path: '/v1/directory-policy',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Seats, and what of synchronised people may be changed by hand',
    returns: DirectoryPolicy,
  },
  set: {
    method: 'PUT',
    path: '/v1/directory-policy',
    tag: 'Directory',
    permission: 'identity.write',
    scope: 'account',
    summary: 'Say what of synchronised people may be changed by hand',
    body: DirectoryPolicy.pick({ handEdits: true }).strict(),
    returns: DirectoryPolicy,
    emits: 'directory_policy.updated',
  },
})
