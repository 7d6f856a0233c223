import { isAllowedFrom, loopback, networksOf } from '@cockpit/policy'
import cookie from '@fastify/cookie'
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  fastify,
} from 'fastify'
import { createBrokenRequests, type Speak, type Told } from './broken-request.ts'
import type { Clock } from './clock.ts'
import { newId } from './id.ts'
import type { Log } from './log.ts'
import { Problem, problemBody } from './problem.ts'

/** Whose callers read failures in another shape than a problem, at every address that begins so. */
export type Dialect = { realm: string; failed(why: Failure): Omit<Told, 'body'> & { body?: string } }
/** What never reached a handler; `part` is what was wrong with it. */
export type Failure = {
  method: string
  path: string
  status: number
  detail: string
  part: 'address' | 'body' | 'head'
}

declare module 'fastify' {
  interface FastifyInstance {
    dialects: Dialect[]
    /** What is no request at all, in the words of whoever is at home at the address that it names. */
    speak: Speak
  }
  interface FastifyContextConfig {
    /** The body is kept as bytes. */
    rawBody?: boolean
  }
}

const bodyBytesMax = 1_048_576
const requestTimeoutMs = 30_000

export type HttpServerOptions = {
  log: Log
  now: Clock
  /** Set when people reach Cockpit over https, so that browsers never go back to http. */
  https?: boolean
  /** Whose `x-forwarded-for` says where a request comes from; this machine's when absent. */
  trustedProxies?: readonly string[]
  /** Shares one port with another listener, such as the gateway. */
  serverFactory?: FastifyServerFactory
}

/** A Fastify that answers every failure as a problem, and every answer with fixed security headers and a request id. */
export const createHttpServer = (options: HttpServerOptions): FastifyInstance => {
  const { log, now, https = false, trustedProxies = loopback, serverFactory } = options
  const trusted = networksOf(trustedProxies) ?? []
  const dialects: Dialect[] = []
  const inDialect = (url: string, why: Omit<Failure, 'path'>): ReturnType<Dialect['failed']> | null => {
    const path = pathOf(url)
    const found = dialects.find(({ realm }) => path === realm || path.startsWith(`${realm}/`))
    return found?.failed({ ...why, path }) ?? null
  }
  /** In the words of whoever is at home at this address. */
  const refuse = (request: FastifyRequest, reply: FastifyReply, problem: Problem, part: Failure['part']) => {
    const { status, detail } = problem
    const told = inDialect(request.url, { method: request.method, status, detail, part })
    if (!told) return sendProblem(reply, problem, request.id)
    reply.code(told.status).headers(told.headers).header('x-request-id', request.id).send(bytesOf(told.body))
  }
  const speak: Speak = (url, { code, message }) => {
    const { status } = new Problem(code, message)
    const told = inDialect(url, { method: '', status, detail: message, part: 'head' })
    return told && { ...told, body: told.body ?? '' }
  }
  const broken = createBrokenRequests({ newId: () => newId('req', now()), speak })
  const server = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    genReqId: () => newId('req', now()),
    trustProxy: (address) => isAllowedFrom(trusted, address),
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_error, request, reply: FastifyReply) =>
      refuse(request, reply, new Problem('input.malformed', 'The address is not a valid URL.'), 'address'),
    clientErrorHandler: (error, socket) => broken.answer(error, socket),
    ...(serverFactory && { serverFactory }),
  })
  server.decorate('dialects', dialects)
  server.decorate('speak', speak)
  readJsonOnly(server)
  server.register(cookie)
  const headers = securityHeaders(https)
  server.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    for (const [name, value] of headers) if (!reply.hasHeader(name)) reply.header(name, value)
  })
  server.addHook('onResponse', async (request, reply) => {
    // the route and not the address: an address may hold what its sender keeps secret
    const route = request.routeOptions.url ?? 'unknown'
    log.debug(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime },
      'request',
    )
  })
  server.setNotFoundHandler((request, reply) => {
    const problem = new Problem('route.not_found', `There is no ${request.method} ${pathOf(request.url)}.`)
    refuse(request, reply, problem, 'address')
  })
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = asProblem(error)
    if (!problem) log.error({ err: error, requestId: request.id }, 'request failed')
    sendProblem(reply, problem ?? internal(request.id), request.id)
  })
  return server
}

const pathOf = (url: string): string => url.split('?')[0] ?? ''
export const bytesOf = (body: string | undefined) => (body === undefined ? undefined : Buffer.from(body))

export const sendProblem = (reply: FastifyReply, problem: Problem, requestId: string): void => {
  reply
    .code(problem.status)
    .headers(problem.code === 'auth.required' ? { 'www-authenticate': 'Bearer', ...problem.headers } : problem.headers)
    .header('content-type', 'application/problem+json')
    .header('x-request-id', requestId)
    .send(Buffer.from(JSON.stringify(problemBody(problem, requestId))))
}

export const internal = (requestId: string): Problem =>
  new Problem('internal.error', `Something went wrong inside Cockpit. Its log tells more about request ${requestId}.`)

export const asProblem = (error: FastifyError): Problem | null => {
  if (error instanceof Problem) return error
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('input.too_large', `A body has at most ${bodyBytesMax} bytes.`)
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem('input.unsupported_type', 'Send the body as application/json.')
  if (error instanceof SyntaxError || error.statusCode === 400)
    return new Problem('input.malformed', 'The body is not valid JSON.')
  return null
}

const readJsonOnly = (server: FastifyInstance) => {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.rawBody) done(null, body)
    // many clients name the type of a body they do not send
    else if (body.length === 0) done(null, undefined)
    else parse(request, body.toString('utf8'), done)
  })
  // a form is what a page of another site can send without asking; only a handler that checks what it gets takes one
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.routeOptions.config.rawBody) done(null, body)
    else done(new Problem('input.unsupported_type', 'Send the body as application/json.'))
  })
  server.addHook('onRequest', async (request) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity')
      throw new Problem('input.unsupported_type', `Send the body as it is, without content-encoding '${encoding}'.`)
  })
}

const securityHeaders = (https: boolean): [name: string, value: string][] => [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cache-control', 'no-store'],
  ...(https ? [['strict-transport-security', 'max-age=31536000'] satisfies [string, string]] : []),
]
