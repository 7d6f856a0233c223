import { createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import type { Dispatcher } from 'undici'
import { describe, expect, test } from 'vitest'
import { listen, stopsOfTest } from '../../testing.ts'
import { createWirePool, type WirePool } from './index.ts'

const stops = stopsOfTest()

type Serve = (socket: Socket, request: string, count: number) => void

/** A server that speaks bytes: what it answers is exactly what the test writes. */
const serving = async (serve: Serve) => {
  const seen: string[] = []
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      const length = Number(/content-length: (\d+)\r\n/.exec(text)?.[1])
      const head = text.indexOf('\r\n\r\n')
      if (head < 0 || text.length < head + 4 + length) return
      seen.push(text)
      text = ''
      serve(socket, seen.at(-1) ?? '', seen.length)
    })
  })
  const url = await listen(server)
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url, seen, sockets }
}

const poolTo = (url: string, connectMs = 1_000): WirePool => {
  const pool = createWirePool(url, { connections: 10, connectMs, keepAliveMs: 5_000 })
  stops.push(() => pool.destroy())
  return pool
}

type Got = { status: number; headers: Record<string, unknown>; body: string; pieces: number; error: string | null }
type Act = (controller: Dispatcher.DispatchController) => void

const ask = (
  pool: WirePool,
  more: { body?: string; firstByteMs?: number; idleMs?: number; onPiece?: Act } = {},
): Promise<Got> =>
  new Promise((resolve) => {
    const got: Got = { status: 0, headers: {}, body: '', pieces: 0, error: null }
    pool.dispatch(
      {
        method: 'POST',
        path: '/v1/x',
        headers: ['content-type', 'application/json'],
        body: Buffer.from(more.body ?? '{}'),
        headersTimeout: more.firstByteMs ?? 2_000,
        bodyTimeout: more.idleMs ?? 2_000,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          got.status = status
          got.headers = headers
        },
        onResponseData(controller, piece) {
          got.body += piece.toString('latin1')
          got.pieces++
          more.onPiece?.(controller)
        },
        onResponseEnd: () => resolve(got),
        onResponseError: (_controller, error) =>
          resolve({ ...got, error: 'code' in error ? String(error.code) : String(error) }),
      },
    )
  })

const plain = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nhello'
const chunked =
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n' +
  '5;ext="a;b"\r\nhello\r\n1\r\n \r\n00b\r\nwonderful\r\n\r\n0\r\nx-trailer: yes\r\n\r\n'

