/** Two readers of one connection must never see two different requests: the lane beside a complete HTTP server. */
import { createServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeServer, listen } from '../testing.ts'
import type { CallRequest, CallResponse } from './exchange.ts'
import { HeadReader, readHead } from './head.ts'
import { createLane } from './lane.ts'

/** Says what it was asked, in a line of its own. */
const echo = (request: CallRequest, response: CallResponse): void => {
  const pieces: Buffer[] = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    const { host, 'x-own': own = null } = request.headers as Record<string, string | undefined>
    const said = { method: request.method, url: request.url, host, own, body: Buffer.concat(pieces).toString('latin1') }
    const line = Buffer.from(`<<${JSON.stringify(said)}>>`)
    response.writeHead(200, ['content-length', String(line.length)])
    response.end(line)
  })
}

let served = 0
const alone = createServer(echo as unknown as RequestListener)
const behind = createServer(echo as unknown as RequestListener)
const lane = createLane({
  takes: (url) => url.startsWith('/v1/'),
  handle(request, response) {
    served++
    echo(request, response)
  },
  now: Date.now,
})
let ports: { alone: number; behind: number }
beforeAll(async () => {
  lane.standBefore(behind)
  const portOf = async (server: typeof alone) => Number(new URL(await listen(server)).port)
  ports = { alone: await portOf(alone), behind: await portOf(behind) }
})
afterAll(async () => {
  lane.close()
  await closeServer(alone)
  await closeServer(behind)
})

/** What a server makes of bytes that arrive in pieces: every answer's status, and what was asked as it understood it. */
const answersOf = (port: number, pieces: readonly Buffer[]) =>
  new Promise<{ statuses: string[]; asked: string[] }>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    const timer = setTimeout(() => socket.destroy(), 2_000)
    socket.on('data', (more) => {
      text += more.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? ''),
        asked: [...text.matchAll(/<<(\{.*?\})>>/gs)].map(([, said]) => said ?? ''),
      })
    })
    const next = (at: number) => {
      const piece = pieces[at]
      if (!piece || socket.destroyed) return
      socket.write(piece, () => setImmediate(next, at + 1))
    }
    socket.once('connect', () => next(0))
  })

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((to, at) => bytes.subarray(edges[at], to))
}

const body = fc.string({ unit: 'binary-ascii', maxLength: 40 })
const header = fc.constantFrom(
  ...['X-Own: plain', 'x-own:  spaced  ', 'X-Own: a\tb', 'X-Own:', 'Accept: */*', 'X-Odd : 1', ' folded: 1', 'X-Ü: 1'],
  ...[
    'Connection: keep-alive',
    'Expect: 100-continue',
    'Content-Length: 3',
    'Content-Length: +3',
    'Transfer-Encoding: x',
  ],
)
const request = fc
  .record({
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'post'),
    url: fc.constantFrom('/v1/chat', '/v1/chat?a=b', '/other', '/v1/ü', '*'),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
    headers: fc.array(header, { maxLength: 3 }),
    body,
    framing: fc.constantFrom('length', 'length', 'length', 'chunked', 'none'),
    ending: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n'),
  })
  .map(({ method, url, version, headers, body, framing, ending }) => {
    const framed = {
      length: { line: [`Content-Length: ${body.length}`], bytes: body },
      chunked: {
        line: ['Transfer-Encoding: chunked'],
        bytes: body ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : '0\r\n\r\n',
      },
      none: { line: [], bytes: '' },
    }[framing]
    const head = [`${method} ${url} ${version}`, 'Host: here', ...headers, ...framed.line]
    return `${head.join(ending)}${ending}${ending}${framed.bytes}`
  })
const last = `POST /v1/last HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx`
/** Of those calls the lane is for: nothing in them has to be left to another. */
const plain = fc
  .record({ body, own: fc.constantFrom('a', 'b c', ''), path: fc.constantFrom('/v1/chat', '/v1/messages?beta=1') })
  .map(
    ({ body, own, path }) =>
      `POST ${path} HTTP/1.1\r\nHost: here\r\nX-Own: ${own}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
const places = fc.array(fc.nat(1_500), { maxLength: 10 })

test('plain calls on one connection are all served, as they were written, however they are cut', async () => {
  const before = served
  await fc.assert(
    fc.asyncProperty(fc.array(plain, { minLength: 1, maxLength: 5 }), places, async (requests, cuts) => {
      const bytes = Buffer.from(requests.join('') + last, 'latin1')
      const pieces = cutAt(bytes, cuts)
      const answers = await answersOf(ports.behind, pieces)
      expect(answers.asked.map((said) => (JSON.parse(said) as { body: string }).body)).toEqual([
        ...requests.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4)),
        'x',
      ])
      expect(answers).toEqual(await answersOf(ports.alone, pieces))
    }),
    { numRuns: 100 },
  )
  // or this would compare one server with itself
  expect(served - before).toBeGreaterThan(30)
}, 60_000)

test('a head that resembles the one before it is read as if there had been none', () => {
  const line = fc.constantFrom('X-Own: a', 'Content-Length: 3', 'content-length:\t 14 ', 'X-Length: content-length: 5')
  const length = fc.constantFrom(
    '0',
    '7',
    '41',
    '041',
    '+4',
    '4 ',
    '',
    '12345678901',
    '4\r\nContent-Length: 4',
    '4\r\nX: y',
  )
  const heads = fc.record({ before: fc.array(line, { maxLength: 2 }), length, after: fc.array(line, { maxLength: 2 }) })
  const text = heads.map(({ before, length, after }) =>
    ['POST /v1/chat HTTP/1.1', 'Host: here', ...before, `Content-Length: ${length}`, ...after].join('\r\n'),
  )
  const alike = text.chain((one) =>
    fc.array(
      fc.oneof(
        text,
        length.map((other) => one.replace(/(Content-Length: )\S*/, `$1${other}`)),
      ),
      { maxLength: 6 },
    ),
  )
  fc.assert(
    fc.property(alike, (texts) => {
      const reader = new HeadReader()
      for (const each of texts) {
        const body = '{"n":1}'
        expect(reader.read(Buffer.from(`${each}\r\n\r\n${body}`, 'latin1'))).toEqual(readHead(each))
        if (readHead(each)) expect(reader.end).toBe(each.length + 4)
        expect(reader.read(Buffer.from(`${each}\r\n`, 'latin1'))).toBeNull()
      }
    }),
    { numRuns: 2_000 },
  )
})

/** A server that is asked to let a body come says so when it gets to it, before or after the answer to the one before. */
const inOrder = ({ statuses, asked }: { statuses: string[]; asked: string[] }) => ({
  statuses: statuses.filter((status) => status !== '100'),
  interim: statuses.filter((status) => status === '100').length,
  asked,
})

test('odd requests are understood, refused and told apart as the complete server does it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(request, plain), { minLength: 1, maxLength: 4 }), places, async (all, cuts) => {
      const pieces = cutAt(Buffer.from(all.join('') + last, 'latin1'), cuts)
      const [one, other] = await Promise.all([answersOf(ports.behind, pieces), answersOf(ports.alone, pieces)])
      if (!other.statuses.includes('400')) return void expect(inOrder(one)).toEqual(inOrder(other))
      // what is no request ends the connection, whether or not the answers before it are given already
      expect(one.statuses.at(-1)).toBe(other.statuses.at(-1))
      const both = Math.min(one.asked.length, other.asked.length)
      expect(one.asked.slice(0, both)).toEqual(other.asked.slice(0, both))
      expect(one.statuses.filter((status) => status === '400')).toHaveLength(1)
    }),
    { numRuns: 150 },
  )
}, 120_000)
