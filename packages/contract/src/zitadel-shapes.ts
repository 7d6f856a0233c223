/** The shapes of the API for Zitadel; its routes are in zitadel.ts. */
import { z } from 'zod'
import { id, timestamp } from './kit.ts'

export const zitadelId = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[\w.:@-]+$/, 'must be an id of Zitadel, such as 299887766554433221')
export const roleKey = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[\w.:-]+$/, 'must be a role key such as account_admin')
/** A blank text means that nothing is set. */
export const blankIsNull = <T extends z.ZodType>(schema: T) =>
  z.union([schema, z.literal('').transform(() => null)]).nullable()
export const rolePrefix = z
  .string()
  .trim()
  .max(40)
  .regex(/^[\w.:-]*$/, 'may hold letters, digits and _ . : - only')
export const displayName = z.string().trim().min(1).max(200)

/** What a Zitadel organization that is switched off does to the people of the account. */
export const OrganizationPolicy = z.enum(['suspend', 'report'])

const issuer = z.url().max(400)
const audience = z.string().trim().max(400)
const claim = z.string().trim().max(200)
const roleMappings = z
  .record(z.string().trim().min(1).max(80), roleKey)
  .refine((mappings) => Object.keys(mappings).length <= 40, 'holds at most 40 mappings')

/** How one account is provisioned in Zitadel. Tokens are verified with the settings of the installation, not with these. */
export const ZitadelConfig = z
  .object({
    enabled: z.boolean(),
    issuer: issuer.nullable().describe('Issuer of the tokens of this account, for reference'),
    audience: audience.nullable(),
    projectId: z.string().nullable().describe('The project that holds the role keys'),
    organizationId: z.string().nullable().describe('The organization of this account in Zitadel'),
    roleMappings: roleMappings.describe('Role in Cockpit → role key in Zitadel'),
    accountIdClaim: claim.nullable(),
    productDomainsClaim: claim.nullable(),
    organizationDeactivated: OrganizationPolicy.describe(
      '`suspend`: people of the organization lose their access while it is deactivated; `report`: it is only told',
    ),
    updatedAt: timestamp.nullable().describe('Null while nothing was configured'),
  })
  .meta({ id: 'ZitadelConfig' })
export type ZitadelConfig = z.infer<typeof ZitadelConfig>

export const ZitadelConfigInput = z
  .object({
    enabled: z.boolean().default(true),
    issuer: blankIsNull(issuer).default(null),
    audience: blankIsNull(audience).default(null),
    projectId: blankIsNull(zitadelId).default(null),
    organizationId: blankIsNull(zitadelId).default(null),
    roleMappings: roleMappings.default({}),
    accountIdClaim: blankIsNull(claim).default(null),
    productDomainsClaim: blankIsNull(claim).default(null),
    organizationDeactivated: OrganizationPolicy.default('suspend'),
  })
  .strict()
export type ZitadelConfigInput = z.infer<typeof ZitadelConfigInput>

/** What onboarding a new account starts from. */
export const ZitadelDefaults = z
  .object({
    projectId: z.string().nullable(),
    organizationId: z.string().nullable().describe('The organization of accounts that name none'),
    rolePrefix: z.string().nullable().describe('Put before every standard role key, joined with `_`'),
    resolveUserIdsFromZitadel: z.boolean().describe('Look administrators up by their e-mail'),
  })
  .meta({ id: 'ZitadelDefaults' })
export type ZitadelDefaults = z.infer<typeof ZitadelDefaults>
export const ZitadelDefaultsInput = z
  .object({
    projectId: blankIsNull(zitadelId).default(null),
    organizationId: blankIsNull(zitadelId).default(null),
    rolePrefix: blankIsNull(rolePrefix.min(1)).default(null),
    resolveUserIdsFromZitadel: z.boolean().default(true),
  })
  .strict()

export const StandardRole = z.object({
  key: z.string(),
  displayName: z.string(),
  group: z.string(),
  baseKey: z.string().describe('The key without prefix'),
})
export type StandardRole = z.infer<typeof StandardRole>

const AccountAdmin = z.object({
  userId: id('usr'),
  email: z.string(),
  name: z.string(),
  role: z.string(),
  source: z.enum(['manual', 'sso', 'scim']).describe('Who made the membership: somebody, sign-in, or the directory'),
  createdAt: timestamp,
  resolvedRoleKeys: z.array(z.string()),
})

