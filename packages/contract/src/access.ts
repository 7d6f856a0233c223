/** What somebody may do and why: one question, or the whole account. */
import { z } from 'zod'
import { addressOf } from './ip-network.ts'
import { AccountRole, id, pageOf, pageQuery, routes, timestamp } from './kit.ts'
import { PermissionName } from './roles.ts'

export const waysIn = [
  'password',
  'passkey',
  'identity_provider',
  'account_provider',
  'identity_provider_token',
  'account_provider_token',
] as const
export type CameBy = (typeof waysIn)[number]

const ipAddress = z
  .string()
  .trim()
  .max(64)
  .refine((text) => addressOf(text) !== null, 'is no address such as 203.0.113.7')
  .meta({ example: '203.0.113.7' })
const method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const Question = z
  .object({
    principal: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('user'), id: id('usr') }).strict(),
      z.object({ kind: z.literal('service_account'), id: id('sva') }).strict(),
      z.object({ kind: z.literal('key'), id: id('key') }).strict(),
    ]),
    route: z
      .object({ method, path: z.string().trim().startsWith('/').max(400).meta({ example: '/v1/keys' }) })
      .strict()
      .optional()
      .describe('A call, as in the reference or with ids'),
    permission: PermissionName.optional().describe('Instead of a call'),
    resource: z
      .object({ type: z.enum(['org', 'team', 'user', 'key']), id: z.string().trim().min(1).max(64) })
      .strict()
      .optional()
      .describe('What it concerns, for permissions that reach a part of the account only'),
    cameBy: z
      .enum(waysIn)
      .optional()
      .describe(
        'How the person signed in: by the provider of the installation (`identity_provider`) or of this account, or with a bearer token of one of them that gives the role they have; their usual way when absent',
      ),
    from: ipAddress.optional().describe('The address it comes from; no list of allowed networks is asked when absent'),
    confirmed: z
      .boolean()
      .default(false)
      .describe(
        'They proved who they are within the last quarter of an hour, as dangerous acts ask; of a token: it says so, and that it was with a second factor',
      ),
  })
  .strict()
  .refine(({ route, permission }) => (route === undefined) !== (permission === undefined), {
    message: 'give either a route or a permission',
    path: ['route'],
  })
  // a call to try, for examples and tests of this API
  .meta({ example: { principal: { kind: 'user', id: `usr_${'0'.repeat(32)}` }, permission: 'key.read' } })
export type SimulateQuestion = z.infer<typeof Question>
export type SimulateInput = z.input<typeof Question>

export const Simulation = z
  .object({
    allowed: z.boolean(),
    status: z.number().int().describe('What the server would answer; 200 stands for any success'),
    code: z.string().nullable().describe('The problem it would name'),
    afterConfirming: z.boolean().describe('Refused only until they confirm that it is them'),
    rule: z.string().describe('What decided: the last of the steps'),
    steps: z.array(z.object({ rule: z.string(), ok: z.boolean(), detail: z.string() })),
  })
  .meta({ id: 'Simulation' })
export type Simulation = z.infer<typeof Simulation>

const Source = z.object({
  via: z
    .enum(['membership', 'assignment', 'platform', 'token'])
    .describe('Their role in the account, one beside it, a role of the platform, or the SCIM token itself'),
  id: z.string().nullable().describe('Of the role assignment or the token'),
  role: z.object({ id: z.string(), name: z.string() }),
  since: timestamp,
  expiresAt: timestamp.nullable(),
})

export const reviewedKinds = ['user', 'service_account', 'scim_token', 'platform_person'] as const

/** One principal that reaches the account, what they may use there, and why. */
export const AccessReviewRow = z
  .object({
    id: z.string(),
    kind: z
      .enum(reviewedKinds)
      .describe(
        'Of people of the platform, who reach every account, it tells the name, the role and since when. Who is a member too stands here twice',
      ),
    name: z.string(),
    email: z.string().nullable(),
    status: z.enum(['active', 'suspended']),
    lastSeenAt: timestamp.nullable().describe('Of a token: last used'),
    permissions: z.array(
      z.object({
        permission: PermissionName,
        reach: z.enum(['account', 'part']),
        parts: z.array(z.string()).describe('Ids of the orgs and teams it reaches'),
        sources: z.array(Source),
        deniedBy: z.object({ id: z.string(), reason: z.string() }).nullable(),
      }),
    ),
    keys: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          models: z.array(z.string()).nullable().describe('Null: every model of the account'),
          since: timestamp,
          expiresAt: timestamp.nullable(),
          lastUsedAt: timestamp.nullable(),
        }),
      )
      .describe('Working keys'),
    source: z
      .object({
        vouchedBy: z
          .object({ kind: z.string(), id: z.string(), name: z.string() })
          .nullable()
          .describe('Who made the token, or last rotated it; null: nobody known'),
        vouchedSince: timestamp.nullable(),
        roles: z.array(AccountRole).describe('Roles it may give'),
      })
      .nullable()
      .describe('Of a SCIM token'),
  })
  .meta({ id: 'AccessReviewRow' })
export type AccessReviewRow = z.infer<typeof AccessReviewRow>

const filters = {
  q: z.string().trim().max(120).optional().describe('Name, e-mail or id'),
  kind: z.enum(reviewedKinds).optional(),
  permission: PermissionName.optional(),
  role: z.string().max(64).optional().describe('A built-in role, or the id of a custom one'),
  model: z.string().max(120).optional().describe('With a key that may use it'),
  keyId: id('key').optional(),
  denied: z.stringbool().optional().describe('Concerned by a deny rule, or not'),
  expiring: z.stringbool().optional().describe('With a role that ends, or without'),
}
export type AccessReviewFilters = { [K in keyof typeof filters]?: z.infer<(typeof filters)[K]> | undefined }

export const accessRoutes = routes({
  simulate: {
    method: 'POST',
    path: '/v1/access/simulate',
    tag: 'Access',
    permission: 'access.read',
    scope: 'any',
    changesNothing: true,
    summary: 'What the server would answer somebody, and which rule decides',
    body: Question,
    returns: Simulation,
    problems: ['user.not_found', 'service_account.not_found', 'key.not_found', 'route.not_found'],
  },
  review: {
    method: 'GET',
    path: '/v1/access/review',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    summary: 'Who can use what, why and since when',
    query: pageQuery.extend(filters),
    returns: pageOf(AccessReviewRow),
  },
  reviewCsv: {
    method: 'GET',
    path: '/v1/access/review.csv',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    sensitive: true,
    emits: 'access_review.exported',
    file: 'text/csv; charset=utf-8',
    summary:
      'The review as a table: one line for each permission and source, each key, and the roles a SCIM token may give',
    query: z.object(filters),
    returns: z.string(),
  },
  reviewLines: {
    method: 'GET',
    path: '/v1/access/review.jsonl',
    tag: 'Access',
    permission: 'access.read',
    scope: 'account',
    sensitive: true,
    emits: 'access_review.exported',
    file: 'application/x-ndjson',
    summary: 'The review as JSON lines: one for each principal',
    query: z.object(filters),
    returns: z.string(),
  },
})
