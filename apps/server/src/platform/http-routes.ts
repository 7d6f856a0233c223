import { Readable } from 'node:stream'
import { type Alias, addressesOf, type Route } from '@cockpit/contract/kit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from './clock.ts'
import { anonymous, type Ctx, platformAccount } from './context.ts'
import {
  type Authenticate,
  type Authenticated,
  type Bound,
  type Input,
  parseInput,
  type RequestFacts,
  refuseUnknownRehearsal,
} from './http.ts'
import { passGates } from './http-gates.ts'
import { admitDangerous, asksForProof } from './http-proof.ts'
import { internal } from './http-server.ts'
import { watchStanding } from './http-standing.ts'
import { eventStream } from './http-stream.ts'
import { createVersions } from './http-versions.ts'
import { tellDenied, type Witness, witnessed } from './http-witness.ts'
import { type Rules, underRules } from './http-writes.ts'
import type { Idempotency } from './idempotency.ts'
import type { Log } from './log.ts'
import { Problem, problemBody } from './problem.ts'

export type MountOptions = {
  authenticate: Authenticate
  /** The secret in the cookie of sessions, of one that has ended too; without it no cookie is one. */
  sessionOf?: (asked: Pick<RequestFacts, 'headers' | 'cookies'>) => string | null
  /** Throws for somebody known who may not come from this address. */
  admitsFrom?: (known: Authenticated, ip: string) => Promise<void>
  log: Log
  /** Origin under which people reach Cockpit, beside the one the request itself names. */
  publicUrl?: string | undefined
  now?: Clock
  witness?: Witness
  /** Without it an `Idempotency-Key` says nothing. */
  idempotency?: Idempotency
}

type Admitted = { ctx: Ctx; via: Authenticated['via'] | null }

/**
 * Mounts bound routes. A request is refused in this order: 401 unknown, 403 forbidden, 401 not proven lately, 400 wrong;
 * then it is handled.
 */
export const mountRoutes = (server: FastifyInstance, bound: readonly Bound[], options: MountOptions): void => {
  const admitted = new WeakMap<FastifyRequest, Admitted>()
  const closing = new AbortController()
  server.addHook('preClose', async () => closing.abort())

  const rules: Rules = { versions: createVersions(bound), idempotency: options.idempotency, log: options.log }
  for (const one of bound.flatMap(addressed)) {
    const { route, path } = one
    server.route({
      method: route.method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      config: { rawBody: route.rawBody === true },
      // before the body is read: a stranger's megabyte is not worth parsing
      onRequest: async (request, reply) => {
        const { ctx, via } = await admit(route, request, options)
        if (route.scope === 'account' || route.scope === 'any') reply.header('x-account-id', ctx.accountId)
        admitted.set(request, { ctx, via })
      },
      handler: async (request, reply) => {
        const known = admitted.get(request)
        if (!known) throw new Error(`${route.method} ${route.path} ran without admission`)
        return answer(one, { request, reply, known, closing: closing.signal }, options, rules)
      },
    })
  }
}

const addressed = ({ route, handle }: Bound) => addressesOf(route).map((address) => ({ ...address, route, handle }))
type Addressed = ReturnType<typeof addressed>[number]
type Asked = { request: FastifyRequest; reply: FastifyReply; known: Admitted; closing: AbortSignal }

const answer = async (one: Addressed, asked: Asked, options: MountOptions, rules: Rules) => {
  const { route, handle, path } = one
  const { request, reply, known, closing } = asked
  const ended = new AbortController()
  const signal = AbortSignal.any([closing, goneSignal(reply), ended.signal])
  const extra = extras(reply)
  const input = inputOf(one, asked, signal, options)
  const call = { route, request, body: input.body }
  const handled = (ctx: Ctx) =>
    witnessed(options.witness, { ...call, ctx }, () =>
      handle({ ...input, ctx, reply: extra } as unknown as Input<Route>),
    )
  if (route.stream) {
    const values = (await handled(known.ctx)) as AsyncIterable<unknown>
    const again = () => admit(route, request, options, true)
    reply.raw.once('close', watchStanding({ ctx: known.ctx, again, end: (reason) => ended.abort(reason) }))
    return sendStream(reply, route, values, signal, options.log)
  }
  if (route.file) return sendFile(reply, route.file, (await handled(known.ctx)) as AsyncIterable<string>)
  const write = { ...input, ctx: known.ctx, route, path, isPersonal: extra.isPersonal }
  const { status, value, replayed } = await underRules(rules, write, async (ctx) => {
    const given = route.returns.parse(await handled(ctx))
    return { status: extra.chosen() ?? route.status ?? 200, value: given }
  })
  if (route.redirects) return reply.redirect((value as { location: string }).location, 303)
  if (replayed) reply.header('idempotency-replayed', 'true')
  reply.code(status)
  if (route.status === 204) return reply.send()
  const etag = rules.versions.etagOf(route, path, value)
  if (etag) reply.header('etag', etag)
  return value
}

const inputOf = (
  { route, fixes }: Addressed,
  { request, known }: Asked,
  signal: AbortSignal,
  options: MountOptions,
) => {
  const { account_id: _, ...query } = request.query as Record<string, unknown>
  if (route.method !== 'GET') refuseUnknownRehearsal(route.query, query)
  const body = parseInput(route.body, fixed(request.body, fixes), 'body')
  if (asksForProof(route, body)) admitDangerous(known.ctx, { route, request, body }, options)
  return {
    params: parseInput(route.params, request.params, 'path'),
    query: parseInput(route.query, route.body ? query : { ...query, ...fixes }, 'query'),
    request: { ...facts(request), signal, rawBody: Buffer.isBuffer(request.body) ? request.body : null },
    body,
  }
}