/** `exists` and `skipped` need nothing, `create` and `update` will write, `conflict` needs a person. */
export const PlannedStatus = z.enum(['exists', 'create', 'update', 'skipped', 'conflict'])
export const StepKind = z.enum(['config', 'role', 'project_grant', 'authorization', 'verify'])
export type StepKind = z.infer<typeof StepKind>
export const StepStatus = z.enum([
  'pending',
  'running',
  'created',
  'updated',
  'exists',
  'skipped',
  'verified',
  'conflict',
  'failed',
])
export type StepStatus = z.infer<typeof StepStatus>

/** One thing a plan wants to be true, known by its natural key, so that doing it twice changes nothing. */
export const ZitadelPlanStep = z.object({
  key: z.string().describe('Natural key, such as `role:account_admin`'),
  kind: StepKind,
  target: z.string().describe('What it is about, for people'),
  status: PlannedStatus,
  message: z.string().nullable(),
  roleKeys: z.array(z.string()).describe('Role keys it will have afterwards, those of others included'),
})
export type ZitadelPlanStep = z.infer<typeof ZitadelPlanStep>

export const UnresolvedAdmin = z.object({
  email: z.string(),
  role: z.string(),
  reason: z.enum(['user_id_not_found', 'no_role_keys', 'ambiguous', 'not_allowed']),
  roleKeys: z.array(z.string()),
})
export type UnresolvedAdmin = z.infer<typeof UnresolvedAdmin>

export const ZitadelPlan = z
  .object({
    accountId: id('acc'),
    zitadelConfig: ZitadelConfig,
    standardRoles: z.array(StandardRole),
    accountAdmins: z.array(AccountAdmin),
    /** Null when Zitadel cannot be asked; `problem` then says why. */
    steps: z.array(ZitadelPlanStep).nullable(),
    unresolvedAdmins: z.array(UnresolvedAdmin),
    problem: z.string().nullable().describe('Why Zitadel could not be asked'),
  })
  .meta({ id: 'ZitadelPlan' })
export type ZitadelPlan = z.infer<typeof ZitadelPlan>

export const ZitadelRunStep = z.object({
  key: z.string(),
  kind: StepKind,
  target: z.string(),
  status: StepStatus,
  message: z.string().nullable(),
  roleKeys: z.array(z.string()),
  attempts: z.number().int(),
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
})
export type ZitadelRunStep = z.infer<typeof ZitadelRunStep>

const counts = z.object({
  created: z.number().int(),
  updated: z.number().int(),
  exists: z.number().int(),
  skipped: z.number().int(),
  failed: z.number().int(),
})
/** What became of each role, of each administrator, and of the configuration: the steps once more, by what they are about. */
const RunResult = z.object({
  zitadelConfig: z
    .object({ projectId: z.string(), organizationId: z.string().nullable(), roleMappings })
    .nullable()
    .describe('What a bootstrap sets in the configuration, or would; null for other runs'),
  roles: z.array(StandardRole.extend({ status: StepStatus, message: z.string().nullable() })),
  grants: z.array(
    z.object({
      email: z.string(),
      zitadelUserId: z.string(),
      role: z.string().nullable().describe('Null for runs that did not keep it'),
      roleKeys: z.array(z.string()),
      status: StepStatus,
      message: z.string().nullable(),
    }),
  ),
})
export type RunResult = z.infer<typeof RunResult>

export const RunKind = z.enum(['sync_roles', 'sync_admin_grants', 'bootstrap'])
export type RunKind = z.infer<typeof RunKind>
/** `incomplete`: it ended, and some step failed; resuming does only what is left. */
export const RunStatus = z.enum(['dry_run', 'queued', 'running', 'succeeded', 'incomplete'])
export type RunStatus = z.infer<typeof RunStatus>

export const ZitadelRun = z
  .object({
    id: id('zrun').nullable().describe('Null for a dry run, of which nothing is kept'),
    accountId: id('acc'),
    kind: RunKind,
    status: RunStatus,
    projectId: z.string().nullable(),
    organizationId: z.string().nullable(),
    createdBy: z.string(),
    createdAt: timestamp,
    startedAt: timestamp.nullable(),
    finishedAt: timestamp.nullable(),
    steps: z.array(ZitadelRunStep),
    summary: z.object({
      configUpdated: z.boolean(),
      roleSyncSummary: counts,
      adminGrantSummary: counts,
      adminsTotal: z.number().int(),
    }),
    result: RunResult,
    unresolvedAdmins: z.array(UnresolvedAdmin),
    resolvedUserIds: z.record(z.string(), z.string()).describe('E-mail → user id in Zitadel'),
  })
  .meta({ id: 'ZitadelRun' })
export type ZitadelRun = z.infer<typeof ZitadelRun>

