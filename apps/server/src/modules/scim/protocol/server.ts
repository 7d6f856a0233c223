/** The SCIM 2.0 service (RFC 7644) under `/scim/v2`: finds out which account's source knocks, and answers in its terms. */
import { senderOf } from '@cockpit/policy'
import {
  admitAtPace,
  type Clock,
  type Ctx,
  createPace,
  type Db,
  type Log,
  Problem,
  type Protocol,
  type ProtocolAnswer,
  type ProtocolRequest,
  sha256Hex,
  systemCtx,
  unstorableIn,
  type Witness,
} from '../../../platform/index.ts'
import type { Entry } from '../journal.ts'
import type { ActorNow } from '../port.ts'
import { reachOf, sourceActor } from '../source.ts'
import { tokenByHash } from '../tokens-repository.ts'
import { answeringNow } from '../vouching.ts'
import { errorBody, notFound, notPossible, ScimError } from './error.ts'
import type { ScimGroups } from './groups.ts'
import { createMetadata } from './metadata.ts'
import { GroupBody, listAsk, PatchBody, parseBody, project, projectionOf, UserBody } from './request.ts'
import type { ScimUsers } from './users.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  users: ScimUsers
  groups: ScimGroups
  note: (ctx: Ctx, entry: Entry) => Promise<void>
  /** Writes down refused attempts. */
  witness: Pick<Witness, 'denied'>
  actorNow: ActorNow
  baseUrl: string
}
/** Requests a second, and at once after a rest: of one token, and of one sender, who may bring many. */
const tokenPace = { perSecond: 100, burst: 1_000 }
const senderPace = { perSecond: 200, burst: 2_000 }
type Source = { ctx: Ctx; tokenId: string }
type Answer = { status: number; body?: unknown; etag?: string; location?: string; headers?: ProtocolAnswer['headers'] }
const root = '/scim/v2'

