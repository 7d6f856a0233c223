/** How an account lets its identity source manage people (SCIM 2.0). The protocol itself is under `/scim/v2`. */
import { z } from 'zod'
import { AccountRole, id, name, pageOf, pageQuery, routes, timestamp } from './kit.ts'

/** On whose word a source manages people. */
export const ScimVouching = z
  .object({
    by: z.object({ kind: z.string(), id: z.string(), name: z.string() }).nullable().describe('Null: nobody known'),
    since: timestamp.nullable(),
    standing: z
      .enum(['full', 'less', 'gone', 'unknown'])
      .describe(
        'Whether they may do as much by now as when they made the token or rotated it: `less`, they are `gone` from the account, or it is `unknown` who it was',
      ),
    roles: z.array(AccountRole).describe('What the source may give by now, and take from those who have it'),
  })
  .meta({ id: 'ScimVouching' })
export type ScimVouching = z.infer<typeof ScimVouching>

export const ScimToken = z
  .object({
    id: id('sct'),
    name,
    preview: z.string().describe('First and last characters of the secret'),
    status: z.enum(['active', 'expired', 'revoked']),
    expiresAt: timestamp.nullable(),
    lastUsedAt: timestamp.nullable(),
    createdAt: timestamp,
    vouching: ScimVouching,
  })
  .meta({ id: 'ScimToken' })
export type ScimToken = z.infer<typeof ScimToken>

export const ScimTokenWithSecret = ScimToken.extend({ secret: z.string().describe('Shown once') }).meta({
  id: 'ScimTokenWithSecret',
})

/** What membership of a group of the source gives in this account. */
export const ScimRule = z
  .object({
    match: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe('Name of a group, in any case; `*` at its end stands for anything'),
    gives: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('role'), role: AccountRole }).strict(),
      z
        .object({ kind: z.literal('team'), id: id('team') })
        .strict()
        .describe('Membership of this team'),
      z
        .object({ kind: z.literal('org'), id: id('org') })
        .strict()
        .describe('A team of this org with the name of the group, made when somebody is in it'),
    ]),
  })
  .strict()
  .meta({ id: 'ScimRule' })
export type ScimRule = z.infer<typeof ScimRule>

export const ScimRules = z.object({ items: z.array(ScimRule).max(200).describe('In order; the mightiest role wins') })

/** What a set of rules would change, before it does. */
export const ScimRulesEffect = z
  .object({
    people: z.number().int().describe('People of the source who are looked at'),
    joins: z.number().int().describe('Memberships of teams that begin'),
    leaves: z.number().int().describe('Memberships of teams that end'),
    teams: z.array(z.string()).describe('Names of teams that are made'),
    roles: z
      .array(z.object({ userId: z.string(), name: z.string(), before: z.string(), after: z.string() }))
      .describe('People whose role changes, the first 200'),
  })
  .meta({ id: 'ScimRulesEffect' })
export type ScimRulesEffect = z.infer<typeof ScimRulesEffect>

export const ScimGroup = z
  .object({
    id: id('grp'),
    name: z.string(),
    externalId: z.string().nullable(),
    members: z.number().int(),
    gives: z.array(z.string()).describe('What the rules make of it, in words'),
    updatedAt: timestamp,
  })
  .meta({ id: 'ScimGroup' })
export type ScimGroup = z.infer<typeof ScimGroup>

export const ScimRequest = z
  .object({
    id: z.string(),
    at: timestamp,
    token: z.string().describe('Name of the token'),
    method: z.string(),
    path: z.string(),
    status: z.number().int(),
    detail: z.string().nullable().describe('Why it was refused'),
  })
  .meta({ id: 'ScimRequest' })
export type ScimRequest = z.infer<typeof ScimRequest>

export const ScimState = z
  .object({
    baseUrl: z.string().describe('What to enter as tenant or base URL at the source'),
    users: z.number().int(),
    activeUsers: z.number().int(),
    groups: z.number().int(),
    lastRequestAt: timestamp.nullable(),
    refused: z.number().int().describe('Refused requests among the last 200'),
  })
  .meta({ id: 'ScimState' })
export type ScimState = z.infer<typeof ScimState>

const token = z.object({ id: id('sct') })
const tag = 'SCIM'
const read = { permission: 'identity.read', scope: 'account', tag } as const
const write = { permission: 'identity.write', scope: 'account', tag } as const

export const scimRoutes = routes({
  state: {
    ...read,
    method: 'GET',
    path: '/v1/scim',
    summary: 'How the synchronisation of people stands',
    returns: ScimState,
  },
  tokens: {
    ...read,
    method: 'GET',
    path: '/v1/scim/tokens',
    summary: 'List SCIM tokens',
    query: pageQuery,
    returns: pageOf(ScimToken),
  },
  createToken: {
    ...write,
    method: 'POST',
    path: '/v1/scim/tokens',
    stepUp: true,
    status: 201,
    summary: 'Create a SCIM token; its secret is shown once',
    body: z.object({ name, expiresAt: timestamp.nullable().default(null) }).strict(),
    returns: ScimTokenWithSecret,
    problems: ['scim_token.limit_reached'],
    emits: 'scim_token.created',
  },
  rotateToken: {
    ...write,
    method: 'POST',
    path: '/v1/scim/tokens/{id}/rotate',
    stepUp: true,
    summary: 'Give a SCIM token a new secret; the old one works until the grace ends',
    params: token,
    body: z.object({ graceSeconds: z.number().int().min(0).max(604_800).default(86_400) }).strict(),
    returns: ScimTokenWithSecret,
    problems: ['scim_token.not_found'],
    emits: 'scim_token.rotated',
  },
  revokeToken: {
    ...write,
    method: 'DELETE',
    path: '/v1/scim/tokens/{id}',
    status: 204,
    stepUp: true,
    summary: 'Revoke a SCIM token',
    params: token,
    returns: z.void(),
    problems: ['scim_token.not_found'],
    emits: 'scim_token.revoked',
  },
  rules: {
    ...read,
    method: 'GET',
    path: '/v1/scim/rules',
    summary: 'What groups of the source give',
    returns: ScimRules,
  },
  setRules: {
    ...write,
    method: 'PUT',
    path: '/v1/scim/rules',
    stepUp: true,
    summary: 'Replace the rules and apply them to everybody of the source',
    body: ScimRules.strict(),
    returns: ScimRules,
    problems: ['team.not_found', 'org.not_found'],
    emits: 'scim_rules.updated',
  },
  previewRules: {
    ...write,
    method: 'POST',
    path: '/v1/scim/rules/preview',
    summary: 'What these rules would change; nothing is written',
    body: ScimRules.strict(),
    returns: ScimRulesEffect,
    problems: ['team.not_found', 'org.not_found'],
  },
  groups: {
    ...read,
    method: 'GET',
    path: '/v1/scim/groups',
    summary: 'List the groups of the source',
    query: pageQuery.extend({ q: z.string().trim().max(120).optional() }),
    returns: pageOf(ScimGroup),
  },
  requests: {
    ...read,
    method: 'GET',
    path: '/v1/scim/requests',
    summary: 'The last requests of the source, newest first',
    query: pageQuery.extend({ refused: z.stringbool().optional().describe('Only those that were refused') }),
    returns: pageOf(ScimRequest),
  },
})
