/** What provisioning would do, from what is there. Pure: the same facts make the same plan, whoever asks. */
import type {
  RunKind,
  StandardRole,
  StepKind,
  UnresolvedAdmin,
  ZitadelConfig,
  ZitadelPlanStep,
  ZitadelUser,
} from '@cockpit/contract/zitadel-shapes'
import { z } from 'zod'
import { defaultMappings, lacking, roleKeysOf, standardRoles, union } from './model.ts'
import type { Authorization, Member, Organization, Project, ProjectGrant, Role } from './port.ts'

export type Wanted = {
  kind: RunKind
  projectId: string
  organizationId: string | null
  rolePrefix: string | null
  skipExisting: boolean
  userIdByEmail: Readonly<Record<string, string>>
  defaultRoleKeys: readonly string[]
  applyDefaultRoleMappings: boolean
  createProjectRoles: boolean
  grantAdministrators: boolean
}

export type Facts = {
  config: ZitadelConfig
  project: Project | null
  organization: Organization | null
  roles: readonly Role[]
  projectGrant: ProjectGrant | null
  authorizations: readonly Authorization[]
  administrators: readonly Member[]
  /** Who administrators are in Zitadel, by their id here. */
  links: ReadonlyMap<string, string>
  /** People of Zitadel who have an administrator's e-mail; empty when nobody was to be looked up. */
  found: readonly ZitadelUser[]
}

/** What a step needs when it is done, perhaps by another process: parsed again when it is read back. */
export const StepInput = z.object({
  config: z
    .object({
      projectId: z.string(),
      organizationId: z.string().nullable(),
      roleMappings: z.record(z.string(), z.string()),
    })
    .optional(),
  role: z.object({ key: z.string(), displayName: z.string(), group: z.string() }).optional(),
  person: z
    .object({
      userId: z.string(),
      email: z.string(),
      // runs that wait from before it was kept have none
      role: z.string().nullable().default(null),
      zitadelUserId: z.string(),
      mapped: z.boolean(),
    })
    .optional(),
  // those that provisioning asks for: what others give and take meanwhile is read when the step is done
  roleKeys: z.array(z.string()).optional(),
  skipExisting: z.boolean().default(true),
})
export type StepInput = z.infer<typeof StepInput>
export type PlannedStep = ZitadelPlanStep & { input: z.input<typeof StepInput> }
export type Planned = { steps: PlannedStep[]; unresolved: UnresolvedAdmin[]; resolved: Record<string, string> }

export const planOf = (wanted: Wanted, facts: Facts): Planned => {
  const { kind, createProjectRoles, grantAdministrators } = wanted
  const config = configAfter(wanted, facts.config)
  const roles = kind !== 'sync_admin_grants' && createProjectRoles ? standardRoles(wanted.rolePrefix) : []
  const known = new Set([...facts.roles, ...roles].map(({ key }) => key))
  const people =
    kind !== 'sync_roles' && grantAdministrators
      ? administratorSteps(wanted, facts, config.roleMappings, known)
      : { steps: [], unresolved: [], resolved: {} }
  const needed = people.steps.flatMap(({ input }) => input.roleKeys ?? [])
  return {
    steps: [
      ...(kind === 'bootstrap' ? [configStep(config, facts.config)] : []),
      ...roles.map((role) => roleStep(role, facts.roles, wanted.skipExisting)),
      ...(kind === 'sync_roles' ? [] : grantStep(wanted, facts, known, needed)),
      ...people.steps,
      step('verify', 'verify', 'What was done can be read back', { status: 'create' }),
    ],
    unresolved: people.unresolved,
    resolved: people.resolved,
  }
}

const step = (
  kind: StepKind,
  key: string,
  target: string,
  more: Pick<ZitadelPlanStep, 'status'> & Partial<PlannedStep>,
): PlannedStep => ({ kind, key, target, message: null, roleKeys: [], input: {}, ...more })

/** The configuration as it will be; mappings that somebody made win over the defaults. */
const configAfter = (
  { projectId, organizationId, rolePrefix, applyDefaultRoleMappings }: Wanted,
  config: ZitadelConfig,
) => ({
  projectId,
  organizationId,
  roleMappings: { ...(applyDefaultRoleMappings && defaultMappings(rolePrefix)), ...config.roleMappings },
})

const configStep = (after: ReturnType<typeof configAfter>, before: ZitadelConfig): PlannedStep => {
  const same =
    after.projectId === before.projectId &&
    after.organizationId === before.organizationId &&
    Object.keys(after.roleMappings).length === Object.keys(before.roleMappings).length
  return step('config', 'config', 'Configuration of the account', {
    status: same ? 'exists' : 'update',
    input: { config: after },
  })
}

const roleStep = (role: StandardRole, present: readonly Role[], skipExisting: boolean): PlannedStep => {
  const { key, displayName, group } = role
  const there = present.find((one) => one.key === key)
  const differs = there && (there.displayName !== displayName || there.group !== group)
  return step('role', `role:${key}`, key, {
    status: !there ? 'create' : differs && !skipExisting ? 'update' : 'exists',
    message: differs && skipExisting ? `It is called '${there.displayName}' there, and stays so.` : null,
    input: { role: { key, displayName, group }, skipExisting },
  })
}

