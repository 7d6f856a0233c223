/**
 * A Zitadel for tests: a real HTTP server that speaks its management API with its unpleasant sides. Answers come from
 * projections that lag, pages are capped, updates replace, roles that go are taken from everybody, calls fail as REST or
 * as Connect, and webhooks are signed, sent twice and in the wrong order when a test wants it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { grpcCodes } from '../../../apps/server/src/modules/zitadel/port.ts'
import { administered } from './administration.ts'
import { createCommands, Refused } from './commands.ts'
import { createHooks } from './hooks.ts'
import { operations } from './operations.ts'
import { type Happened, worldOf } from './state.ts'
import { signedDelivery } from './webhooks.ts'

export type Recorded = { path: string; body: unknown; headers: IncomingMessage['headers'] }
type Failure = { path: RegExp; status: number; code: keyof typeof grpcCodes; retryAfter?: number; left: number }

const httpStatus: Record<string, number> = {
  invalid_argument: 400,
  failed_precondition: 400,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  unimplemented: 501,
  unavailable: 503,
  unauthenticated: 401,
}

export type ZitadelFake = Awaited<ReturnType<typeof startZitadelFake>>

export const startZitadelFake = async ({ lagMs = 0, pageCap = 100 }: { lagMs?: number; pageCap?: number } = {}) => {
  let shiftMs = 0
  let ids = 1000
  let tokens = 0
  const now = () => new Date(Date.now() + shiftMs)
  const events: Happened[] = []
  const nextId = () => String(++ids)
  const hooks = createHooks({ now, nextId })
  const commands = createCommands({ events, now, nextId, tell: hooks.tell })
  const state = { lagMs, pageCap, tokenLifeS: 43_199, denied: null as RegExp | null, hidden: null as RegExp | null }
  const calls: Recorded[] = []
  const crossings: { path: RegExp; before?: () => void; after?: () => void; left: number }[] = []
  const failures: Failure[] = []
  const valid = new Map<string, Date>([['pat-of-the-test', new Date(8e15)]])

  const refuse = (response: ServerResponse, path: string, code: string, message: string, retryAfter?: number) => {
    const id = 'FAKE-1'
    const rest = {
      code: grpcCodes[code as keyof typeof grpcCodes],
      message: `${message}`,
      details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id, message }],
    }
    const connect = { code, message, details: [{ type: 'zitadel.v1.ErrorDetail', value: '', debug: { id, message } }] }
    response.writeHead(httpStatus[code] ?? 500, {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    })
    response.end(JSON.stringify(path.startsWith('/zitadel.') ? connect : rest))
  }

  const token = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const [id, secret] = Buffer.from(String(request.headers.authorization).slice(6), 'base64').toString().split(':')
    const scope = new URLSearchParams(body).get('scope') ?? ''
    if (id !== 'machine' || decodeURIComponent(secret ?? '') !== 'se:cret')
      return void response.writeHead(400).end(JSON.stringify({ error: 'invalid_client', error_description: 'wrong' }))
    const issued = `issued-${++tokens}`
    // without its audience a token is good for nothing here
    if (scope.includes('urn:zitadel:iam:org:project:id:zitadel:aud'))
      valid.set(issued, new Date(now().getTime() + state.tokenLifeS * 1000))
    response.end(JSON.stringify({ access_token: issued, token_type: 'Bearer', expires_in: state.tokenLifeS }))
  }

  const answer = (request: IncomingMessage, text: string, response: ServerResponse) => {
    const path = String(request.url)
    if (path === '/oauth/v2/token') return token(request, text, response)
    const body: unknown = text ? JSON.parse(text) : {}
    calls.push({ path, body, headers: request.headers })
    const bearer = String(request.headers.authorization).replace('Bearer ', '')
    if ((valid.get(bearer) ?? new Date(0)) <= now())
      return refuse(response, path, 'unauthenticated', 'auth header missing')
    const failure = failures.find((one) => one.left > 0 && one.path.test(path))
    if (failure) {
      failure.left--
      if (failure.status === 0) return void request.socket.destroy()
      return refuse(response, path, failure.code, 'injected', failure.retryAfter)
    }
    if (state.denied?.test(path))
      return refuse(response, path, 'permission_denied', 'No matching permissions found (AUTH-5mWD2)')
    perform(path, body, request, response)
  }

  const perform = (path: string, body: unknown, request: IncomingMessage, response: ServerResponse) => {
    const operation = operations[path]
    const seen = worldOf(state.hidden?.test(path) ? [] : events, new Date(now().getTime() - state.lagMs))
    try {
      const orgHeader = request.headers['x-zitadel-orgid']
      const facts = { events, pageCap: state.pageCap, orgHeader: orgHeader ? String(orgHeader) : null, at: now() }
      const crossing = crossings.find((one) => one.left > 0 && one.path.test(path))
      if (crossing) crossing.left--
      crossing?.before?.()
      const result = operation
        ? operation(body, { ...facts, world: seen }, commands)
        : administered(`${request.method} ${path}`, body, { commands, hooks, at: facts.at })
      crossing?.after?.()
      if (!result) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refuse(response, path, error.code, error.message)
    }
  }

  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => answer(request, text, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'pat-of-the-test',
    client: { clientId: 'machine', clientSecret: 'se:cret' },
    ...commands,
    state,
    calls,
    events,
    now,
    /** Lets time pass, for projections and tokens alike. */
    advance(ms: number) {
      shiftMs += ms
    },
    /** Lets projections catch up. */
    settle() {
      shiftMs += state.lagMs + 1
    },
    tokensIssued: () => tokens,
    revokeTokens: () => valid.clear(),
    /** The next calls of such a path fail: with a code, or with status 0 the connection breaks. */
    fail(
      path: RegExp,
      code: keyof typeof grpcCodes | 'broken',
      { times = 1, retryAfter }: { times?: number; retryAfter?: number } = {},
    ) {
      const broken = code === 'broken'
      failures.push({
        path,
        status: broken ? 0 : (httpStatus[code] ?? 500),
        code: broken ? 'unknown' : code,
        left: times,
        ...(retryAfter !== undefined && { retryAfter }),
      })
    },
    clearFailures: () => failures.splice(0),
    /** Somebody else acts at the next calls of such a path: before it is done, or between that and its answer. */
    cross(path: RegExp, act: { before?: () => void; after?: () => void }, times = 1) {
      crossings.push({ path, ...act, left: times })
    },
    /** How an Actions target would tell of this event, now. */
    delivery: (event: Happened, signingKeys: readonly string[], at = now()) => signedDelivery(event, signingKeys, at),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