export const createScimServer = ({ db, now, log, users, groups, note, witness, actorNow, baseUrl }: Deps): Protocol => {
  const metadata = createMetadata(baseUrl)
  const tellRefused = createTelling(witness)
  const [ofSender, ofToken] = [createPace(now, senderPace), createPace(now, tokenPace)]

  const sourceOf = async (request: ProtocolRequest): Promise<Source> => {
    admitAtPace(ofSender, senderOf(request.ip), tooSoon)
    const bearer = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    if (!bearer) throw new ScimError(401, 'Send a SCIM token as `Authorization: Bearer …`.')
    const { token, was, answering } = await db.platform(systemCtx('scim'), async (tx) => {
      const { token, was } = await tokenByHash(tx, sha256Hex(bearer), now())
      return { token, was, answering: token && (await answeringNow(actorNow, tx, token, token.account_id)) }
    })
    if (!token) {
      const what = was
        ? `The SCIM token '${was.name}' is expired, revoked or replaced.`
        : 'There is no such SCIM token.'
      tellRefused(unknownCtx(request, was?.account_id), request, new Problem('auth.required', what))
      throw new ScimError(401, 'This token is unknown, expired or revoked.')
    }
    if (token.account_status !== 'active') {
      const problem = new Problem('account.suspended', 'The account of this token is suspended.')
      tellRefused(unknownCtx(request, token.account_id), request, problem)
      throw new ScimError(403, problem.detail)
    }
    admitAtPace(ofToken, token.id, tooSoon)
    const { requestId, ip, userAgent } = request
    const origin = { requestId, ip, userAgent, sessionId: null, authenticatedAt: null, impersonator: null }
    return {
      tokenId: token.id,
      ctx: { accountId: token.account_id, actor: sourceActor(token.id, token.name, reachOf(answering)), ...origin },
    }
  }

  const serve = async (ctx: Ctx, request: ProtocolRequest): Promise<Answer> => {
    const [kind = '', id, ...rest] = request.path.split('/').filter(Boolean)
    if (rest.length > 0) throw new ScimError(404, 'There is no such endpoint.')
    if (kind === 'Users' || kind === 'Groups') return resources(ctx, kind, id, request)
    if (request.method !== 'GET') throw notPossible(request.method, ['GET'])
    if (kind === 'ServiceProviderConfig') return { status: 200, body: metadata.config }
    if (kind === 'ResourceTypes') return described(metadata.types, id)
    if (kind === 'Schemas') return described(metadata.schemas, id)
    throw new ScimError(404, 'There is no such endpoint.')
  }

  const resources = (ctx: Ctx, kind: 'Users' | 'Groups', id: string | undefined, request: ProtocolRequest) => {
    const isSearch = id === '.search' && request.method === 'POST'
    if (kind === 'Users') return isSearch ? listUsers(ctx, searchOf(request.body)) : oneOfUsers(ctx, request, id)
    return isSearch ? listGroups(ctx, searchOf(request.body)) : oneOfGroups(ctx, request, id)
  }

  const listUsers = async (ctx: Ctx, query: Query): Promise<Answer> => {
    const { filter, startIndex, count, projection } = listAsk(query)
    const { total, resources } = await users.list(ctx, { filter, offset: startIndex - 1, limit: count })
    return listed(
      total,
      startIndex,
      resources.map((one) => project(one, projection)),
    )
  }

  const listGroups = async (ctx: Ctx, query: Query): Promise<Answer> => {
    const { filter, startIndex, count, projection } = listAsk(query)
    const members = wantsMembers(projection)
    const { total, resources } = await groups.list(ctx, { filter, offset: startIndex - 1, limit: count, members })
    return listed(
      total,
      startIndex,
      resources.map((one) => project(one, projection)),
    )
  }

  const oneOfUsers = async (
    ctx: Ctx,
    { method, query, headers, body }: ProtocolRequest,
    id?: string,
  ): Promise<Answer> => {
    if (id === undefined) {
      if (method === 'GET') return listUsers(ctx, query)
      if (method !== 'POST') throw notPossible(method, ['GET', 'POST'])
      return created(await users.create(ctx, parseBody(UserBody, body)), query)
    }
    const ifMatch = headers['if-match']
    if (method === 'GET') return unlessSeen(await users.get(ctx, id), query, headers['if-none-match'])
    if (method === 'PUT') return changed(await users.replace(ctx, id, parseBody(UserBody, body), ifMatch), query)
    if (method === 'PATCH')
      return changed(await users.patch(ctx, id, parseBody(PatchBody, body).Operations, ifMatch), query)
    if (method !== 'DELETE') throw notPossible(method, ['GET', 'PUT', 'PATCH', 'DELETE'])
    await users.remove(ctx, id, ifMatch)
    return { status: 204 }
  }

  const oneOfGroups = async (
    ctx: Ctx,
    { method, query, headers, body }: ProtocolRequest,
    id?: string,
  ): Promise<Answer> => {
    if (id === undefined) {
      if (method === 'GET') return listGroups(ctx, query)
      if (method !== 'POST') throw notPossible(method, ['GET', 'POST'])
      return created(await groups.create(ctx, parseBody(GroupBody, body)), query)
    }
    const ifMatch = headers['if-match']
    if (method === 'GET')
      return unlessSeen(await groups.get(ctx, id, wantsMembers(projectionOf(query))), query, headers['if-none-match'])
    if (method === 'PUT') return changed(await groups.replace(ctx, id, parseBody(GroupBody, body), ifMatch), query)
    if (method === 'PATCH')
      return changed(await groups.patch(ctx, id, parseBody(PatchBody, body).Operations, ifMatch), query)
    if (method !== 'DELETE') throw notPossible(method, ['GET', 'PUT', 'PATCH', 'DELETE'])
    await groups.remove(ctx, id, ifMatch)
    return { status: 204 }
  }

  return {
    prefix: root,
    realm: '/scim',
    types: ['application/scim+json', 'application/json'],
    async handle(asked) {
      // whoever sends HEAD wants to know what GET would say; the server leaves the body out
      const request = asked.method === 'HEAD' ? { ...asked, method: 'GET' } : asked
      let source: Source | null = null
      let answer: ProtocolAnswer
      let detail: string | null = null
      try {
        source = await sourceOf(request)
        refuseUnstorable(request)
        answer = sent(await serve(source.ctx, request))
      } catch (error) {
        const refused = asScimError(error)
        if (source && error instanceof Problem && error.status === 403) tellRefused(source.ctx, request, error)
        if (!refused) log.error({ err: error, requestId: request.requestId }, 'scim request failed')
        const said =
          refused ?? new ScimError(500, `Something went wrong; the log tells more about ${request.requestId}.`)
        detail = said.detail
        answer = refusal(said)
      }
      if (source) {
        const { method, path } = request
        await note(source.ctx, { tokenId: source.tokenId, method, path, status: answer.status, detail })
      }
      return answer
    },
    failed({ method, path, status, detail, part }) {
      // what is at one of its addresses and still found nobody came with a method that none of them has
      const isHere = status === 404 && (path === root || path.startsWith(`${root}/`))
      if (isHere) return refusal(notPossible(method, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']))
      return refusal(new ScimError(status, detail, status === 400 && part === 'body' ? 'invalidSyntax' : undefined))
    },
  }
}

const tooSoon = (after: string) =>
  new ScimError(429, `Too many requests; come again in ${after} s.`, undefined, { 'retry-after': after })

const kinds = new Set(['Users', 'Groups', 'Schemas', 'ResourceTypes', 'ServiceProviderConfig'])

/** What a stranger put into the address is not kept: each would be a row of its own, and none says anything. */
const endpointOf = ({ path }: ProtocolRequest, isKnown: boolean) => {
  const [kind = '', id] = path.split('/').filter(Boolean)
  const line = `${root}/${kinds.has(kind) ? kind : '…'}${id === undefined ? '' : '/{id}'}`
  return { path: line, params: isKnown && id !== undefined ? { id } : {} }
}

const createTelling =
  (witness: Deps['witness']) =>
  (ctx: Ctx, request: ProtocolRequest, problem: Problem): void => {
    const { path, params } = endpointOf(request, ctx.actor.kind === 'scim')
    witness.denied(ctx, {
      ...{ route: { method: request.method, path, summary: 'SCIM' }, params },
      ...{ problem, claimed: null },
    })
  }

/** Of whoever knocks without a token in force: where it had belonged, or else the platform. */
const unknownCtx = ({ requestId, ip, userAgent }: ProtocolRequest, accountId: string | undefined): Ctx => ({
  ...systemCtx('scim', accountId),
  ...{ requestId, ip, userAgent },
})

const refuseUnstorable = ({ body, query }: ProtocolRequest) => {
  for (const [part, scimType] of [
    [body, 'invalidValue'],
    [query, 'invalidFilter'],
  ] as const) {
    const wrong = unstorableIn(part)
    if (wrong) throw new ScimError(400, `'${wrong.pointer.slice(1).replaceAll('/', '.')}' ${wrong.detail}.`, scimType)
  }
}

type Query = ProtocolRequest['query']
type Presented = { resource: Record<string, unknown>; etag: string }

const refusal = (error: ScimError): ProtocolAnswer =>
  sent({ status: error.status, headers: error.headers, body: errorBody(error) })

const sent = ({ status, body, etag, location, headers }: Answer): ProtocolAnswer => ({
  status,
  headers: {
    'content-type': 'application/scim+json',
    ...(etag && { etag }),
    ...(location && { location }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...headers,
  },
  ...(body !== undefined && { body: JSON.stringify(body) }),
})

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const listed = (totalResults: number, startIndex: number, resources: readonly object[]): Answer => ({
  status: 200,
  body: { schemas: [listSchema], totalResults, startIndex, itemsPerPage: resources.length, Resources: resources },
})

const created = ({ resource, etag }: Presented, query: Query): Answer => ({
  status: 201,
  body: project(resource, projectionOf(query)),
  etag,
  location: String((resource.meta as { location?: unknown }).location ?? ''),
})
const changed = ({ resource, etag }: Presented, query: Query): Answer => ({
  status: 200,
  body: project(resource, projectionOf(query)),
  etag,
})
const unlessSeen = ({ resource, etag }: Presented, query: Query, seen = ''): Answer =>
  seen.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*')
    ? { status: 304, etag }
    : changed({ resource, etag }, query)

const wantsMembers = ({ only, without }: ReturnType<typeof projectionOf>) =>
  !without.has('members') && (only === null || only.has('members'))

const described = (all: readonly ({ id: string } & object)[], id: string | undefined): Answer => {
  if (id === undefined) return listed(all.length, 1, all)
  const one = all.find((entry) => entry.id.toLowerCase() === decodeURIComponent(id).toLowerCase())
  if (!one) throw new ScimError(404, `There is no '${id}' here.`)
  return { status: 200, body: one }
}

const searchOf = (body: unknown): Query => {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Query
  throw new ScimError(400, 'Send what to search for as an object.', 'invalidSyntax')
}

const whoseReach =
  'A source may do what whoever made or last rotated its token may; somebody who may do as much rotates it.'

/** A refusal of the rooms behind, in SCIM's words. */
const asScimError = (error: unknown): ScimError | null => {
  if (error instanceof ScimError) return error
  if (!(error instanceof Problem)) return null
  if (error.code === 'user.not_found') return notFound('User', '')
  if (error.code === 'access.denied') return new ScimError(403, `${error.detail} ${whoseReach}`)
  // a source that is told so looks for whom it has made already, and no other conflict is that
  if (error.status === 409)
    return new ScimError(409, error.detail, error.code === 'user.email_taken' ? 'uniqueness' : undefined)
  return new ScimError(error.status, error.detail, error.status === 400 ? 'invalidValue' : undefined, error.headers)
}
