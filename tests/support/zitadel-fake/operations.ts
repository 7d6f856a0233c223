/** The paths of the API, in the shapes of protojson: nothing that is empty is written, and uint64 is text. */
import { type Commands, Refused } from './commands.ts'
import type { FakeProjectGrant, FakeUser, FakeUserGrant, Happened, World } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a caller sent; the operation reads what it knows
type Body = any
type Seen = { world: World; events: readonly Happened[]; pageCap: number; orgHeader: string | null; at: Date }
export type Operation = (body: Body, seen: Seen, commands: Commands) => object

const project = '/zitadel.project.v2.ProjectService/'
const authorization = '/zitadel.authorization.v2.AuthorizationService/'

/** Answers a v2 Connect call or a REST call; a path that is missing here is one that Zitadel does not have. */
export const operations: Readonly<Record<string, Operation>> = {
  [`${project}GetProject`]({ projectId }, { world }) {
    const found = world.projects.get(projectId)
    if (!found) throw new Refused('not_found', 'Errors.Project.NotFound (QUERY-fake)')
    return {
      project: { projectId: found.id, organizationId: found.orgId, name: found.name, state: 'PROJECT_STATE_ACTIVE' },
    }
  },
  [`${project}ListProjectRoles`]({ projectId, pagination }, { world, pageCap }) {
    const roles = [...(world.projects.get(projectId)?.roles.values() ?? [])]
    return page(
      roles.map((role) => ({ projectId, ...role })),
      'projectRoles',
      pagination,
      pageCap,
    )
  },
  [`${project}AddProjectRole`]({ projectId, roleKey, displayName, group = '' }, { at }, commands) {
    if (!roleKey || !displayName) throw new Refused('invalid_argument', 'roleKey and displayName are required')
    commands.addRole(projectId, { key: roleKey, displayName, group })
    return { creationDate: at.toISOString() }
  },
  [`${project}UpdateProjectRole`]({ projectId, roleKey, displayName, group = '' }, { at }, commands) {
    commands.updateRole(projectId, { key: roleKey, displayName, group })
    return { changeDate: at.toISOString() }
  },
  [`${project}ListProjectGrants`]({ filters = [], pagination }, { world, pageCap }) {
    const ids: string[] | undefined = filters.find((one: Body) => one.inProjectIdsFilter)?.inProjectIdsFilter.ids
    const org: string | undefined = filters.find((one: Body) => one.grantedOrganizationIdFilter)
      ?.grantedOrganizationIdFilter.id
    const found = [...world.projectGrants.values()].filter(
      (grant) => (!ids || ids.includes(grant.projectId)) && (!org || grant.orgId === org),
    )
    return page(found.map(asProjectGrant), 'projectGrants', pagination, pageCap)
  },
  [`${project}CreateProjectGrant`]({ projectId, grantedOrganizationId, roleKeys = [] }, { at }, commands) {
    commands.addProjectGrant(projectId, grantedOrganizationId, roleKeys)
    return { creationDate: at.toISOString() }
  },
  [`${project}UpdateProjectGrant`]({ projectId, grantedOrganizationId, roleKeys = [] }, { at }, commands) {
    commands.setProjectGrant(projectId, grantedOrganizationId, roleKeys)
    return { changeDate: at.toISOString() }
  },
  [`${authorization}ListAuthorizations`]({ filters = [], pagination }, { world, pageCap }) {
    const wanted = Object.assign({}, ...filters) as Record<string, { id?: string; ids?: string[] }>
    const found = [...world.userGrants.values()].filter(
      (grant) =>
        (!wanted.projectId || wanted.projectId.id === grant.projectId) &&
        (!wanted.organizationId || wanted.organizationId.id === grant.orgId) &&
        (!wanted.inUserIds || wanted.inUserIds.ids?.includes(grant.userId)),
    )
    return page(
      found.map((grant) => asAuthorization(grant, world)),
      'authorizations',
      pagination,
      pageCap,
    )
  },
  [`${authorization}CreateAuthorization`]({ userId, projectId, organizationId, roleKeys = [] }, { at }, commands) {
    // the organization is a field of version 2; without it the grant would land in the caller's own
    if (!organizationId) throw new Refused('invalid_argument', 'organizationId is required')
    return { id: commands.authorize(userId, projectId, organizationId, roleKeys), creationDate: at.toISOString() }
  },
  [`${authorization}UpdateAuthorization`]({ id, roleKeys = [] }, { at }, commands) {
    commands.setAuthorization(id, roleKeys)
    return { changeDate: at.toISOString() }
  },
  '/v2/users'({ query, queries = [] }, { world, pageCap }) {
    const found = [...world.users.values()].filter((user) => queries.every((one: Body) => matches(one, user)))
    const { items, total } = cut(found.map(asUser), query, pageCap)
    return { details: { totalResult: String(total), processedSequence: '1' }, result: items }
  },
  '/v2/organizations/_search'({ queries = [] }, { world }) {
    const id = queries.find((one: Body) => one.idQuery)?.idQuery.id
    const found = [...world.orgs.values()].filter((org) => !id || org.id === id)
    const result = found.map(({ id, name, active }) => ({
      id,
      name,
      state: active ? 'ORGANIZATION_STATE_ACTIVE' : 'ORGANIZATION_STATE_INACTIVE',
    }))
    return { details: { totalResult: String(result.length) }, result }
  },
  '/admin/v1/events/_search'({ from, limit = 100, asc = false, ...only }, { events, orgHeader }) {
    if (orgHeader) throw new Refused('invalid_argument', 'events belong to the instance')
    const found = events.filter(
      (event) =>
        (!from || event.at > new Date(from)) &&
        (!only.eventTypes || only.eventTypes.includes(event.type)) &&
        (!only.aggregateId || only.aggregateId === event.aggregateId) &&
        (!only.resourceOwner || only.resourceOwner === event.resourceOwner),
    )
    return { events: (asc ? found : [...found].reverse()).slice(0, Math.min(limit, 1000)).map(asEvent) }
  },
}

