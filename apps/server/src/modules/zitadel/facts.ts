import type {
  BootstrapInput,
  RunKind,
  SyncGrantsInput,
  SyncRolesInput,
  ZitadelConfig,
  ZitadelDefaults,
} from '@cockpit/contract/zitadel-shapes'
import { type Ctx, Problem } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { administratorsOf } from './model.ts'
import type { Facts, Wanted } from './plan.ts'
import type { Member, ZitadelApi } from './port.ts'
import { existing } from './settings.ts'
import { settingsRepository } from './settings-repository.ts'

export type Asked = Partial<SyncRolesInput & SyncGrantsInput & BootstrapInput>
/** What Cockpit itself knows before Zitadel is asked. */
export type Known = {
  account: { id: string; name: string }
  config: ZitadelConfig
  defaults: ZitadelDefaults
  administrators: Member[]
  links: ReadonlyMap<string, string>
}

export const knownOf = (deps: Deps, ctx: Ctx, accountId: string): Promise<Known> =>
  inAccount(deps, ctx, accountId, async (tx) => {
    const account = await existing(deps, tx, accountId)
    const settings = settingsRepository(tx)
    const links = await settings.links(accountId)
    return {
      account,
      config: await settings.config(accountId),
      defaults: await settings.defaults(),
      administrators: administratorsOf(await deps.members.all(tx, accountId)),
      links: new Map(links.map((link) => [link.userId, link.zitadelUserId])),
    }
  })

/** The project and the organization: what was asked, else what is configured, else the onboarding defaults. */
export const placeOf = (asked: Asked, { config, defaults }: Pick<Known, 'config' | 'defaults'>) => {
  const projectId = asked.projectId ?? config.projectId ?? defaults.projectId
  if (!projectId)
    throw new Problem(
      'zitadel.project_required',
      'Name the project: here, in the configuration, or in the onboarding defaults.',
    )
  return { projectId, organizationId: asked.organizationId ?? config.organizationId ?? defaults.organizationId }
}

export const organizationRequired = () =>
  new Problem(
    'zitadel.organization_required',
    'Name the organization of the account: here, in the configuration, or in the onboarding defaults.',
  )

export const wantedOf = (kind: RunKind, asked: Asked, known: Known): Wanted => {
  const grants = kind !== 'sync_roles' && (asked.grantExistingAccountAdmins ?? true)
  const { projectId, organizationId } = placeOf(asked, known)
  if (grants && !organizationId) throw organizationRequired()
  return {
    kind,
    projectId,
    organizationId,
    rolePrefix: asked.rolePrefix === undefined ? known.defaults.rolePrefix : asked.rolePrefix,
    skipExisting: asked.skipExisting ?? true,
    userIdByEmail: lowerCased(asked.userIdByEmail ?? {}),
    defaultRoleKeys: asked.defaultRoleKeys ?? [],
    applyDefaultRoleMappings: kind === 'bootstrap' && (asked.applyDefaultRoleMappings ?? true),
    createProjectRoles: asked.createProjectRoles ?? true,
    grantAdministrators: grants,
  }
}

const lowerCased = (byEmail: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(byEmail).map(([email, id]) => [email.toLowerCase(), id]))

/** Asks Zitadel for everything a plan depends on. */
export const factsOf = async (api: ZitadelApi, wanted: Wanted, known: Known, resolve: boolean): Promise<Facts> => {
  const { projectId, organizationId, grantAdministrators, userIdByEmail } = wanted
  const { administrators, links, config } = known
  const people = grantAdministrators ? administrators : []
  const named = [...links.values(), ...Object.values(userIdByEmail)]
  const unnamed = people.filter(({ userId, email }) => !links.has(userId) && !(email in userIdByEmail))
  const place = organizationId ? { projectId, organizationId } : null
  const [project, organization, roles, projectGrant, authorizations, byId, byEmail] = await Promise.all([
    api.project(projectId),
    organizationId ? api.organization(organizationId) : null,
    api.roles(projectId),
    place ? api.projectGrant(place) : null,
    place ? api.authorizations(place) : [],
    grantAdministrators && named.length > 0 ? api.usersById(named) : [],
    resolve && unnamed.length > 0 ? api.usersByEmail(unnamed.map(({ email }) => email)) : [],
  ])
  if (!project) throw new Problem('zitadel.failed', `Zitadel has no project '${projectId}', or Cockpit may not see it.`)
  const found = [...byId, ...byEmail]
  return { config, project, organization, roles, projectGrant, authorizations, administrators: people, links, found }
}
