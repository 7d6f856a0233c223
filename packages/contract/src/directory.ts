import { z } from 'zod'
import {
  type Alias,
  bulkCounts,
  bulkItem,
  Domain,
  domains,
  dryRunQuery,
  id,
  name,
  pageOf,
  RateLimits,
  RoleName,
  routes,
  searchQuery,
  timestamp,
} from './kit.ts'

const description = z.string().trim().max(400).nullable()

export const Org = z
  .object({
    id: id('org'),
    domain: Domain,
    name,
    description,
    isDefault: z.boolean(),
    teams: z.number().int(),
    createdAt: timestamp,
  })
  .meta({ id: 'Org' })
export type Org = z.infer<typeof Org>

export const Team = z
  .object({
    id: id('team'),
    domain: Domain,
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

/** Who made a membership and looks after it: people by hand, sign-in, or the synchronisation of an identity source. */
export const memberSources = ['manual', 'sso', 'scim'] as const
export const MemberSource = z.enum(memberSources)
export type MemberSource = z.infer<typeof MemberSource>

/** What made a membership that came from sign-in, in the words of docs/account-resolution.md. */
export const Provenance = z
  .object({
    via: z.string().describe('The step that found the account: `zitadel_org`, `granted_org`, `verified_domain` …'),
    proof: z.string().describe('The org or domain that proves it'),
    role: z.string().describe('The role the identity provider gave'),
    at: timestamp,
    ended: z.boolean().optional().describe('The proof is gone, which suspended the membership'),
  })
  .meta({ id: 'Provenance' })

/** A person, seen from one account: the person and their membership in it. */
export const User = z
  .object({
    id: id('usr'),
    email: z.string(),
    name: z.string(),
    role: RoleName,
    status: z.enum(['active', 'suspended']),
    source: MemberSource,
    limits: RateLimits,
    teams: z
      .array(z.object({ id: id('team'), name: z.string(), source: MemberSource }))
      .describe('The first is the primary team'),
    keys: z.number().int(),
    secondFactor: z
      .boolean()
      .nullable()
      .describe('Whether they have an authenticator app or a passkey here; null for who may not see sign-in settings'),
    lastSeenAt: timestamp.nullable(),
    createdAt: timestamp,
    provenance: Provenance.nullable().describe('Null for a membership made by hand'),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** An identity for programs: it owns keys, and acts on the API with client credentials and the roles given to it. */
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

const domain = Domain.default('copilot')
const NewOrg = z.object({ name, description: description.default(null), domain }).strict()
const OrgPatch = z
  .object({ name, description })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
const NewTeam = z
  .object({
    name,
    domain,
    orgId: id('org').optional().describe('Of the same domain; in copilot the default org when absent'),
    description: description.default(null),
    limits: RateLimits.optional(),
  })
  .strict()
const TeamPatch = z
  .object({ name, orgId: id('org'), description, limits: RateLimits })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
const NewServiceAccount = z
  .object({ name, description: description.default(null), teamId: id('team').nullable().default(null) })
  .strict()
const ServiceAccountPatch = z
  .object({ name, description, teamId: id('team').nullable() })
  .partial()
  .strict()
  .refine(nonEmpty, 'give at least one field to change')
export type ServiceAccountPatch = z.infer<typeof ServiceAccountPatch>
export type NewTeam = z.infer<typeof NewTeam>
export type TeamPatch = z.infer<typeof TeamPatch>
export type NewOrg = z.infer<typeof NewOrg>
export type OrgPatch = z.infer<typeof OrgPatch>
export type NewServiceAccount = z.infer<typeof NewServiceAccount>

const org = z.object({ id: id('org') })
const team = z.object({ id: id('team') })
const serviceAccount = z.object({ id: id('sva') })

/** Orgs or teams of one act. */
export const bulkUnitsMax = 200
const OrgAct = z.object({ kind: z.literal('delete') }).strict()
const TeamAct = z.discriminatedUnion('kind', [
  OrgAct,
  z.object({ kind: z.literal('move'), orgId: id('org').describe('Of the same domain') }).strict(),
])
export type TeamAct = z.infer<typeof TeamAct>
export type UnitAct = z.infer<typeof OrgAct> | TeamAct

/** What one act does, or did, to each of many orgs or teams. */
export const BulkUnits = z
  .object({ ...bulkCounts, items: z.array(z.object({ id: z.string(), ...bulkItem.shape })) })
  .meta({ id: 'BulkUnits' })
export type BulkUnits = z.infer<typeof BulkUnits>
const oneByOne =
  'Each is done or refused as a call for it alone would be. One that is refused is skipped with the reason, and stops no other. A dry run does the very same and takes it back.'

export const orgRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/orgs',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'List orgs',
    aliases: inDomains('orgs'),
    query: searchQuery.extend({ domain: Domain.optional() }),
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
    aliases: inDomains('orgs'),
    body: NewOrg,
    returns: Org,
    problems: ['org.name_taken'],
    emits: 'org.created',
  },
  bulk: {
    method: 'POST',
    path: '/v1/orgs/bulk',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    dryRun: true,
    summary: 'Delete many orgs',
    description: oneByOne,
    query: dryRunQuery,
    body: z.object({ orgIds: z.array(id('org')).min(1).max(bulkUnitsMax), act: OrgAct }).strict(),
    returns: BulkUnits,
    emits: 'org.deleted',
  },
  get: {
    method: 'GET',
    path: '/v1/orgs/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Get an org',
    params: org,
    drifts: ['teams'],
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
    delegable: true,
    summary: 'List teams',
    aliases: inDomains('teams'),
    query: searchQuery.extend({ domain: Domain.optional(), orgId: id('org').optional() }),
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
    aliases: inDomains('teams'),
    body: NewTeam,
    returns: Team,
    problems: ['org.not_found', 'team.name_taken'],
    emits: 'team.created',
  },
  bulk: {
    method: 'POST',
    path: '/v1/teams/bulk',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    delegable: true,
    dryRun: true,
    summary: 'Move or delete many teams',
    description: `${oneByOne} Who manages some teams only may move these, and deletes none.`,
    query: dryRunQuery,
    body: z.object({ teamIds: z.array(id('team')).min(1).max(bulkUnitsMax), act: TeamAct }).strict(),
    returns: BulkUnits,
    emits: 'team.updated',
  },
  get: {
    method: 'GET',
    path: '/v1/teams/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    delegable: true,
    summary: 'Get a team',
    params: team,
    drifts: ['members'],
    returns: Team,
    problems: ['team.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/teams/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    delegable: true,
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

/** Somebody in a team, with how they came into it. */
export const TeamMember = z
  .object({
    id: id('usr'),
    name: z.string(),
    email: z.string(),
    role: RoleName,
    status: User.shape.status,
    source: MemberSource,
    isPrimary: z.boolean().describe('Whether this is their primary team'),
    joinedAt: timestamp,
  })
  .meta({ id: 'TeamMember' })
export type TeamMember = z.infer<typeof TeamMember>
const Some = z.object({ userIds: z.array(id('usr')).min(1).max(500) }).strict()

export const teamMemberRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/teams/{id}/members',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    delegable: true,
    summary: 'List the members of a team',
    params: team,
    query: searchQuery,
    returns: pageOf(TeamMember),
    problems: ['team.not_found'],
  },
  add: {
    method: 'POST',
    path: '/v1/teams/{id}/members',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    delegable: true,
    summary: 'Add people to a team, all or none',
    description: 'Who is in the team already stays as they are. Other teams and the primary team do not change.',
    params: team,
    body: Some,
    returns: z.object({ added: z.array(id('usr')), already: z.array(id('usr')) }),
    problems: ['team.not_found', 'user.not_found'],
    emits: 'team.members_added',
  },
  removeSome: {
    method: 'POST',
    path: '/v1/teams/{id}/members/remove',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    delegable: true,
    summary: 'Take people out of a team, all or none',
    params: team,
    body: Some,
    returns: z.object({ removed: z.array(id('usr')), absent: z.array(id('usr')) }),
    problems: ['team.not_found', 'user.synchronised'],
    emits: 'team.members_removed',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/teams/{id}/members/{userId}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    delegable: true,
    status: 204,
    summary: 'Take one person out of a team',
    params: team.extend({ userId: id('usr') }),
    returns: z.void(),
    problems: ['team.not_found', 'user.not_found', 'user.synchronised'],
    emits: 'team.members_removed',
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
  get: {
    method: 'GET',
    path: '/v1/service-accounts/{id}',
    tag: 'Directory',
    permission: 'directory.read',
    scope: 'account',
    summary: 'Get a service account',
    drifts: ['keys'],
    params: serviceAccount,
    returns: ServiceAccount,
    problems: ['service_account.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/service-accounts/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    summary: 'Change a service account',
    params: serviceAccount,
    body: ServiceAccountPatch,
    returns: ServiceAccount,
    problems: ['service_account.not_found', 'service_account.name_taken', 'team.not_found'],
    emits: 'service_account.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/service-accounts/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    status: 204,
    summary: 'Delete a service account; its keys and tokens stop',
    params: serviceAccount,
    returns: z.void(),
    problems: ['service_account.not_found'],
    emits: 'service_account.deleted',
  },
})

/** `/v1/copilot/orgs` and its like: the address names the domain. */
function inDomains(noun: string): Alias[] {
  return domains.map((one) => ({ path: `/v1/${one}/${noun}`, fixes: { domain: one } }))
}

function nonEmpty(patch: object): boolean {
  return Object.keys(patch).length > 0
}