const grantStep = (
  wanted: Wanted,
  facts: Facts,
  known: ReadonlySet<string>,
  needed: readonly string[],
): PlannedStep[] => {
  const { organizationId, rolePrefix } = wanted
  const { project, organization, projectGrant } = facts
  if (!organizationId) return []
  const key = `project_grant:${organizationId}`
  const target = organization?.name ?? organizationId
  if (!organization)
    return [
      step('project_grant', key, target, { status: 'conflict', message: 'There is no such organization in Zitadel.' }),
    ]
  if (project?.organizationId === organizationId)
    return [step('project_grant', key, target, { status: 'skipped', message: 'The organization owns the project.' })]
  const standard = standardRoles(rolePrefix).map(({ key }) => key)
  const own = union(standard, needed).filter((one) => known.has(one))
  const held = projectGrant?.roleKeys ?? []
  const roleKeys = union(held, own)
  if (projectGrant && !projectGrant.active)
    return [
      step('project_grant', key, target, {
        status: 'conflict',
        message: 'The grant was deactivated in Zitadel; activate it there.',
        roleKeys,
        input: { roleKeys: own },
      }),
    ]
  const status = !projectGrant ? 'create' : lacking(own, held).length > 0 ? 'update' : 'exists'
  return [step('project_grant', key, target, { status, roleKeys, input: { roleKeys: own } })]
}

const administratorSteps = (
  wanted: Wanted,
  facts: Facts,
  mappings: ZitadelConfig['roleMappings'],
  known: ReadonlySet<string>,
): Planned => {
  const planned: Planned = { steps: [], unresolved: [], resolved: {} }
  for (const admin of facts.administrators) {
    const { email, role, userId } = admin
    const roleKeys = roleKeysOf(role, mappings, wanted.defaultRoleKeys)
    const who = personOf(admin, wanted, facts)
    if (roleKeys.length === 0) planned.unresolved.push({ email, role, reason: 'no_role_keys', roleKeys })
    else if ('reason' in who) planned.unresolved.push({ email, role, reason: who.reason, roleKeys })
    else {
      planned.resolved[email] = who.id
      const person = { userId, email, role, zitadelUserId: who.id, mapped: who.mapped }
      planned.steps.push(authorizationStep(person, roleKeys, facts, known))
    }
  }
  return planned
}

type Who = { id: string; mapped: boolean } | { reason: 'user_id_not_found' | 'ambiguous' | 'not_allowed' }

/**
 * Who an administrator is. An e-mail decides only within the organization of the account or of the project, and only if
 * it is verified: any other organization could give anybody this e-mail.
 */
const personOf = ({ email, userId }: Member, wanted: Wanted, { links, found, project }: Facts): Who => {
  const named = wanted.userIdByEmail[email] ?? links.get(userId)
  if (named) return { id: named, mapped: wanted.userIdByEmail[email] !== undefined }
  const same = found.filter((user) => user.email?.toLowerCase() === email && user.state !== 'deleted')
  if (same.length === 0) return { reason: 'user_id_not_found' }
  const homes = new Set([wanted.organizationId, project?.organizationId])
  const trusted = same.filter((user) => user.emailVerified && homes.has(user.organizationId))
  const own = trusted.filter((user) => user.organizationId === wanted.organizationId)
  const [one, ...others] = own.length > 0 ? own : trusted
  if (!one) return { reason: 'not_allowed' }
  return others.length > 0 ? { reason: 'ambiguous' } : { id: one.id, mapped: false }
}

const authorizationStep = (
  person: NonNullable<StepInput['person']>,
  roleKeys: readonly string[],
  { authorizations, found }: Facts,
  known: ReadonlySet<string>,
): PlannedStep => {
  const { email, zitadelUserId } = person
  const there = authorizations.find(({ userId }) => userId === zitadelUserId)
  const after = union(there?.roleKeys ?? [], roleKeys)
  const make = (status: PlannedStep['status'], message: string | null = null) =>
    step('authorization', `authorization:${zitadelUserId}`, email, {
      status,
      message,
      roleKeys: after,
      input: { person, roleKeys: [...roleKeys] },
    })
  const unknown = lacking(roleKeys, [...known])
  if (unknown.length > 0) return make('conflict', `The project has no role '${unknown.join("', '")}'; create it first.`)
  const user = found.find(({ id }) => id === zitadelUserId)
  if (user && (user.state === 'inactive' || user.state === 'locked'))
    return make('skipped', `This person is ${user.state} in Zitadel.`)
  if (there && !there.active)
    return make('conflict', 'The authorization was deactivated in Zitadel; activate it there.')
  if (!there) return make('create')
  return lacking(roleKeys, there.roleKeys).length > 0 ? make('update') : make('exists')
}