describe('an answer', () => {
  test('with a length is read, and its connection serves again', async () => {
    const { url, seen, sockets } = await serving((socket) => socket.write(plain))
    const pool = poolTo(url)
    for (let i = 0; i < 3; i++) expect(await ask(pool)).toMatchObject({ status: 200, body: 'hello', error: null })
    expect(sockets).toHaveLength(1)
    expect(seen[0]).toBe(
      `POST /v1/x HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
    )
  })

  test('means the same wherever the network cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(plain, chunked),
        fc.uniqueArray(fc.integer({ min: 1, max: 240 }), { maxLength: 12 }),
        async (answer, cuts) => {
          const { url } = await serving(async (socket) => {
            let from = 0
            for (const to of [...cuts.sort((a, b) => a - b), answer.length]) {
              socket.write(answer.slice(from, to))
              from = Math.max(from, to)
              await new Promise((resume) => setTimeout(resume, 1))
            }
          })
          const got = await ask(poolTo(url))
          expect(got).toMatchObject({
            status: 200,
            error: null,
            body: answer === plain ? 'hello' : 'hello wonderful\r\n',
          })
          if (answer === chunked) expect(got.headers['x-a']).toBe('1, 2')
        },
      ),
      { numRuns: 60 },
    )
  })

  test('that arrives byte by byte is still one answer', async () => {
    const { url } = await serving(async (socket) => {
      for (const byte of chunked) {
        socket.write(byte)
        await new Promise((resume) => setImmediate(resume))
      }
    })
    expect(await ask(poolTo(url))).toMatchObject({ body: 'hello wonderful\r\n', error: null })
  })

  test('of many chunks that came together is handed over in one piece', async () => {
    const { url } = await serving((socket) => socket.write(chunked))
    expect((await ask(poolTo(url))).pieces).toBe(1)
  })

  test('without a length ends with its connection', async () => {
    const { url, sockets } = await serving((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'))
    const pool = poolTo(url)
    expect(await ask(pool)).toMatchObject({ body: 'until the end', error: null })
    await ask(pool)
    expect(sockets).toHaveLength(2)
  })

  test.each([
    ['says close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'],
    ['is of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok'],
    ['brings more than it announced', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and what else?'],
    ['keeps connections for a second only', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok'],
  ])('that %s is the last on its connection', async (_name, answer) => {
    const { url, sockets } = await serving((socket) => socket.write(answer))
    const pool = poolTo(url)
    expect(await ask(pool)).toMatchObject({ body: 'ok', error: null })
    expect(await ask(pool)).toMatchObject({ body: 'ok', error: null })
    expect(sockets).toHaveLength(2)
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'HPE_INVALID_CONSTANT'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      'HPE_UNEXPECTED_CONTENT_LENGTH',
    ],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      'HPE_INVALID_TRANSFER_ENCODING',
    ],
    ['an odd length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', 'HPE_INVALID_CONTENT_LENGTH'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n', 'HPE_INVALID_HEADER_TOKEN'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n', 'HPE_INVALID_HEADER_TOKEN'],
    ['a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 'HPE_INVALID_CHUNK_SIZE'],
    [
      'a chunk of endless size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n',
      'HPE_INVALID_CHUNK_SIZE',
    ],
    [
      'a chunk longer than said',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n',
      'HPE_INVALID_CHUNK_SIZE',
    ],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n', 'HPE_UNEXPECTED_UPGRADE'],
    ['an endless head', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(80_000)}`, 'HPE_HEADER_OVERFLOW'],
  ])('with %s is refused', async (_name, answer, code) => {
    const { url } = await serving((socket) => socket.write(answer))
    expect((await ask(poolTo(url))).error).toBe(code)
  })

  test.each([
    ['before it', ''],
    ['in its head', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['in its body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['in its chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('whose connection ends %s is an error', async (_name, answer) => {
    const { url } = await serving((socket) => socket.end(answer))
    expect((await ask(poolTo(url))).error).toBe('ECONNRESET')
  })
})

describe('a connection', () => {
  test('that its server closed while it was idle does not cost the request', async () => {
    const { url, seen } = await serving((socket, _request, count) => {
      if (count === 2) socket.destroy()
      else socket.write(plain)
    })
    const pool = poolTo(url)
    await ask(pool)
    expect(await ask(pool)).toMatchObject({ body: 'hello', error: null })
    expect(seen).toHaveLength(3)
  })

  test('that is cut in the middle of an answer is not asked again', async () => {
    const { url, seen } = await serving((socket, _request, count) => {
      if (count === 1) return socket.write(plain)
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
    })
    const pool = poolTo(url)
    await ask(pool)
    expect((await ask(pool)).error).toBe('ECONNRESET')
    expect(seen).toHaveLength(2)
  })

  test('nobody listens to is refused with its reason', async () => {
    expect((await ask(poolTo('http://127.0.0.1:1'))).error).toBe('ECONNREFUSED')
  })

  test('waits so long for the first byte, and so long for the next', async () => {
    const silent = await serving(() => {})
    expect((await ask(poolTo(silent.url), { firstByteMs: 120 })).error).toBe('UND_ERR_HEADERS_TIMEOUT')
    const stuck = await serving((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
    expect((await ask(poolTo(stuck.url), { idleMs: 120 })).error).toBe('UND_ERR_BODY_TIMEOUT')
  })

  test('is held back while its reader is busy, and that is no silence', async () => {
    const { url } = await serving(async (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n')
      await new Promise((resume) => setTimeout(resume, 50))
      socket.write('6\r\nsecond\r\n0\r\n\r\n')
    })
    let pieces = 0
    let pausedPieces = 0
    const got = await ask(poolTo(url), {
      idleMs: 150,
      onPiece: (controller) => {
        pieces++
        if (pieces > 1) return
        controller.pause()
        setTimeout(() => {
          pausedPieces = pieces
          controller.resume()
        }, 300)
      },
    })
    expect(got).toMatchObject({ body: 'firstsecond', error: null })
    expect(pausedPieces).toBe(1)
  })

  test('is closed when its request is given up, and a late word does not reach the next one', async () => {
    const { url, sockets } = await serving((socket) => socket.write(`${plain.replace('5', '10')}`))
    const pool = poolTo(url)
    const kept: Dispatcher.DispatchController[] = []
    const got = await ask(pool, {
      onPiece: (controller) => {
        kept.push(controller)
        controller.abort(new Error('enough'))
      },
    })
    expect(got.error).toContain('enough')
    const next = ask(pool, { idleMs: 200 })
    for (const controller of kept) {
      controller.pause()
      controller.abort(new Error('late'))
    }
    expect((await next).error).toBe('UND_ERR_BODY_TIMEOUT')
    expect(sockets).toHaveLength(2)
  })

  test('carries a large body whole', async () => {
    const { url, seen } = await serving((socket) => socket.write(plain))
    const body = 'x'.repeat(3 << 20)
    expect((await ask(poolTo(url), { body })).status).toBe(200)
    expect(seen[0]?.endsWith(`content-length: ${body.length}\r\n\r\n${body}`)).toBe(true)
  })

  test('never carries a header that would be two', async () => {
    const { url } = await serving((socket) => socket.write(plain))
    const pool = poolTo(url)
    const options = { method: 'POST', path: '/', headers: ['x', 'a\r\ny: b'], body: Buffer.from('') }
    expect(() => pool.dispatch(options, {})).toThrow(/header/)
  })
})