const matches = (query: Body, user: FakeUser): boolean => {
  if (query.orQuery) return query.orQuery.queries.some((one: Body) => matches(one, user))
  if (query.inUserIdsQuery) return query.inUserIdsQuery.userIds.includes(user.id)
  if (query.organizationIdQuery) return query.organizationIdQuery.organizationId === user.orgId
  if (query.emailQuery) {
    const [wanted, email] = [query.emailQuery.emailAddress.toLowerCase(), user.email.toLowerCase()]
    return /CONTAINS/.test(query.emailQuery.method) ? email.includes(wanted) : email === wanted
  }
  throw new Refused('invalid_argument', `unknown query ${Object.keys(query)}`)
}

const cut = <T>(items: readonly T[], query: Body, pageCap: number) => {
  const { offset = '0', limit = 100 } = query ?? {}
  return { items: items.slice(Number(offset), Number(offset) + Math.min(limit, pageCap)), total: items.length }
}
const page = (all: readonly object[], name: string, pagination: Body, pageCap: number) => {
  const { items, total } = cut(all, pagination, pageCap)
  return {
    pagination: { totalResult: String(total), appliedLimit: String(pageCap) },
    ...(items.length > 0 && { [name]: items }),
  }
}

const asProjectGrant = ({ projectId, orgId, roleKeys, active }: FakeProjectGrant) => ({
  projectId,
  grantedOrganizationId: orgId,
  grantedRoleKeys: roleKeys,
  state: active ? 'PROJECT_GRANT_STATE_ACTIVE' : 'PROJECT_GRANT_STATE_INACTIVE',
})
const asAuthorization = ({ id, userId, projectId, orgId, roleKeys, active }: FakeUserGrant, world: World) => ({
  id,
  project: { id: projectId, name: 'fake' },
  organization: { id: orgId },
  user: { id: userId, preferredLoginName: world.users.get(userId)?.email ?? '' },
  state: active ? 'STATE_ACTIVE' : 'STATE_INACTIVE',
  ...(roleKeys.length > 0 && { roles: roleKeys.map((key) => ({ key })) }),
})
const asUser = ({ id, orgId, email, verified, state }: FakeUser) => ({
  userId: id,
  details: { resourceOwner: orgId },
  state,
  username: email,
  preferredLoginName: email,
  human: {
    profile: { givenName: 'Some', familyName: 'Body' },
    email: { email, ...(verified && { isVerified: true }) },
  },
})
const asEvent = (event: Happened) => ({
  editor: { userId: 'editor', displayName: 'Editor', service: 'fake' },
  aggregate: { id: event.aggregateId, type: { type: event.aggregateType }, resourceOwner: event.resourceOwner },
  sequence: String(event.sequence),
  creationDate: event.at.toISOString(),
  payload: event.payload,
  type: { type: event.type },
})