/** A body, with what its address says already; what is no object is left for its schema to refuse. */
const fixed = (body: unknown, fixes: Alias['fixes']): unknown =>
  fixes && body !== null && typeof body === 'object' && !Array.isArray(body) ? { ...body, ...fixes } : body

/** `isOngoing`: nobody asks anew, an answer only goes on. */
const admit = async (
  route: Route,
  request: FastifyRequest,
  options: MountOptions,
  isOngoing = false,
): Promise<Admitted> => {
  const { scope } = route
  let admitted: Admitted = { ctx: contextOf(route, request, null), via: null }
  try {
    const isPublic = route.permission === 'public'
    const asksWho = route.strangers === true
    const isUnattended = isOngoing || request.headers['x-unattended'] !== undefined
    const chosen = { ...facts(request), accountId: chosenAccount(request), scope, asksWho, isUnattended }
    const known = isPublic ? null : await options.authenticate(chosen)
    const mayBeNobody = isPublic || (route.strangers === true && !hasCredential(facts(request), options.sessionOf))
    if (!known && !mayBeNobody)
      throw new Problem('auth.required', 'Sign in, or send a key as `Authorization: Bearer …`.')
    const fromOwnSite = () => refuseCrossSite(request, known?.via === 'cookie', options.publicUrl)
    admitted = { ctx: contextOf(route, request, known), via: known?.via ?? null }
    if (known) {
      const { admitsFrom, now } = options
      const { refused } = await passGates({ route, known, ip: request.ip, admitsFrom, fromOwnSite, now })
      // whatever the route is about, its account is whose people must learn of it
      if (refused?.by === 'network') admitted = { ...admitted, ctx: { ...admitted.ctx, accountId: known.accountId } }
      if (refused) throw refused.problem
    } else fromOwnSite()
    return admitted
  } catch (error) {
    tellDenied(options.witness, admitted.ctx, { route, request, body: null }, error)
    throw error
  }
}

/** Whose session has ended must learn that, and is not just anybody; a cookie of somebody else's making says nothing. */
const hasCredential = (
  asked: Pick<RequestFacts, 'headers' | 'cookies'>,
  sessionOf: MountOptions['sessionOf'] = () => null,
): boolean => asked.headers.authorization !== undefined || sessionOf(asked) !== null

const contextOf = ({ scope }: Route, request: FastifyRequest, known: Authenticated | null): Ctx => ({
  accountId: known && (scope === 'account' || scope === 'any') ? known.accountId : platformAccount,
  actor: known?.actor ?? anonymous,
  requestId: request.id,
  ip: request.ip,
  userAgent: request.headers['user-agent']?.slice(0, 400) ?? null,
  sessionId: known?.sessionId ?? null,
  authenticatedAt: known?.authenticatedAt ?? null,
  impersonator: known?.impersonator ?? null,
  ...(known?.login && { login: known.login }),
  ...(known?.breakGlass && { breakGlass: known.breakGlass }),
  ...(known?.restriction && { restriction: known.restriction }),
  ...(known?.tokenProof && { tokenProof: known.tokenProof }),
})

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A page of another site can make a browser send requests with its cookies; browsers say where a request comes from. */
const refuseCrossSite = (request: FastifyRequest, byCookie: boolean, publicUrl: string | undefined) => {
  if (safeMethods.has(request.method)) return
  const { 'sec-fetch-site': site, origin } = request.headers
  // programs send neither; with a cookie a request must prove where it comes from
  if (site === undefined && origin === undefined && !byCookie) return
  if (site === 'same-origin' || site === 'none') return
  const own = [`${request.protocol}://${request.host}`, publicUrl && new URL(publicUrl).origin]
  if (origin !== undefined && own.includes(origin) && site !== 'cross-site') return
  throw new Problem('auth.origin_refused', 'This request comes from another site.')
}

const chosenAccount = (request: FastifyRequest): string | null => {
  const fromQuery = (request.query as Record<string, unknown>).account_id
  const chosen = request.headers['x-account-id'] ?? fromQuery
  return typeof chosen === 'string' && chosen !== '' ? chosen : null
}

const facts = (request: FastifyRequest): Omit<RequestFacts, 'signal' | 'rawBody'> => ({
  headers: request.headers,
  cookies: request.cookies,
  ip: request.ip,
})

const extras = (reply: FastifyReply) => {
  let chosen: number | null = null
  let personal = false
  return {
    chosen: () => chosen,
    /** Whether a cookie leaves with the answer. */
    isPersonal: () => personal,
    status: (code: number) => {
      chosen = code
    },
    setCookie: (name: string, value: string, options = {}) => {
      personal = true
      reply.setCookie(name, value, { path: '/', ...options })
    },
    clearCookie: (name: string, options = {}) => void reply.clearCookie(name, { path: '/', ...options }),
    header: (name: string, value: string) => void reply.header(name, value),
  }
}

/** Aborts when the connection ends before the answer does. */
const goneSignal = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}

const sendFile = (reply: FastifyReply, type: string, pieces: AsyncIterable<string>) =>
  reply.header('content-type', type).send(Readable.from(pieces, { objectMode: false }))

const sendStream = (
  reply: FastifyReply,
  route: Route,
  values: AsyncIterable<unknown>,
  signal: AbortSignal,
  log: Log,
) => {
  const { id } = reply.request
  const failed = (error: unknown) => {
    if (error instanceof Problem) return problemBody(error, id)
    log.error({ err: error, requestId: id }, 'stream failed')
    return problemBody(internal(id), id)
  }
  // its connection ends with it, or a closing server would wait for the idle rest
  reply.headers({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', connection: 'close' })
  return reply.send(eventStream(values, { signal, present: (value) => route.returns.parse(value), failed }))
}
