/** What breaks before it is a request is told so in the shape that its sender reads, and costs nobody else anything. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isUpload } from './gateway/index.ts'
import { createLane } from './gateway/lane/index.ts'
import { createListener } from './listener.ts'

const { server, entrance, hears } = createListener(() => new Date(), {
  maxHeaderSize: 32 << 10,
  headersTimeout: 300,
  requestTimeout: 600,
  connectionsCheckingInterval: 50,
})
const takes = (url: string) => url.startsWith('/v1/') && !isUpload(url)
const lane = createLane({ takes, handle: () => {}, now: Date.now })
/** What a test does with requests that arrive. */
let handle = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume().on('end', () => response.end('fine'))
}
beforeAll(async () => {
  entrance.handle = (request, response) => handle(request, response)
  lane.standBefore(server, hears)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  lane.close()
  server.closeAllConnections()
  server.close()
})

/** Sends the pieces one after another, then listens until the server closes; a reset fails the test. */
const raw = async (...pieces: (string | Buffer)[]) => {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  let text = ''
  socket.on('data', (piece) => {
    text += piece
  })
  const closed = once(socket, 'close')
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resume) => setTimeout(resume, 20))
  }
  await closed
  const end = text.indexOf('\r\n\r\n')
  const [head, body] = [text.slice(0, end), text.slice(end + 4)]
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^.*?: /, '')]),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body, text }
}

const flood = 'x-flood: yyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(2_000)
const broken: [string, (path: string) => string[], number, string][] = [
  [
    'headers without end',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\n${flood}\r\n`],
    431,
    'input.headers_too_large',
  ],
  [
    'headers without end in pieces',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\n`, flood, flood, flood],
    431,
    'input.headers_too_large',
  ],
  ['a head that never ends', (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\n`, 'x-slow: '], 408, 'input.too_slow'],
  [
    'a header that is none',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\nno colon here\r\n\r\n`],
    400,
    'input.malformed',
  ],
  [
    'two lengths that contradict',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    400,
    'input.malformed',
  ],
  [
    'a chunk whose length is none',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`],
    400,
    'input.malformed',
  ],
  [
    'a body that never ends',
    (path) => [`POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab`],
    408,
    'input.too_slow',
  ],
]

const requestId = expect.stringMatching(/^req_[0-9a-z]+$/)
describe.each(broken)('%s', (_name, pieces, status, code) => {
  test('is told in the words of OpenAI where it went there', async () => {
    for (const path of ['/v1/chat/completions?x=1', '/v1/embeddings', '/v1/models/some']) {
      const answered = await raw(...pieces(path))
      expect(answered, answered.text).toMatchObject({
        status,
        headers: { connection: 'close', 'x-request-id': requestId },
      })
      expect(answered.headers['content-type']).toMatch(/^application\/json/)
      expect(JSON.parse(answered.body)).toEqual({
        error: {
          type: 'invalid_request_error',
          ...{ code, param: null, message: expect.stringMatching(/^[A-Z].*\.$/) },
          request_id: answered.headers['x-request-id'],
        },
      })
    }
  })

  test('is told in the words of Anthropic where it went there', async () => {
    const answered = await raw(...pieces('/v1/messages'))
    expect(answered, answered.text).toMatchObject({ status, headers: { connection: 'close', 'request-id': requestId } })
    expect(answered.headers['x-request-id']).toBe(answered.headers['request-id'])
    expect(JSON.parse(answered.body)).toEqual({
      type: 'error',
      error: {
        type: status === 408 ? 'timeout_error' : 'invalid_request_error',
        message: expect.stringMatching(/^[A-Z].*\.$/),
        details: { error_code: code },
      },
      request_id: answered.headers['request-id'],
    })
  })

  test('is a problem everywhere else', async () => {
    const answered = await raw(...pieces('/v1/keys'))
    expect(answered, answered.text).toMatchObject({
      status,
      headers: { connection: 'close', 'content-type': 'application/problem+json', 'x-request-id': requestId },
    })
    expect(JSON.parse(answered.body)).toEqual({
      type: code,
      title: expect.any(String),
      status,
      detail: expect.stringMatching(/^[A-Z].*\.$/),
      requestId: answered.headers['x-request-id'],
    })
  })
})

test('what is no HTTP at all is a problem as well', async () => {
  const answered = await raw('EHLO mail.example.com\r\n\r\n')
  expect(answered).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json' } })
  expect(JSON.parse(answered.body)).toMatchObject({ type: 'input.malformed', status: 400 })
})

test('megabytes of headers are answered to their sender, who is still sending', async () => {
  const answered = await raw(`GET /v1/keys HTTP/1.1\r\nhost: x\r\n${flood.repeat(60)}`)
  expect(answered.status).toBe(431)
})

test('a request before garbage keeps its answer, and the garbage gets its own behind it', async () => {
  const before = handle
  handle = (_request, response) => void setTimeout(() => response.end('late'), 100)
  const { text } = await raw('GET /v1/keys HTTP/1.1\r\nhost: x\r\n\r\nGARBAGE\u0001\r\n\r\n')
  handle = before
  expect(text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*late[\s\S]*HTTP\/1\.1 400 Bad Request/)
})

test('an answer that has begun is not written over', async () => {
  const before = handle
  handle = (_request, response) => void response.write('half')
  const { text } = await raw('POST /v1/keys HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')
  handle = before
  expect(text).not.toContain('400')
})

test('a large file may take longer than other requests', async () => {
  const pieces = ['POST /v1/files HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 60\r\n\r\n']
  for (let sent = 0; sent < 60; sent++) pieces.push('x')
  const from = performance.now()
  expect(await raw(...pieces)).toMatchObject({ status: 200 })
  expect(performance.now() - from).toBeGreaterThan(700)
})

test('a sound request is answered as ever', async () => {
  expect(await raw('GET /v1/keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatchObject({ status: 200 })
})
