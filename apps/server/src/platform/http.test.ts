import { connect } from 'node:net'
import { id, routes } from '@cockpit/contract/kit'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { bind } from './http.ts'
import { mountRoutes } from './http-routes.ts'
import { createHttpServer } from './http-server.ts'
import { type Ctx, createLog, Problem } from './index.ts'
import { quietLog, superCtx, testCtx, testFront } from './testing.ts'

const Thing = z.object({ id: id('thing'), name: z.string(), size: z.number() })
const NewThing = z
  .object({ name: z.string().max(10), size: z.number(), limits: z.object({ rpm: z.number() }).strict().optional() })
  .strict()
const params = z.object({ id: id('thing') })
const tag = 'Things'

const thingRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/things',
    tag,
    summary: 'List',
    permission: 'key.read',
    scope: 'account',
    query: z.object({ limit: z.coerce.number().max(100).default(50) }),
    returns: z.array(Thing),
  },
  create: {
    method: 'POST',
    path: '/v1/things',
    tag,
    summary: 'Create',
    permission: 'key.write',
    scope: 'account',
    status: 201,
    body: NewThing,
    returns: Thing,
  },
  get: {
    method: 'GET',
    path: '/v1/things/{id}',
    tag,
    summary: 'Get',
    permission: 'key.read',
    scope: 'any',
    params,
    returns: Thing,
  },
  remove: {
    method: 'DELETE',
    path: '/v1/things/{id}',
    tag,
    summary: 'Delete',
    permission: 'key.write',
    scope: 'account',
    status: 204,
    params,
    returns: z.void(),
  },
  all: {
    method: 'GET',
    path: '/v1/all-things',
    tag,
    summary: 'All',
    permission: 'account.read',
    scope: 'platform',
    returns: z.object({ accountId: z.string() }),
  },
  whoami: {
    method: 'GET',
    path: '/v1/whoami',
    tag,
    summary: 'Who',
    permission: 'signed-in',
    scope: 'none',
    returns: z.object({ id: z.string() }),
  },
  hello: {
    method: 'POST',
    path: '/v1/hello',
    tag,
    summary: 'Hello',
    permission: 'public',
    scope: 'none',
    returns: z.object({ actor: z.string(), accountId: z.string() }),
  },
  signed: {
    method: 'POST',
    path: '/v1/signed',
    tag,
    summary: 'Signed',
    permission: 'public',
    scope: 'none',
    rawBody: true,
    returns: z.object({ hex: z.string() }),
  },
  broken: {
    method: 'GET',
    path: '/v1/broken',
    tag,
    summary: 'Broken',
    permission: 'public',
    scope: 'none',
    returns: z.object({ secret: z.string() }),
  },
  wrong: {
    method: 'GET',
    path: '/v1/wrong',
    tag,
    summary: 'Wrong',
    permission: 'public',
    scope: 'none',
    returns: z.object({ n: z.number() }),
  },
  live: {
    method: 'GET',
    path: '/v1/live',
    tag,
    summary: 'Live',
    permission: 'public',
    scope: 'none',
    stream: true,
    query: z.object({ fail: z.stringbool().default(false), stubborn: z.stringbool().default(false) }),
    returns: z.object({ n: z.number() }),
  },
})

const streams = { open: 0, aborted: 0 }
const thing = { id: 'thing_1', name: 'One', size: 1 }
const bound = bind(thingRoutes, {
  list: async ({ query }) => Array.from({ length: query.limit > 50 ? 2 : 1 }, () => thing),
  create: async ({ body, reply }) => {
    reply.setCookie('last', body.name, { httpOnly: true })
    return { ...thing, ...body, hidden: 'never leaves' }
  },
  get: async ({ params }) => {
    throw new Problem('key.not_found', `No thing '${params.id}'.`, { headers: { 'retry-after': '3' } })
  },
  remove: async () => {},
  all: async ({ ctx }) => ({ accountId: ctx.accountId }),
  whoami: async ({ ctx }) => ({ id: ctx.actor.id }),
  hello: async ({ ctx }) => ({ actor: ctx.actor.id, accountId: ctx.accountId }),
  signed: async ({ request }) => ({ hex: request.rawBody?.toString('hex') ?? 'none' }),
  broken: async () => {
    throw new Error('password=hunter2')
  },
  wrong: async () => ({ n: 'not a number' as unknown as number }),
  live: async function* ({ request, query }) {
    streams.open++
    request.signal.addEventListener('abort', () => streams.aborted++)
    yield { n: 1 }
    if (query.fail) throw new Error('password=hunter2')
    if (query.stubborn) await new Promise(() => {})
    await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()))
  },
})