export const target = {
  projectId: blankIsNull(zitadelId).optional(),
  organizationId: blankIsNull(zitadelId).optional(),
}
const syncRolesFields = {
  projectId: target.projectId,
  rolePrefix: blankIsNull(rolePrefix.min(1)).optional(),
  skipExisting: z.boolean().default(true).describe('False: names and groups of existing roles are set again'),
}
const syncGrantsFields = {
  ...target,
  rolePrefix: syncRolesFields.rolePrefix,
  userIdByEmail: z.record(z.email().max(254), zitadelId).default({}).describe('Administrators you know the id of'),
  resolveUserIdsFromZitadel: z.boolean().optional().describe('Default: as the onboarding defaults say'),
  defaultRoleKeys: z.array(roleKey).max(20).default([]).describe('Keys that every administrator gets beside their own'),
  skipExisting: z
    .boolean()
    .default(true)
    .describe('True: an administrator who has all keys is left alone; keys of others are kept either way'),
}
export const SyncRolesInput = z.object(syncRolesFields).strict()
export type SyncRolesInput = z.infer<typeof SyncRolesInput>
export const SyncGrantsInput = z.object(syncGrantsFields).strict()
export type SyncGrantsInput = z.infer<typeof SyncGrantsInput>
export const BootstrapInput = z
  .object({
    ...syncGrantsFields,
    applyDefaultRoleMappings: z.boolean().default(true),
    createProjectRoles: z.boolean().default(true),
    grantExistingAccountAdmins: z.boolean().default(true),
    dryRun: z.boolean().default(false),
  })
  .strict()
export type BootstrapInput = z.infer<typeof BootstrapInput>

export const ZitadelUser = z.object({
  id: z.string(),
  email: z.string().nullable(),
  emailVerified: z.boolean(),
  loginName: z.string(),
  name: z.string(),
  organizationId: z.string(),
  state: z.enum(['active', 'inactive', 'locked', 'initial', 'deleted', 'unknown']),
})
export type ZitadelUser = z.infer<typeof ZitadelUser>

/** Who an administrator of the account is in Zitadel. */
export const ZitadelUserLink = z.object({
  userId: id('usr'),
  email: z.string(),
  zitadelUserId: z.string(),
  source: z.enum(['mapped', 'resolved']),
  createdAt: timestamp,
})
export type ZitadelUserLink = z.infer<typeof ZitadelUserLink>

export const DriftFinding = z.object({
  kind: z.enum([
    'role_missing',
    'project_grant_missing',
    'project_grant_lacks_roles',
    'organization_inactive',
    'authorization_missing',
    'authorization_lacks_roles',
    'authorization_inactive',
    'membership_missing',
    'membership_role_differs',
    'user_inactive',
  ]),
  severity: z.enum(['warning', 'critical']),
  subject: z.string(),
  inZitadel: z.string().nullable(),
  inCockpit: z.string().nullable(),
  advice: z.string(),
})
export type DriftFinding = z.infer<typeof DriftFinding>

export const ZitadelDrift = z
  .object({ accountId: id('acc'), checkedAt: timestamp, findings: z.array(DriftFinding) })
  .meta({ id: 'ZitadelDrift' })
export type ZitadelDrift = z.infer<typeof ZitadelDrift>

/** How Cockpit hears of changes in Zitadel, and whether it does. */
export const ZitadelHealth = z
  .object({
    client: z.object({
      configured: z.boolean(),
      baseUrl: z.string().nullable(),
      credentials: z.enum(['token', 'client_credentials', 'none']),
    }),
    webhook: z.object({
      configured: z.boolean(),
      url: z.string(),
      lastReceivedAt: timestamp.nullable(),
      lastEventType: z.string().nullable(),
      received: z.number().int(),
      duplicates: z.number().int(),
      refused: z.number().int(),
      lastRefusedAt: timestamp.nullable(),
      lastRefusal: z.string().nullable(),
    }),
    poll: z.object({
      lastAt: timestamp.nullable(),
      lastProblem: z.string().nullable(),
      cursorAt: timestamp.nullable().describe('Everything that happened before this is read'),
      lastSequence: z.string().nullable(),
      found: z.number().int().describe('Events that no webhook had brought'),
    }),
    waiting: z.number().int().describe('Accounts whose memberships are about to be compared'),
    failures: z.array(z.object({ at: timestamp, eventType: z.string(), message: z.string() })),
  })
  .meta({ id: 'ZitadelHealth' })
export type ZitadelHealth = z.infer<typeof ZitadelHealth>
