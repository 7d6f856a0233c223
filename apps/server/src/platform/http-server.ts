import { isAllowedFrom, loopback, networksOf } from '@cockpit/policy'
import cookie from '@fastify/cookie'
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyServerFactory, fastify } from 'fastify'
import { createBrokenRequests } from './broken-request.ts'
import type { Clock } from './clock.ts'
import { newId } from './id.ts'
import type { Log } from './log.ts'
import { Problem, problemBody } from './problem.ts'

declare module 'fastify' {
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
  const broken = createBrokenRequests({ newId: () => newId('req', now()) })
  const server = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    genReqId: () => newId('req', now()),
    trustProxy: (address) => isAllowedFrom(trusted, address),
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_error, request, reply: FastifyReply) =>
      sendProblem(reply, new Problem('input.malformed', 'The address is not a valid URL.'), request.id),
    clientErrorHandler: (error, socket) => broken.answer(error, socket),
    ...(serverFactory && { serverFactory }),
  })
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
    const [path] = request.url.split('?')
    sendProblem(reply, new Problem('route.not_found', `There is no ${request.method} ${path}.`), request.id)
  })
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = asProblem(error)
    if (!problem) log.error({ err: error, requestId: request.id }, 'request failed')
    sendProblem(reply, problem ?? internal(request.id), request.id)
  })
  return server
}

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
