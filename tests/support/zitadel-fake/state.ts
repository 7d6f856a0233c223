/** What a Zitadel knows is a fold over what happened: commands see all of it, queries only what is old enough. */

export type Happened = {
  type: string
  aggregateType: 'org' | 'project' | 'user' | 'usergrant'
  aggregateId: string
  /** Counts within its aggregate, as in Zitadel since version 2.40. */
  sequence: number
  resourceOwner: string
  at: Date
  payload: Record<string, unknown>
}

export type FakeRole = { key: string; displayName: string; group: string }
export type FakeOrg = { id: string; name: string; active: boolean }
export type FakeProject = { id: string; orgId: string; name: string; roles: Map<string, FakeRole> }
export type FakeProjectGrant = { id: string; projectId: string; orgId: string; roleKeys: string[]; active: boolean }
export type FakeUser = { id: string; orgId: string; email: string; verified: boolean; state: string }
export type FakeUserGrant = {
  id: string
  userId: string
  projectId: string
  orgId: string
  roleKeys: string[]
  active: boolean
}
export type World = {
  orgs: Map<string, FakeOrg>
  projects: Map<string, FakeProject>
  projectGrants: Map<string, FakeProjectGrant>
  users: Map<string, FakeUser>
  userGrants: Map<string, FakeUserGrant>
}

const emptyWorld = (): World => ({
  orgs: new Map(),
  projects: new Map(),
  projectGrants: new Map(),
  users: new Map(),
  userGrants: new Map(),
})

/** The world as a reader sees it who knows everything that happened until `until`. */
export const worldOf = (story: readonly Happened[], until: Date): World => {
  const world = emptyWorld()
  for (const event of story) if (event.at <= until) apply(world, event)
  return world
}

type Payload = Record<string, string> & { roleKeys: string[] }

const apply = (world: World, event: Happened): void => {
  const id = event.aggregateId
  const payload = event.payload as Payload
  const noun = nouns.find(([prefix]) => event.type.startsWith(prefix))
  if (!noun) throw new Error(`the fake does not know ${event.type}`)
  noun[1](world, { id, payload, what: event.type.slice(noun[0].length), owner: event.resourceOwner })
}

type Told = { id: string; payload: Payload; what: string; owner: string }

const userGrant = (world: World, { id, payload, what, owner }: Told) => {
  const grant = world.userGrants.get(id)
  if (what === 'added')
    world.userGrants.set(id, {
      id,
      userId: payload.userId ?? '',
      projectId: payload.projectId ?? '',
      orgId: owner,
      roleKeys: payload.roleKeys,
      active: true,
    })
  else if (what.endsWith('removed')) world.userGrants.delete(id)
  else if (grant && what.endsWith('changed')) grant.roleKeys = payload.roleKeys
  else if (grant) grant.active = what === 'reactivated'
}

const projectRole = (world: World, { id, payload, what }: Told) => {
  const roles = world.projects.get(id)?.roles
  const { key = '', displayName = '', group = '' } = payload
  if (what === 'removed') roles?.delete(key)
  else roles?.set(key, { key, displayName, group })
}

const projectGrant = (world: World, { id, payload, what }: Told) => {
  const { grantId = '', grantedOrgId = '', roleKeys } = payload
  const grant = world.projectGrants.get(grantId)
  if (what === 'added')
    world.projectGrants.set(grantId, { id: grantId, projectId: id, orgId: grantedOrgId, roleKeys, active: true })
  else if (what === 'removed') world.projectGrants.delete(grantId)
  else if (grant && what.endsWith('changed')) grant.roleKeys = roleKeys
  else if (grant) grant.active = what === 'reactivated'
}

const project = (world: World, { id, payload, what, owner }: Told) => {
  if (what === 'removed') world.projects.delete(id)
  else world.projects.set(id, { id, orgId: owner, name: payload.name ?? '', roles: new Map() })
}

const userStates: Record<string, string> = {
  deactivated: 'USER_STATE_INACTIVE',
  reactivated: 'USER_STATE_ACTIVE',
  locked: 'USER_STATE_LOCKED',
  unlocked: 'USER_STATE_ACTIVE',
}
const user = (world: World, { id, payload, what, owner }: Told) => {
  const found = world.users.get(id)
  if (what === 'human.added')
    world.users.set(id, { id, orgId: owner, email: payload.email ?? '', verified: true, state: 'USER_STATE_ACTIVE' })
  else if (what === 'removed') world.users.delete(id)
  else if (found && what === 'human.email.changed') found.email = payload.email ?? ''
  else if (found) found.state = userStates[what] ?? found.state
}

const org = (world: World, { id, payload, what }: Told) => {
  const found = world.orgs.get(id)
  if (what === 'added') world.orgs.set(id, { id, name: payload.name ?? '', active: true })
  else if (what === 'removed') world.orgs.delete(id)
  else if (found) found.active = what === 'reactivated'
}

const nouns: readonly (readonly [prefix: string, tell: (world: World, told: Told) => void])[] = [
  ['user.grant.', userGrant],
  ['project.role.', projectRole],
  ['project.grant.', projectGrant],
  ['project.', project],
  ['user.', user],
  ['org.', org],
]
