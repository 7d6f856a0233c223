/** Protocols that bring their own addresses, media types and errors, such as SCIM, beside the routes of the contract. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asProblem, bytesOf, type Failure, internal } from './http-server.ts'
import type { Log } from './log.ts'

export type ProtocolRequest = {
  readonly method: string
  /** Below the prefix, as it was sent. */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
  readonly requestId: string
  readonly ip: string
  readonly userAgent: string | null
}
export type ProtocolAnswer = { status: number; headers: Readonly<Record<string, string>>; body?: string }

export type Protocol = {
  readonly prefix: `/${string}`
  /** Everything that fails at an address that begins so fails in its form; without it only what a route of it takes. */
  readonly realm?: `/${string}`
  /** Media types of bodies that are JSON. */
  readonly types: readonly string[]
  /** Bodies of forms are taken too; `handle` gets them as the text they are. */
  readonly forms?: true
  handle(request: ProtocolRequest): Promise<ProtocolAnswer>
  /** A request that never reached `handle`: too large, of another type, no JSON, at no address. */
  failed(why: Failure): ProtocolAnswer
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export const mountProtocol = (server: FastifyInstance, protocol: Protocol, log: Log): void => {
  const { realm, failed } = protocol
  if (realm) server.dialects.push({ realm, failed })
  server.register(
    async (scope) => {
      const parse = scope.getDefaultJsonParser('error', 'error')
      for (const type of protocol.types.filter((one) => one !== 'application/json'))
        scope.addContentTypeParser(type, { parseAs: 'string' }, (request, body, done) =>
          body.length === 0 ? done(null, undefined) : parse(request, body as string, done),
        )
      if (protocol.forms) {
        scope.removeContentTypeParser('application/x-www-form-urlencoded') // the routes have one that reads it
        scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
          done(null, body),
        )
      }
      scope.setErrorHandler<FastifyError>((error, request, reply) => {
        const problem = asProblem(error) ?? internal(request.id)
        if (problem.status >= 500) log.error({ err: error, requestId: request.id }, 'request failed')
        const { status, detail } = problem
        return sendAnswer(
          reply,
          failed({ method: request.method, path: pathOf(request), status, detail, part: 'body' }),
        )
      })
      const handler = async (request: FastifyRequest, reply: FastifyReply) =>
        sendAnswer(reply, await protocol.handle(requestOf(request, protocol.prefix)))
      for (const url of ['/', '/*']) scope.route({ method: [...methods], url, handler })
    },
    { prefix: protocol.prefix },
  )
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?')[0] ?? ''

const requestOf = (request: FastifyRequest, prefix: string): ProtocolRequest => ({
  method: request.method,
  path: pathOf(request).slice(prefix.length),
  query: request.query as Record<string, unknown>,
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  ),
  body: request.body,
  requestId: request.id,
  ip: request.ip,
  userAgent: request.headers['user-agent']?.slice(0, 400) ?? null,
})

const sendAnswer = (reply: FastifyReply, { status, headers, body }: ProtocolAnswer) =>
  reply.code(status).headers(headers).send(bytesOf(body))
