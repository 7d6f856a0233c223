import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { ApiProblem, createClient } from './index.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const serverOf = async (handle: Handler): Promise<string> => {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    handle(request, response, body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('fills the path, drops absent filters and sends the body as JSON', async () => {
  const seen: string[] = []
  const baseUrl = await serverOf((request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-account-id']} ${body}`)
    response.setHeader('content-type', 'application/json').end('{"items":[],"next":null,"total":0}')
  })
  const api = createClient({ baseUrl, headers: () => ({ 'x-account-id': 'acc_1' }) })
  await api.keys.list({ query: { q: 'a b', status: undefined, limit: 10 } })
  await api.keys.rotate({ params: { id: 'key_1' }, body: { graceSeconds: 0 } })
  expect(seen).toEqual(['GET /v1/keys?q=a+b&limit=10 acc_1 ', 'POST /v1/keys/key_1/rotate acc_1 {"graceSeconds":0}'])
})

it('an empty answer resolves to nothing', async () => {
  const baseUrl = await serverOf((_, response) => response.writeHead(204).end())
  await expect(createClient({ baseUrl }).identity.signOut()).resolves.toBeUndefined()
})

it('a problem document becomes an ApiProblem with its fields', async () => {
  const problem = {
    type: 'input.invalid',
    title: 'Invalid input',
    status: 400,
    detail: 'name is required',
    requestId: 'r1',
    errors: [{ pointer: '/name', detail: 'is required' }],
  }
  const baseUrl = await serverOf((_, response) => response.writeHead(400).end(JSON.stringify(problem)))
  const failure = await createClient({ baseUrl })
    .accounts.create({ body: { name: '' } })
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiProblem)
  expect(failure).toMatchObject({ code: 'input.invalid', status: 400, requestId: 'r1', errors: problem.errors })
})

it('an answer that is no problem document still says its status', async () => {
  const baseUrl = await serverOf((_, response) => response.writeHead(502).end('<html>bad gateway</html>'))
  await expect(createClient({ baseUrl }).accounts.list()).rejects.toMatchObject({
    code: 'response.unreadable',
    status: 502,
  })
})

it('no answer at all is a problem with status 0', async () => {
  const baseUrl = await serverOf((request) => request.socket.destroy())
  await expect(createClient({ baseUrl }).accounts.list()).rejects.toMatchObject({
    code: 'network.unreachable',
    status: 0,
  })
})

it('a stream yields its events across odd chunk boundaries and stops when aborted', async () => {
  const pieces = [
    ': hello\n\nda',
    'ta: {"kind":"rate","requestsPerSecond":1}\r',
    '\n\r\ndata: {"kind":"rate",\ndata: "requestsPerSecond":2}\n\n',
  ]
  const baseUrl = await serverOf(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  const stop = new AbortController()
  const rates: unknown[] = []
  const read = async () => {
    for await (const event of createClient({ baseUrl }).usage.live({}, { signal: stop.signal })) {
      rates.push(event.kind === 'rate' ? event.requestsPerSecond : null)
      if (rates.length === 2) stop.abort()
    }
  }
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' })
  expect(rates).toEqual([1, 2])
})