const front = testFront(bound)
const admin = front.as(testCtx('acc_1'))
afterAll(() => front.server.close())

describe('a request is refused', () => {
  test('with 401 before anything else is looked at', async () => {
    const answer = await front.send('POST /v1/things', 'x'.repeat(2_000_000), { 'content-type': 'text/plain' })
    expect(answer).toMatchObject({
      status: 401,
      body: { type: 'auth.required' },
      headers: { 'www-authenticate': 'Bearer' },
    })
  })
  test('with 403 when the permission is missing, before the body is read', async () => {
    const answer = await front.as(testCtx('acc_1', { permissions: ['key.read'] })).send('POST /v1/things', {})
    expect(answer).toMatchObject({
      status: 403,
      body: { type: 'access.denied', detail: expect.stringContaining('key.write') },
    })
  })
  test('with 403 on a platform route unless a super admin asks, who needs no account there', async () => {
    expect(
      await front.as(testCtx('acc_1', { permissions: ['account.read'] })).send('GET /v1/all-things'),
    ).toMatchObject({ status: 403 })
    const all = await front.as(superCtx()).send('GET /v1/all-things', undefined, { 'x-account-id': 'acc_9' })
    expect(all).toMatchObject({ status: 200, body: { accountId: 'platform' } })
  })
  test('with account.required when a super admin chose no account; header and query choose one', async () => {
    const root = front.as(superCtx())
    expect(await root.send('GET /v1/things')).toMatchObject({ status: 400, body: { type: 'account.required' } })
    expect(await root.send('GET /v1/things', undefined, { 'x-account-id': 'acc_7' })).toMatchObject({
      status: 200,
      headers: { 'x-account-id': 'acc_7' },
    })
    expect(await root.send('GET /v1/things?account_id=acc_8')).toMatchObject({
      status: 200,
      headers: { 'x-account-id': 'acc_8' },
    })
  })
  test('with 403 when somebody without an account asks a route of any account', async () => {
    const nobody = front.as(testCtx('platform'))
    expect(await nobody.send('GET /v1/things/thing_1')).toMatchObject({ status: 403 })
    expect(await nobody.send('GET /v1/whoami')).toMatchObject({ status: 200 })
  })
  test('with 400 that points at every wrong and every unknown field', async () => {
    const answer = await admin.send('POST /v1/things', {
      name: 'far too long',
      limits: { rpm: 'x', tpm: 1 },
      colour: 'red',
    })
    expect(answer).toMatchObject({ status: 400, body: { type: 'input.invalid', title: 'Invalid input', status: 400 } })
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer)
    expect(pointers.sort()).toEqual(['/colour', '/limits/rpm', '/limits/tpm', '/name', '/size'])
    expect(answer.body.errors).toContainEqual({ pointer: '/colour', detail: 'is not a known field' })
    expect(answer.body.errors.find(({ pointer }: { pointer: string }) => pointer === '/size').detail).toMatch(
      /^is missing and must be a (whole )?number/,
    )
    expect((await admin.send('POST /v1/things')).body.detail).toBe('The body: is missing and must be an object')
    expect((await admin.send('GET /v1/things?limit=1000')).body.detail).toBe(
      "'limit' in the query: must be a number of at most 100",
    )
    expect((await admin.send('GET /v1/things?limit=1000')).body.errors[0].pointer).toBe('/limit')
    expect((await admin.send('DELETE /v1/things/key_1')).body.errors[0].pointer).toBe('/id')
  })
  test.each([
    ['a NUL', { name: 'a\u0000b', size: 1 }, '/name', 'holds a NUL character'],
    ['half of a surrogate pair', { name: 'a\ud800', size: 1 }, '/name', 'holds half of a surrogate pair'],
    ['such a name', { 'a\u0000': 1 }, '', 'has a name that holds a NUL character'],
    [
      'no end',
      JSON.parse(`{"name":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
      '/name',
      'is nested more than 100 deep',
    ],
  ])('with 400 for a value with %s, which no column holds', async (_, body, pointer, detail) => {
    const answer = await admin.send('POST /v1/things', body)
    expect([answer.status, answer.body.type, answer.body.errors[0].detail]).toEqual([400, 'input.invalid', detail])
    expect(answer.body.errors[0].pointer).toBe(pointer)
  })

  test.each(['dry_run=1', 'dryRun=true', 'dry-run=1', 'DRYRUN'])(
    'with 400 for a rehearsal asked for by %s where there is none, and nothing happens',
    async (asked) => {
      const answer = await admin.send(`POST /v1/things?${asked}`, { name: 'rehearsed', size: 1 })
      expect([answer.status, answer.body.type]).toEqual([400, 'input.invalid'])
      expect(answer.body.errors).toEqual([{ pointer: `/${asked.split('=')[0]}`, detail: 'is not possible here' }])
      expect((await admin.send('GET /v1/things?dryRun=true')).status).toBe(200)
    },
  )

  test('with 400 for a NUL in the query', async () => {
    expect((await admin.send('GET /v1/things?after=%00')).body.errors).toEqual([
      { pointer: '/after', detail: 'holds a NUL character' },
    ])
  })

  test('with its own problem for malformed JSON, a wrong type, an encoding and a poisoned prototype', async () => {
    const json = { 'content-type': 'application/json' }
    expect(await admin.send('POST /v1/things', '{"name":', json)).toMatchObject({
      status: 400,
      body: { type: 'input.malformed' },
    })
    expect(await admin.send('POST /v1/things', '{"__proto__":{"x":1}}', json)).toMatchObject({
      status: 400,
      body: { type: 'input.malformed' },
    })
    expect(await admin.send('POST /v1/things', 'a=1', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(await admin.send('POST /v1/things', '{}', { ...json, 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
    })
  })
  test('with 413 above one mebibyte', async () => {
    const answer = await admin.send('POST /v1/things', { name: 'x'.repeat(1_100_000), size: 1 })
    expect(answer).toMatchObject({ status: 413, body: { type: 'input.too_large' } })
  })
  test('with 404 on an unknown route, and with 400 on an address that is none', async () => {
    expect(await admin.send('GET /v1/nothing?key=s3cret')).toMatchObject({
      status: 404,
      body: { type: 'route.not_found', detail: 'There is no GET /v1/nothing.' },
    })
    expect(await admin.send('GET /v1/things/%E0%A4%A')).toMatchObject({
      status: 400,
      body: { type: 'input.malformed' },
    })
  })
})

describe('an answer', () => {
  test('holds what the contract names and nothing else, with status, cookie and account', async () => {
    const answer = await admin.send('POST /v1/things', { name: 'Two', size: 2 })
    expect(answer).toMatchObject({ status: 201, body: { id: 'thing_1', name: 'Two', size: 2 } })
    expect(answer.body).not.toHaveProperty('hidden')
    expect(answer.headers).toMatchObject({
      'set-cookie': 'last=Two; Path=/; HttpOnly; SameSite=Lax',
      'x-account-id': 'acc_1',
    })
    expect(await admin.send('DELETE /v1/things/thing_1')).toMatchObject({ status: 204, text: '' })
    expect((await admin.send('GET /v1/things?limit=60')).body).toHaveLength(2)
  })
  test('of every kind carries a request id and the security headers', async () => {
    for (const line of ['GET /v1/things', 'GET /v1/nothing', 'GET /v1/things/thing_1', 'GET /v1/broken']) {
      const { headers, body } = await admin.send(line)
      expect(headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/)
      if (body.requestId) expect(body.requestId).toBe(headers['x-request-id'])
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("'none'"),
      })
    }
  })
  test('to a problem is problem+json with the headers of the problem', async () => {
    const { status, body, headers } = await admin.send('GET /v1/things/thing_1')
    expect(status).toBe(404)
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '3' })
    expect(body).toEqual({
      type: 'key.not_found',
      title: 'Key not found',
      status: 404,
      detail: "No thing 'thing_1'.",
      requestId: expect.any(String),
    })
  })
  test('to a bug tells nothing of its inside, and the log tells it under the same request id', async () => {
    const lines: string[] = []
    const log = createLog('info', { write: (line) => void lines.push(line) })
    const server = createHttpServer({ log, now: () => new Date() })
    mountRoutes(server, bound, { authenticate: async () => null, log })
    const answer = await server.inject('/v1/broken')
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('hunter2')
    expect(lines.join()).toContain('hunter2')
    expect(lines.join()).toContain(answer.json().requestId)
    expect((await server.inject('/v1/wrong')).statusCode).toBe(500)
  })
  test('on a public route needs nobody', async () => {
    expect(await front.send('POST /v1/hello')).toMatchObject({
      status: 200,
      body: { actor: 'anonymous', accountId: 'platform' },
    })
  })
})

describe('a cookie', () => {
  const ctx: Ctx = testCtx('acc_1')
  const server = createHttpServer({ log: quietLog, now: () => new Date() })
  mountRoutes(server, bound, {
    authenticate: async ({ cookies }) => (cookies.session === 'yes' ? { ...ctx, via: 'cookie' } : null),
    log: quietLog,
    publicUrl: 'https://cockpit.example',
  })
  const remove = (headers: Record<string, string>) =>
    server.inject({
      method: 'DELETE',
      url: '/v1/things/thing_1',
      headers: { cookie: 'session=yes', host: 'localhost:4000', ...headers },
    })

  test.each([
    ['from the same page', { 'sec-fetch-site': 'same-origin' }, 204],
    ['with the origin of the server', { origin: 'http://localhost:4000' }, 204],
    ['with the public origin', { origin: 'https://cockpit.example' }, 204],
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:4000' }, 403],
    ['from a sibling', { 'sec-fetch-site': 'same-site', origin: 'http://evil.localhost:4000' }, 403],
    ['with a foreign origin', { origin: 'https://evil.example' }, 403],
    ['with an opaque origin', { origin: 'null' }, 403],
    ['that does not say where it comes from', {}, 403],
  ])('unsafe request %s', async (_, headers, status) => {
    expect((await remove(headers as Record<string, string>)).statusCode).toBe(status)
  })
  test('reads from anywhere, as reading changes nothing', async () => {
    const answer = await server.inject({
      url: '/v1/whoami',
      headers: { cookie: 'session=yes', 'sec-fetch-site': 'cross-site' },
    })
    expect(answer.statusCode).toBe(200)
  })
  test('is not needed for a sign-in from another site to be refused', async () => {
    const answer = await server.inject({
      method: 'POST',
      url: '/v1/hello',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    })
    expect(answer.statusCode).toBe(403)
  })
})

describe('over a socket', async () => {
  const server = createHttpServer({ log: quietLog, now: () => new Date() })
  mountRoutes(server, bound, { authenticate: async () => null, log: quietLog })
  const address = await server.listen({ port: 0, host: '127.0.0.1' })
  afterAll(() => server.close())

  test('a route that checks a signature gets the bytes as they came, also those that are no JSON', async () => {
    const bytes = Buffer.from('{ "a":1 ,\xff', 'latin1')
    const answer = await fetch(`${address}/v1/signed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bytes,
    })
    expect(await answer.json()).toEqual({ hex: bytes.toString('hex') })
  })
  test('a stream sends at once, and stops its source when the client goes', async () => {
    const client = new AbortController()
    const before = streams.aborted
    const answer = await fetch(`${address}/v1/live`, { signal: client.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await untilMatch(answer, /data: {"n":1}\n\n/)).toContain('data: {"n":1}\n\n')
    client.abort()
    await vi.waitFor(() => expect(streams.aborted).toBe(before + 1))
  })
  test('a stream that breaks says so as a problem, without its inside', async () => {
    const text = await (await fetch(`${address}/v1/live?fail=1`)).text()
    expect(text).toMatch(/event: error\ndata: {"type":"internal.error"/)
    expect(text).not.toContain('hunter2')
  })
  test('closing the server ends its streams, also those whose source does not listen', async () => {
    const other = createHttpServer({ log: quietLog, now: () => new Date() })
    mountRoutes(other, bound, { authenticate: async () => null, log: quietLog })
    const url = await other.listen({ port: 0, host: '127.0.0.1' })
    const answer = await fetch(`${url}/v1/live?stubborn=1`)
    const [text] = await Promise.all([answer.text(), other.close()])
    expect(text).toContain('{"n":1}')
    expect(text).not.toContain('event: error')
  })
  test.each([
    [
      'a flood of headers',
      `GET /v1/hello HTTP/1.1\r\nhost: x\r\n${'x-a: 1234567890\r\n'.repeat(4000)}\r\n`,
      431,
      'input.headers_too_large',
    ],
    ['what is not HTTP', 'hello there\r\n\r\n', 400, 'input.malformed'],
  ])('%s gets a problem, and the server stays up', async (_, bytes, status, type) => {
    const answer = await raw(Number(new URL(address).port), bytes)
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ type, status })
    expect((await fetch(`${address}/v1/hello`, { method: 'POST' })).status).toBe(200)
  })
})

const untilMatch = async (answer: Response, wanted: RegExp) => {
  let text = ''
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  while (reader && !wanted.test(text)) text += (await reader.read()).value ?? ''
  reader?.releaseLock()
  return text
}

const raw = (port: number, bytes: string) =>
  new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('utf8').on('data', (data) => {
      text += data
    })
    socket.on('end', () => resolve(text)).on('error', reject)
  })
