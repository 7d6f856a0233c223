/** The management API of Zitadel: version 2 through Connect, REST where version 2 has nothing else, version 1 for events. */
import type { ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import { z } from 'zod'
import {
  type Place,
  type Role,
  type ZitadelApi,
  ZitadelError,
  type ZitadelEvent,
} from '../../../modules/zitadel/port.ts'
import type { Clock } from '../../../platform/index.ts'
import * as shape from './shapes.ts'
import { type Credentials, createTokenSource } from './token.ts'
import { createTransport, type Send } from './transport.ts'

export { managementScope } from './token.ts'

export type ZitadelClientDeps = {
  baseUrl: string
  credentials: Credentials
  now: Clock
  sleep: (ms: number) => Promise<void>
  random: () => number
  timeoutMs?: number
}

const pageSize = 100
const itemsMax = 10_000
const emailsPerQuery = 20
const foundMax = 20
const eventsPerPage = 1_000
const eventsMax = 100_000

export const createZitadelClient = (deps: ZitadelClientDeps): ZitadelApi => {
  const { baseUrl, credentials, now } = deps
  const send = createTransport({ ...deps, tokens: createTokenSource(baseUrl, credentials, now) })
  return { baseUrl, credentials: credentials.kind, ...projects(send), ...authorizations(send), ...people(send) }
}

const projectService = '/zitadel.project.v2.ProjectService'
const authorizationService = '/zitadel.authorization.v2.AuthorizationService'

const projects = (send: Send) => ({
  async project(projectId: string) {
    const found = await orNull(send({ path: `${projectService}/GetProject`, body: { projectId } }))
    return found === null ? null : read(shape.FoundProject, found).project
  },
  async organization(organizationId: string) {
    const body = { query: { limit: 1 }, queries: [{ idQuery: { id: organizationId } }] }
    return read(shape.FoundOrganizations, await send({ path: '/v2/organizations/_search', body })).result[0] ?? null
  },
  roles: (projectId: string) =>
    all(async (pagination) =>
      read(
        shape.paged('projectRoles', shape.ProjectRole),
        await send({ path: `${projectService}/ListProjectRoles`, body: { projectId, pagination } }),
      ),
    ),
  addRole: (projectId: string, { key, displayName, group }: Role) =>
    createdOrThere(
      send({ path: `${projectService}/AddProjectRole`, body: { projectId, roleKey: key, displayName, group } }),
    ),
  async updateRole(projectId: string, { key, displayName, group }: Role) {
    await send({ path: `${projectService}/UpdateProjectRole`, body: { projectId, roleKey: key, displayName, group } })
  },
  async projectGrant({ projectId, organizationId }: Place) {
    const grants = await all(async (pagination) =>
      read(
        shape.paged('projectGrants', shape.Grant),
        await send({
          path: `${projectService}/ListProjectGrants`,
          body: {
            pagination,
            filters: [
              { inProjectIdsFilter: { ids: [projectId] } },
              { grantedOrganizationIdFilter: { id: organizationId } },
            ],
          },
        }),
      ),
    )
    return grants.find((grant) => grant.organizationId === organizationId && grant.projectId === projectId) ?? null
  },
  addProjectGrant: ({ projectId, organizationId }: Place, roleKeys: readonly string[]) =>
    createdOrThere(
      send({
        path: `${projectService}/CreateProjectGrant`,
        body: { projectId, grantedOrganizationId: organizationId, roleKeys },
      }),
    ),
  async setProjectGrant({ projectId, organizationId }: Place, roleKeys: readonly string[]) {
    await send({
      path: `${projectService}/UpdateProjectGrant`,
      body: { projectId, grantedOrganizationId: organizationId, roleKeys },
    })
  },
})

const authorizations = (send: Send) => ({
  authorizations: ({ projectId, organizationId }: Place) =>
    all(async (pagination) =>
      read(
        shape.paged('authorizations', shape.FoundAuthorization),
        await send({
          path: `${authorizationService}/ListAuthorizations`,
          body: {
            pagination,
            filters: [{ projectId: { id: projectId } }, { organizationId: { id: organizationId } }],
          },
        }),
      ),
    ),
  async addAuthorization({ projectId, organizationId }: Place, userId: string, roleKeys: readonly string[]) {
    try {
      const body = { userId, projectId, organizationId, roleKeys }
      return read(shape.CreatedAuthorization, await send({ path: `${authorizationService}/CreateAuthorization`, body }))
    } catch (error) {
      if (error instanceof ZitadelError && error.code === 'already_exists') return null
      throw error
    }
  },
  async setAuthorization(id: string, roleKeys: readonly string[]) {
    await send({ path: `${authorizationService}/UpdateAuthorization`, body: { id, roleKeys } })
  },
})

const people = (send: Send) => {
  const usersWhere = (query: object) =>
    all(async ({ offset, limit, asc }) =>
      read(
        shape.FoundUsers,
        await send({ path: '/v2/users', body: { query: { offset, limit, asc }, queries: [query] } }),
      ),
    )
  const inParts = async (values: readonly string[], part: (some: string[]) => Promise<ZitadelUser[]>) => {
    const found: ZitadelUser[] = []
    for (let from = 0; from < values.length; from += emailsPerQuery)
      found.push(...(await part(values.slice(from, from + emailsPerQuery))))
    return found
  }
  return {
    usersByEmail: (emails: readonly string[]) =>
      inParts(emails, (some) => usersWhere({ orQuery: { queries: some.map((text) => emailIs(text, 'EQUALS')) } })),
    usersById: (ids: readonly string[]) => inParts(ids, (some) => usersWhere({ inUserIdsQuery: { userIds: some } })),
    async searchUsers(text: string) {
      const body = { query: { offset: '0', limit: foundMax, asc: true }, queries: [emailIs(text, 'CONTAINS')] }
      return read(shape.FoundUsers, await send({ path: '/v2/users', body })).items
    },
    async events(after: Date, types: readonly string[], limit: number) {
      // instance-wide, so version 1 gets no organization
      const body = { from: after.toISOString(), asc: true, limit, eventTypes: types }
      return read(shape.FoundEvents, await send({ path: '/admin/v1/events/_search', body })).events
    },
    async history(of: Parameters<ZitadelApi['history']>[0]): Promise<ZitadelEvent[]> {
      const which =
        'aggregateId' in of
          ? { aggregateId: of.aggregateId }
          : { resourceOwner: of.organizationId, eventTypes: of.types }
      const found = new Map<string, ZitadelEvent>()
      for (let from: Date | null = null; ; ) {
        const body: object = { ...which, asc: true, limit: eventsPerPage, ...(from && { from: from.toISOString() }) }
        const answer = await send({ path: '/admin/v1/events/_search', body })
        const { events }: { events: ZitadelEvent[] } = read(shape.FoundEvents, answer)
        const before = found.size
        for (const event of events) found.set(`${event.aggregateId}:${event.sequence}`, event)
        const last: ZitadelEvent | undefined = events.at(-1)
        // a page tells how many there are only by being full; the moment at its end is read again, as more may share it
        if (!last || events.length < eventsPerPage || found.size === before) return [...found.values()]
        if (found.size > eventsMax)
          throw new ZitadelError('out_of_range', `Zitadel tells more than ${eventsMax} events.`)
        from = new Date(last.at.getTime() - 1)
      }
    },
  }
}

const emailIs = (emailAddress: string, how: 'EQUALS' | 'CONTAINS') => ({
  emailQuery: { emailAddress, method: `TEXT_QUERY_METHOD_${how}_IGNORE_CASE` },
})

type Pagination = { offset: string; limit: number; asc: true }
type PageRead<T> = { items: T[]; total: number }

/** Every page. An instance may cap a page below what was asked, so the next one starts after what really came. */
const all = async <T>(page: (pagination: Pagination) => Promise<PageRead<T>>): Promise<T[]> => {
  const found: T[] = []
  for (;;) {
    const { items, total } = await page({ offset: String(found.length), limit: pageSize, asc: true })
    found.push(...items)
    if (items.length === 0 || found.length >= total) return found
    if (found.length > itemsMax) throw new ZitadelError('out_of_range', `Zitadel lists more than ${itemsMax} entries.`)
  }
}

const createdOrThere = async (sent: Promise<unknown>): Promise<'created' | 'exists'> => {
  try {
    await sent
    return 'created'
  } catch (error) {
    if (error instanceof ZitadelError && error.code === 'already_exists') return 'exists'
    throw error
  }
}

const orNull = async <T>(sent: Promise<T>): Promise<T | null> => {
  try {
    return await sent
  } catch (error) {
    if (error instanceof ZitadelError && error.code === 'not_found') return null
    throw error
  }
}

const read = <T extends z.ZodType>(schema: T, body: unknown): z.output<T> => {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new ZitadelError(
    'internal',
    `Zitadel answered in another shape than expected: ${z.prettifyError(result.error)}`,
  )
}
