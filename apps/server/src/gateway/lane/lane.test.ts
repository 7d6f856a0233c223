import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { closeServer, listen, stopsOfTest, until } from '../testing.ts'
import type { CallRequest, CallResponse } from './exchange.ts'
import { readHead } from './head.ts'
import { createLane } from './lane.ts'

const stops = stopsOfTest()

type Handler = (request: CallRequest, response: CallResponse) => void
/** Answers what it was sent, and by which server. */
const echo =
  (by: string): Handler =>
  (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const body = `${by} ${request.url} ${Buffer.concat(pieces)}`
      response.writeHead(200, ['content-length', String(Buffer.byteLength(body))])
      response.end(body)
    })
  }

const served = async (handle: Handler = echo('lane'), bounds: { firstMs?: number; keepMs?: number } = {}) => {
  const server = createServer(echo('server'))
  const lane = createLane({ takes: (url) => url.startsWith('/calls'), handle, now: Date.now, ...bounds })
  lane.standBefore(server)
  const { port } = new URL(await listen(server))
  stops.push(async () => {
    lane.close()
    await closeServer(server)
  })
  return { port: Number(port), lane }
}

const open = (port: number): { socket: Socket; text: () => string; closed: () => boolean } => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  stops.push(() => socket.destroy())
  let text = ''
  let closed = false
  socket.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => {})
  return { socket, text: () => text, closed: () => closed }
}
const call = (body: string, more = '', path = '/calls') =>
  `POST ${path} HTTP/1.1\r\nHost: here\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms))

describe('plain calls', () => {
  test('follow each other on one connection, with the headers of an HTTP server', async () => {
    const { port } = await served()
    const { socket, text } = open(port)
    socket.write(call('one'))
    await until(() => text().endsWith('lane /calls one'), 'the first answer')
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(text()).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\nconnection: keep-alive\r\n/)
    socket.write(call('two'))
    await until(() => text().endsWith('lane /calls two'), 'the second answer')
  })

  test('that come all at once are answered in order', async () => {
    const { port } = await served()
    const { socket, text } = open(port)
    socket.write(call('one') + call('two') + call('three'))
    await until(() => text().endsWith('lane /calls three'), 'the last answer')
    expect([...text().matchAll(/lane \/calls (\w+?)(?=HTTP|$)/g)].map(([, body]) => body)).toEqual([
      'one',
      'two',
      'three',
    ])
  })

  test('have bodies in many pieces', async () => {
    const { port } = await served()
    const { socket, text } = open(port)
    const whole = call('0123456789')
    socket.write(whole.slice(0, -7))
    await pause(20)
    for (const character of whole.slice(-7)) {
      socket.write(character)
      await pause(2)
    }
    await until(() => text().endsWith('lane /calls 0123456789'), 'the answer')
  })

  test('are streamed in chunks, the head with the first', async () => {
    const { port } = await served((request, response) =>
      request.on('end', () => {
        response.writeHead(200, ['content-type', 'text/event-stream'])
        response.write('first')
        response.write(Buffer.from('x'.repeat(20_000)))
        response.end('last')
      }),
    )
    const answer = await fetch(`http://127.0.0.1:${port}/calls`, { method: 'POST', body: 'x' })
    expect(await answer.text()).toBe(`first${'x'.repeat(20_000)}last`)
    expect(answer.headers.get('transfer-encoding')).toBe('chunked')
  })

  test('end their connection when they say so', async () => {
    const { port } = await served()
    const { socket, text, closed } = open(port)
    socket.write(call('bye', 'Connection: close\r\n'))
    await until(closed, 'the end')
    expect(text()).toMatch(/\r\nconnection: close\r\n[\s\S]*lane \/calls bye$/)
  })

  test('whose caller leaves are told', async () => {
    let gone = 0
    const { port } = await served((_request, response) => response.on('close', () => gone++))
    for (const leave of ['destroy', 'end'] as const) {
      const { socket } = open(port)
      socket.write(call('x'))
      await pause(20)
      socket[leave]()
    }
    await until(() => gone === 2, 'both are known to be gone')
  })

  test('cannot be answered with a header that is two', async () => {
    const failed: unknown[] = []
    const { port } = await served((_request, response) => {
      try {
        response.writeHead(200, ['x-request-id', 'a\r\nset-cookie: b'])
      } catch (error) {
        failed.push(error)
        response.destroy()
      }
    })
    const { socket, closed } = open(port)
    socket.write(call('x'))
    await until(closed, 'the end')
    expect(failed.length).toBe(1)
  })
})

