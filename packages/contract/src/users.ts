import { z } from 'zod'
import { MemberSource, User } from './directory.ts'
import { password } from './identity.ts'
import {
  AccountRole,
  bulkCounts,
  bulkItem,
  Domain,
  dryRunQuery,
  email,
  id,
  instant,
  name,
  pageOf,
  RateLimits,
  RoleName,
  routes,
  searchQuery,
} from './kit.ts'

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

const moment = instant.optional()
/** What people can be narrowed by; an address and a body write yes and no each in their own way. */
const filtersWith = <F extends z.ZodType>(yesOrNo: F) => ({
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
  secondFactor: yesOrNo.describe('Whether they have an authenticator app or a passkey here; needs `identity.read`'),
  locked: yesOrNo.describe('Whether too many failed sign-ins keep them out now; needs `session.manage`'),
  seenAfter: moment,
  seenBefore: moment,
  createdAfter: moment.describe('Joined at or after'),
  createdBefore: moment.describe('Joined before'),
})
export const userFilters = filtersWith(z.stringbool().optional())
const UserWhere = z
  .object(filtersWith(z.boolean().optional()))
  .strict()
  // for examples and tests of this API, which mean nobody
  .meta({ example: { q: 'nobody of this name' } })
export type UserWhere = z.infer<typeof UserWhere>
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

const BulkAct = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('role'), role: AccountRole }).strict(),
  z.object({ kind: z.literal('status'), status: User.shape.status }).strict(),
  z
    .object({
      kind: z.literal('limits'),
      limits: RateLimits.partial()
        .strict()
        .refine((limits) => Object.keys(limits).length > 0, 'give at least one limit')
        .describe('A limit that is left out stays as it is for each of them'),
    })
    .strict(),
  z.object({ kind: z.literal('add_teams'), teamIds: z.array(id('team')).min(1).max(20) }).strict(),
  z.object({ kind: z.literal('remove_teams'), teamIds: z.array(id('team')).min(1).max(20) }).strict(),
  z.object({ kind: z.literal('remove') }).strict(),
])
export type BulkAct = z.infer<typeof BulkAct>
const Values = z.record(z.string(), z.unknown())

/** What one act does, or did, to each of many people. */
export const BulkResult = z
  .object({ ...bulkCounts, items: z.array(z.object({ userId: id('usr'), ...bulkItem.shape })) })
  .meta({ id: 'BulkResult' })
export type BulkResult = z.infer<typeof BulkResult>

/** People of one act. */
export const bulkUsersMax = 500

/** Rows of one import. */
export const importRowsMax = 2_000
export const ImportResult = z
  .object({
    applied: z.boolean().describe('False for a dry run, and for a file that was refused because of its errors'),
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    errors: z.number().int(),
    rows: z.array(
      z.object({
        line: z.number().int().describe('Line of the file on which the row begins'),
        email: z.string(),
        name: z.string().nullable(),
        verdict: z.enum(['create', 'update', 'unchanged', 'error']),
        before: Values.nullable().describe('Only what changes'),
        after: Values.nullable(),
        errors: z.array(z.object({ column: z.string().nullable(), detail: z.string() })),
      }),
    ),
  })
  .meta({ id: 'ImportResult' })
export type ImportResult = z.infer<typeof ImportResult>

export const userRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/users',
    aliases: [{ path: '/v1/copilot/users' }, { path: '/v1/console/users' }],
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    delegable: true,
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
    // there is always one, given or the standard
    stepUp: ['role'],
    status: 201,
    summary: 'Add a person to the account',
    description:
      'A person who already exists on the platform joins with a membership; name and password then stay as they are.',
    body: NewUser,
    returns: User,
    problems: [
      'user.email_taken',
      'user.invite_needed',
      'user.unproven_email',
      'password.refused',
      'team.not_found',
      'account.seats_taken',
    ],
    emits: 'user.added',
  },
  bulk: {
    method: 'POST',
    path: '/v1/users/bulk',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    stepUp: true,
    dryRun: true,
    summary: 'Do one thing to many people',
    description:
      'Whoever may not be changed is skipped with the reason, and stops nobody else. A dry run does the very same and takes it back.',
    query: dryRunQuery,
    body: z.object({ userIds: z.array(id('usr')).min(1).max(bulkUsersMax), act: BulkAct }).strict(),
    returns: BulkResult,
    problems: ['team.not_found'],
    emits: 'user.updated',
  },
  bulkMatching: {
    method: 'POST',
    path: '/v1/users/bulk/matching',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    stepUp: true,
    dryRun: true,
    summary: 'Do one thing to everybody who matches a filter',
    description:
      'As for people who are named, a page at a time: whoever joined first comes first, and `next` leads to the page after. The filter is asked anew for each page, so whoever no longer matches is not acted on; with `createdBefore` nobody who joins meanwhile is either. A filter that names nothing means everybody.',
    query: dryRunQuery,
    body: z
      .object({
        where: UserWhere,
        act: BulkAct,
        after: z.string().max(1_000).optional().describe('Cursor: the `next` of the page before'),
        limit: z.number().int().min(1).max(bulkUsersMax).default(100).describe('People of this page'),
      })
      .strict(),
    returns: BulkResult.extend({
      next: z.string().nullable().describe('Cursor of the next page, or null on the last'),
      total: z.number().int().describe('People who matched before this page was done, on all pages'),
    }).meta({ id: 'BulkPage' }),
    problems: ['team.not_found'],
    emits: 'user.updated',
  },
  import: {
    method: 'POST',
    path: '/v1/users/import',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    stepUp: true,
    dryRun: true,
    summary: 'Add and change people from a CSV file',
    description:
      'Columns: `email` (required), `name`, `role`, `status`, `teams` (separated by semicolons), `rpm`, `tpm`. An empty cell changes nothing; `unlimited` lifts a limit. What an export adds is ignored. Importing a file twice changes nothing the second time.',
    query: dryRunQuery,
    body: z
      .object({
        csv: z.string().min(1).max(900_000).meta({ example: 'email,name\nsomeone@example.com,Someone' }),
        onError: z
          .enum(['refuse', 'skip'])
          .default('refuse')
          .describe('Whether one wrong row refuses the whole file, or is left out'),
      })
      .strict(),
    returns: ImportResult,
    emits: 'user.added',
  },
  export: {
    method: 'GET',
    path: '/v1/users/export',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    sensitive: true,
    emits: 'users.exported',
    summary: 'The people that match the filters, as a CSV file',
    description: 'Cells that a spreadsheet would run as a formula begin with an apostrophe.',
    query: z.object(userFilters),
    file: 'text/csv; charset=utf-8',
    returns: z.string(),
  },
  get: {
    method: 'GET',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    delegable: true,
    summary: 'Get a person',
    params: user,
    drifts: ['lastSeenAt', 'keys', 'secondFactor'],
    returns: User,
    problems: ['user.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/users/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    stepUp: ['role', 'status'],
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
    stepUp: true,
    status: 204,
    summary: 'Remove a person from the account; their keys and sessions end',
    params: user,
    returns: z.void(),
    problems: ['user.not_found', 'user.last_admin', 'user.synchronised'],
    emits: 'user.removed',
  },
  leave: {
    method: 'DELETE',
    path: '/v1/me/membership',
    tag: 'Directory',
    permission: 'signed-in',
    scope: 'account',
    asOther: 'never',
    stepUp: true,
    status: 204,
    summary: 'Leave the account you act in; your keys there end',
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
      invited: z.number().int().describe('Open invitations; each will take a seat'),
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
