/** What changes a Zitadel: each command checks the whole world, then writes what happened, cascades included. */
import { type FakeRole, type Happened, type World, worldOf } from './state.ts'

export class Refused extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export type Story = {
  readonly events: Happened[]
  now: () => Date
  nextId: () => string
  /** Told of everything that happens. */
  tell: (event: Happened) => void
}

const end = new Date(8_640_000_000_000_000)

export const createCommands = (story: Story) => {
  const world = (): World => worldOf(story.events, end)
  const happen = (
    type: string,
    [aggregateType, aggregateId]: [Happened['aggregateType'], string],
    resourceOwner: string,
    payload: Record<string, unknown> = {},
  ) => {
    const before = story.events.filter((e) => e.aggregateType === aggregateType && e.aggregateId === aggregateId)
    const sequence = (before.at(-1)?.sequence ?? 0) + 1
    const event = { type, aggregateType, aggregateId, sequence, resourceOwner, at: story.now(), payload }
    story.events.push(event)
    story.tell(event)
  }

  const project = (id: string) => {
    const found = world().projects.get(id)
    if (!found) throw new Refused('not_found', 'Errors.Project.NotFound (PROJ-fake)')
    return found
  }
  const knownRoles = (projectId: string, roleKeys: readonly string[]) => {
    const { roles } = project(projectId)
    const unknown = roleKeys.find((key) => !roles.has(key))
    if (unknown !== undefined)
      throw new Refused('failed_precondition', `Errors.Project.Role.NotFound: ${unknown} (PROJ-fake)`)
  }
  const grantTo = (projectId: string, orgId: string) =>
    [...world().projectGrants.values()].find((grant) => grant.projectId === projectId && grant.orgId === orgId)

  /** Keys that are gone are taken from whoever had them by way of `orgId`, or of anybody. */
  const cascade = (projectId: string, kept: (key: string) => boolean, orgId?: string) => {
    for (const grant of world().userGrants.values()) {
      if (grant.projectId !== projectId || (orgId !== undefined && grant.orgId !== orgId)) continue
      const left = grant.roleKeys.filter(kept)
      if (left.length < grant.roleKeys.length)
        happen('user.grant.cascade.changed', ['usergrant', grant.id], grant.orgId, { roleKeys: left })
    }
  }

  return {
    world,
    addOrg(name: string, id = story.nextId()) {
      happen('org.added', ['org', id], id, { name })
      return id
    },
    setOrg(id: string, what: 'deactivated' | 'reactivated' | 'removed') {
      happen(`org.${what}`, ['org', id], id)
    },
    addProject(orgId: string, name: string, id = story.nextId()) {
      happen('project.added', ['project', id], orgId, { name })
      return id
    },
    removeProject(id: string) {
      happen('project.removed', ['project', id], project(id).orgId)
    },
    addUser(orgId: string, email: string, id = story.nextId()) {
      happen('user.human.added', ['user', id], orgId, { email })
      return id
    },
    setUser(id: string, what: string, payload: Record<string, unknown> = {}) {
      happen(`user.${what}`, ['user', id], world().users.get(id)?.orgId ?? '', payload)
    },
    addRole(projectId: string, role: FakeRole) {
      const { roles, orgId } = project(projectId)
      if (roles.has(role.key)) throw new Refused('already_exists', 'Errors.Project.Role.AlreadyExists (PROJ-fake)')
      happen('project.role.added', ['project', projectId], orgId, role)
    },
    updateRole(projectId: string, role: FakeRole) {
      const { roles, orgId } = project(projectId)
      if (!roles.has(role.key)) throw new Refused('not_found', 'Errors.Project.Role.NotFound (PROJ-fake)')
      happen('project.role.changed', ['project', projectId], orgId, role)
    },
    removeRole(projectId: string, key: string) {
      const { orgId } = project(projectId)
      happen('project.role.removed', ['project', projectId], orgId, { key })
      for (const grant of world().projectGrants.values())
        if (grant.projectId === projectId && grant.roleKeys.includes(key))
          happen('project.grant.cascade.changed', ['project', projectId], orgId, {
            grantId: grant.id,
            roleKeys: grant.roleKeys.filter((one) => one !== key),
          })
      cascade(projectId, (one) => one !== key)
    },
    addProjectGrant(projectId: string, orgId: string, roleKeys: readonly string[]) {
      const { orgId: owner } = project(projectId)
      if (!world().orgs.has(orgId)) throw new Refused('not_found', 'Errors.Org.NotFound (ORG-fake)')
      if (owner === orgId) throw new Refused('failed_precondition', 'Errors.Project.Grant.SameOrg (PROJ-fake)')
      if (grantTo(projectId, orgId))
        throw new Refused('already_exists', 'Errors.Project.Grant.AlreadyExists (PROJ-fake)')
      knownRoles(projectId, roleKeys)
      happen('project.grant.added', ['project', projectId], owner, {
        grantId: story.nextId(),
        grantedOrgId: orgId,
        roleKeys,
      })
    },
    setProjectGrant(projectId: string, orgId: string, roleKeys: readonly string[]) {
      const grant = grantTo(projectId, orgId)
      if (!grant) throw new Refused('not_found', 'Errors.Project.Grant.NotFound (PROJ-fake)')
      knownRoles(projectId, roleKeys)
      happen('project.grant.changed', ['project', projectId], project(projectId).orgId, { grantId: grant.id, roleKeys })
      cascade(projectId, (key) => roleKeys.includes(key), orgId)
    },
    authorize(userId: string, projectId: string, orgId: string, roleKeys: readonly string[]) {
      const { orgId: owner } = project(projectId)
      if (!world().users.has(userId)) throw new Refused('not_found', 'Errors.User.NotFound (USER-fake)')
      const grant = grantTo(projectId, orgId)
      if (owner !== orgId && !grant)
        throw new Refused(
          'failed_precondition',
          'Errors.Project.Grant.NotFound: organization has no grant (COMMAND-fake)',
        )
      if (grant && roleKeys.some((key) => !grant.roleKeys.includes(key)))
        throw new Refused('failed_precondition', 'Errors.Project.Grant.RoleKeyNotFound (COMMAND-fake)')
      knownRoles(projectId, roleKeys)
      const same = [...world().userGrants.values()].some(
        (one) => one.userId === userId && one.projectId === projectId && one.orgId === orgId,
      )
      if (same) throw new Refused('already_exists', 'Errors.UserGrant.AlreadyExists (COMMAND-fake)')
      const id = story.nextId()
      happen('user.grant.added', ['usergrant', id], orgId, { userId, projectId, grantId: grant?.id ?? '', roleKeys })
      return id
    },
    setAuthorization(id: string, roleKeys: readonly string[]) {
      const grant = world().userGrants.get(id)
      if (!grant) throw new Refused('not_found', 'Errors.UserGrant.NotFound (COMMAND-fake)')
      knownRoles(grant.projectId, roleKeys)
      const allowed = grantTo(grant.projectId, grant.orgId)
      if (allowed && roleKeys.some((key) => !allowed.roleKeys.includes(key)))
        throw new Refused('failed_precondition', 'Errors.Project.Grant.RoleKeyNotFound (COMMAND-fake)')
      happen('user.grant.changed', ['usergrant', id], grant.orgId, { roleKeys })
    },
    removeAuthorization(id: string) {
      const grant = world().userGrants.get(id)
      if (grant) happen('user.grant.removed', ['usergrant', id], grant.orgId)
    },
    deactivateAuthorization(id: string) {
      const grant = world().userGrants.get(id)
      if (grant) happen('user.grant.deactivated', ['usergrant', id], grant.orgId)
    },
  }
}
export type Commands = ReturnType<typeof createCommands>