describe('whatever is not plain', () => {
  const chunked = 'POST /calls HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n0\r\n\r\n'
  test.each([
    ['another method', 'GET /calls HTTP/1.1\r\nHost: here\r\n\r\n', 'server /calls '],
    ['another address', call('x', '', '/v1/users'), 'server /v1/users x'],
    ['chunks', chunked, 'server /calls wiki'],
    ['a repeated header', call('x', 'X-A: 1\r\nX-A: 2\r\n'), 'server /calls x'],
    ['letters beyond ASCII', call('x', 'X-A: \xe9\r\n'), 'server /calls x'],
    ['an old version', 'POST /calls HTTP/1.0\r\nHost: here\r\nContent-Length: 1\r\n\r\nx', 'server /calls x'],
  ])('goes to the server, also in the middle of a connection: %s', async (_name, bytes, answer) => {
    const { port } = await served()
    const first = open(port)
    first.socket.write(Buffer.from(bytes, 'latin1'))
    await until(() => first.text().endsWith(answer), 'it is served')
    const second = open(port)
    second.socket.write(call('plain'))
    await until(() => second.text().endsWith('lane /calls plain'), 'the plain one')
    second.socket.write(Buffer.from(bytes, 'latin1'))
    await until(() => second.text().endsWith(answer), 'it is served too')
  })

  test('as is a head that comes in pieces', async () => {
    const { port } = await served()
    const { socket, text } = open(port)
    for (const character of call('x')) {
      socket.write(character)
      await pause(1)
    }
    await until(() => text().endsWith('server /calls x'), 'it is served')
    socket.write(call('y'))
    await until(() => text().endsWith('server /calls y'), 'and so is all that follows')
  })

  test('and could be read in two ways is refused there and reaches no handler', async () => {
    const { port } = await served()
    const head = 'POST /calls HTTP/1.1\r\nHost: here\r\n'
    for (const odd of [
      `${head}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`,
      `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}Content-Length : 3\r\n\r\nabc`,
      `${head}Content-Length: +3\r\n\r\nabc`,
      `${head}Content-Length: 3\nX: y\r\n\r\nabc`,
    ]) {
      const { socket, text, closed } = open(port)
      socket.write(odd)
      await until(closed, odd)
      expect([odd, text().slice(0, 12)]).toEqual([odd, 'HTTP/1.1 400'])
    }
  })
})

test('only an unambiguous head is read', () => {
  const head = (lines: string) => readHead(`POST /calls HTTP/1.1\r\nhost: here\r\n${lines}`)
  expect(head('Content-Length: 12\r\nAccept: */*\r\nEmpty:')).toEqual({
    url: '/calls',
    headers: { host: 'here', 'content-length': '12', accept: '*/*', empty: '' },
    length: 12,
    keepAlive: true,
  })
  for (const lines of [
    'accept: */*',
    'content-length: 0x1',
    'content-length: 1, 1',
    'content-length: 1\r\n folded: x',
    'content-length: 1\r\nx y: z',
    'content-length: 1\r\nx: \u0000',
    'content-length: 1\rx: y',
    'content-length: 1\nx: y',
    'content-length: 1\r\n__proto__: x',
    'content-length: 1\r\nconstructor: x',
    'content-length: 1\r\nupgrade: websocket',
    'content-length: 1\r\nexpect: 100-continue',
    'content-length: 1\r\nconnection: upgrade',
    'content-length: 1\r\nhost: there',
  ])
    expect([lines, head(lines)]).toEqual([lines, null])
  expect(readHead('POST /calls HTTP/1.1\r\ncontent-length: 1')).toBeNull()
  expect(readHead('POST http://here/calls HTTP/1.1\r\nhost: here\r\ncontent-length: 1')).toBeNull()
})

describe('idle connections', () => {
  test('are closed, those that never said anything and those that stopped', async () => {
    const { port } = await served(echo('lane'), { firstMs: 100, keepMs: 100 })
    const [silent, used] = [open(port), open(port)]
    used.socket.write(call('x'))
    await until(() => used.text().endsWith('x'), 'the answer')
    await until(() => silent.closed() && used.closed(), 'both are closed')
  })

  test('are not those that wait for an answer, and all end with the lane', async () => {
    const { port, lane } = await served(() => {}, { firstMs: 50, keepMs: 50 })
    const waiting = open(port)
    waiting.socket.write(call('x'))
    await pause(1_500)
    expect(waiting.closed()).toBe(false)
    lane.close()
    await until(waiting.closed, 'the end')
    const after = open(port)
    after.socket.write(call('x'))
    await until(() => after.text().endsWith('server /calls x'), 'the server answers alone')
  })
})
