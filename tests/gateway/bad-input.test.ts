/** What nobody should send: each is told so in the words of its dialect, and the next call is answered as if nothing was. */
import { connect } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  accountSlice,
  connectionTo,
  modelNamed,
  platformSlice,
  runGateway,
  secretOf,
} from '../../apps/server/src/gateway/testing.ts'
import { eventually } from '../support/account.ts'
import { masterKey } from '../support/cockpit.ts'
import { answer } from '../upstreams/index.ts'
import { anthropicFor, callers, openaiFor } from './callers.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
let tenant: Tenant
beforeAll(async () => {
  stage = await startStage()
  const upstream = await stage.provider(answer({ text: 'Still here.', usage: { input: 10, output: 5 } }))
  tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '100000' })
})
afterAll(() => stage?.stop())
afterEach(async () => {
  expect((await callers[0]?.ask(tenant))?.text).toBe('Still here.')
})

const MiB = 1 << 20
const bodyBytesMax = 32 * MiB
type Sent = { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string>; method?: string; key?: string }

/** The code and the words of an error, from where an SDK of the dialect looks for them. */
const dialects = {
  openai: {
    path: '/v1/chat/completions',
    read: (text: string) => {
      const { error } = JSON.parse(text)
      return { code: error.code, message: error.message, type: error.type }
    },
  },
  anthropic: {
    path: '/v1/messages',
    read: (text: string) => {
      const { type, error, request_id } = JSON.parse(text)
      expect(type).toBe('error')
      expect(request_id).toMatch(/^req_/)
      return { code: error.details.error_code, message: error.message, type: error.type }
    },
  },
} as const

describe.each(Object.entries(dialects))('in the %s dialect', (dialect, { path, read }) => {
  const send = async ({ body, headers = {}, method = 'POST', key = tenant.key.secret }: Sent) => {
    const response = await fetch(tenant.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
      body: body ?? null,
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }
  const refused = async (sent: Sent) => {
    const { status, headers, text } = await send(sent)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    expect(headers.get('x-should-retry')).toBe('false')
    expect(headers.get(dialect === 'anthropic' ? 'request-id' : 'x-request-id')).toMatch(/^req_/)
    return { status, ...read(text) }
  }
  const good = (more: object = {}) =>
    JSON.stringify({ model: tenant.model.name, max_tokens: 50, messages: [{ role: 'user', content: 'Hi' }], ...more })

  test('a body that is too large is refused by its announced length, before it is read', async () => {
    const answered = await raw(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tenant.key.secret}\r\ncontent-type: application/json\r\ncontent-length: ${bodyBytesMax + 1}\r\n\r\n{`,
    )
    expect(answered).toMatch(/^HTTP\/1\.1 413 /)
    expect(read(answered.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'input.too_large' })
  })

  test('a body that grows too large without saying so is refused', async () => {
    // chunked: a stream has no length
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent > bodyBytesMax + 4 * MiB) return controller.close()
        sent += MiB
        controller.enqueue(new Uint8Array(MiB).fill(32))
      },
    })
    const response = await fetch(tenant.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key.secret}`, 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit)
    expect(response.status).toBe(413)
    expect(read(await response.text())).toMatchObject({ code: 'input.too_large' })
  })

  test('a gzip bomb is refused by what it would become, and a fair gzip body is read', async () => {
    const bomb = gzipSync(Buffer.alloc(bodyBytesMax + MiB, ' '))
    expect(bomb.length).toBeLessThan(MiB)
    const before = process.memoryUsage().rss
    for (let at = 0; at < 5; at++)
      expect(await refused({ body: bomb, headers: { 'content-encoding': 'gzip' } })).toMatchObject({
        status: 413,
        code: 'input.too_large',
      })
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * MiB)
    const fair = await send({ body: gzipSync(good()), headers: { 'content-encoding': 'gzip' } })
    expect(fair.status, fair.text).toBe(200)
    expect((await send({ body: brotliCompressSync(good()), headers: { 'content-encoding': 'br' } })).status).toBe(200)
  })

  const wrong: [string, () => Sent, number, string, RegExp][] = [
    [
      'broken JSON',
      () => ({ body: '{"model": "x", "messages": [}' }),
      400,
      'input.malformed',
      /Unexpected token '\}'.*\[\}/,
    ],
    ['half a JSON text', () => ({ body: good().slice(0, -3) }), 400, 'input.malformed', /JSON/],
    [
      'a long text with a comma missing deep inside',
      () => ({
        body: good({ messages: [{ role: 'user', content: 'x'.repeat(5_000) }] }).replace('"user",', '"user"'),
      }),
      400,
      'input.malformed',
      /JSON/,
    ],
    ['no body', () => ({ body: '' }), 400, 'input.malformed', /JSON/],
    ['a list', () => ({ body: '[]' }), 400, 'input.malformed', /object/],
    ...[
      ['"MODEL":"another"', /'MODEL' stands twice/],
      ['"model":"another"', /'model' stands twice/],
      ['"\\u006dodel":"another"', /'model' stands twice/],
      ['"\u017ftream":true', /not written in small letters/],
      ['"Max_Tokens":100000', /'Max_Tokens'/],
      ['"N":50', /'N'/],
      ['"stream":"true"', /'stream' must be true or false/],
      ['"stream":1', /'stream' must be true or false/],
      ['"n":-1', /'n' must be a whole number, 0 or more/],
    ].map(([field, says]): [string, () => Sent, number, string, RegExp] => [
      `${field} beside what decides`,
      () => ({ body: good().replace('{', `{${field},`) }),
      400,
      'input.invalid',
      says as RegExp,
    ]),
    ['a negative limit', () => ({ body: good({ max_tokens: -5 }) }), 400, 'input.invalid', /'max_tokens' must be/],
    [
      'another spelling in a long request',
      () => ({ body: good({ messages: [{ role: 'user', content: 'x'.repeat(5_000) }], Model: 'another' }) }),
      400,
      'input.invalid',
      /'Model'/,
    ],
    ['no model', () => ({ body: '{"messages": []}' }), 400, 'input.invalid', /model/],
    ['a model of the wrong type', () => ({ body: good({ model: 7 }) }), 400, 'input.invalid', /model/],
    ['a model name without end', () => ({ body: good({ model: 'm'.repeat(5_000) }) }), 400, 'input.invalid', /120/],
    [
      'plain text',
      () => ({ body: good(), headers: { 'content-type': 'text/plain' } }),
      415,
      'input.unsupported_type',
      /application\/json/,
    ],
    [
      'a form',
      () => ({ body: 'model=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'input.unsupported_type',
      /application\/json/,
    ],
    [
      'an unknown encoding',
      () => ({ body: good(), headers: { 'content-encoding': 'lzma' } }),
      415,
      'input.unsupported_type',
      /lzma/,
    ],
    [
      'gzip that is none',
      () => ({ body: good(), headers: { 'content-encoding': 'gzip' } }),
      400,
      'input.malformed',
      /gzip/,
    ],
    ['a GET', () => ({ method: 'GET' }), 405, 'method.not_allowed', /POST/],
    ['a DELETE', () => ({ method: 'DELETE' }), 405, 'method.not_allowed', /POST/],
    ['no key', () => ({ body: good(), key: '' }), 401, 'auth.required', /key/],
    ['an unknown key', () => ({ body: good(), key: 'ck_nobody' }), 401, 'auth.failed', /not known/],
    ['a key without end', () => ({ body: good(), key: 'k'.repeat(8_000) }), 401, 'auth.failed', /not known/],
    ['a model nobody has', () => ({ body: good({ model: 'gpt-9' }) }), 404, 'model.not_found', /gpt-9/],
  ]
  test.each(wrong)('%s is told apart', async (_name, sent, status, code, words) => {
    const said = await refused(sent())
    expect(said).toMatchObject({ status, code })
    expect(said.message).toMatch(words)
  })

  test('a body that nests a hundred thousand deep breaks nothing', async () => {
    const deep = good().replace('"Hi"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    const { status, text } = await send({ body: deep })
    expect([200, 400]).toContain(status)
    if (status === 400) read(text)
  })

  test('names that no database can store are refused or booked, and hold up nobody’s bill', async () => {
    for (const model of ['a\u0000b', 'a\ud800b', '"; drop table requests; --'])
      expect((await send({ body: JSON.stringify({ ...JSON.parse(good()), model }) })).status).toBe(404)
    const { headers } = await send({ body: good() })
    const id = headers.get('x-request-id') ?? headers.get('request-id')
    expect(await tenant.logged(id)).toMatchObject({ status: 'ok' })
  })

  test('a client that sends its body too slowly is told so, and its place is free again', async () => {
    const gateway = await runGateway(
      [
        platformSlice({ connections: [connectionTo('http://127.0.0.1:9')], models: [modelNamed('small')] }),
        accountSlice(),
      ],
      { config: { bodyTimeoutMs: 300 } },
    )
    const answered = await raw(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secretOf('ada')}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"mod`,
      gateway.url,
    )
    expect(answered).toMatch(/^HTTP\/1\.1 408 /)
    expect(read(bodyOf(answered))).toMatchObject({ code: 'input.too_slow' })
    expect(gateway.gateway.stats().activeCalls).toBe(0)
    await gateway.stop()
  })
})

/** Sends bytes as they are and answers all that comes back until the server closes or falls silent. */
const raw = (bytes: string, url = tenant.url, quietMs = 1_500) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
    let text = ''
    let timer = setTimeout(done, quietMs)
    function done() {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    socket.on('data', (piece) => {
      text += piece
      clearTimeout(timer)
      timer = setTimeout(done, 100)
    })
    socket.on('close', done)
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? done() : reject(error)))
    socket.write(bytes)
  })
const bodyOf = (answered: string) => answered.slice(answered.lastIndexOf('\r\n\r\n') + 4)

describe('below the dialects', () => {
  const broken: [string, (path: string) => string, number, string][] = [
    [
      'one header without end',
      (path) => `POST ${path} HTTP/1.1\r\nhost: x\r\nx-flood: ${'y'.repeat(200_000)}\r\n\r\n`,
      431,
      'input.headers_too_large',
    ],
    [
      'a flood of headers',
      (path) => `POST ${path} HTTP/1.1\r\nhost: x\r\n${'x-flood: yyyyyyyyyyyyyyyy\r\n'.repeat(20_000)}\r\n`,
      431,
      'input.headers_too_large',
    ],
    [
      'two lengths that contradict',
      (path) => `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'input.malformed',
    ],
  ]
  test.each(broken)(
    '%s gets an answer that the SDK can read, and loses the connection',
    async (_n, bytes, status, code) => {
      for (const [dialect, { path, read }] of Object.entries(dialects)) {
        const answered = await raw(bytes(path))
        expect(answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
        expect(answered).toMatch(/connection: close/i)
        expect(answered).toMatch(dialect === 'anthropic' ? /\r\nrequest-id: req_/ : /\r\nx-request-id: req_/)
        expect(read(bodyOf(answered))).toMatchObject({ code, message: expect.stringMatching(/\w+/) })
        const headers = new Headers()
        const body = JSON.parse(bodyOf(answered))
        const raised =
          dialect === 'anthropic'
            ? Anthropic.APIError.generate(status, body, undefined, headers)
            : OpenAI.APIError.generate(status, body, undefined, headers)
        expect(raised.message).toContain(body.error.message)
      }
    },
  )

  test('what is no HTTP is told so as a problem', async () => {
    const answered = await raw('EHLO mail.example.com\r\n\r\n')
    expect(answered).toMatch(/^HTTP\/1\.1 400 [\s\S]*content-type: application\/problem\+json/)
    expect(JSON.parse(bodyOf(answered))).toMatchObject({ type: 'input.malformed', status: 400 })
  })

  test('garbage behind a good request spoils itself only', async () => {
    const body = JSON.stringify({ model: tenant.model.name, messages: [{ role: 'user', content: 'Hi' }] })
    const answered = await raw(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tenant.key.secret}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}GARBAGE\u0001\r\n\r\n`,
    )
    expect(answered).toMatch(/^HTTP\/1\.1 (200|400) /)
  })

  test('three hundred clients that never finish keep nobody waiting', async () => {
    const idle = Array.from({ length: 300 }, () => {
      const socket = connect({ port: Number(new URL(tenant.url).port), host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nauthorization: Bearer nobody\r\n',
      )
      return socket
    })
    const startedAt = performance.now()
    const said = await Promise.all(callers.map((caller) => caller.ask(tenant)))
    expect(said.map(({ text }) => text)).toEqual(['Still here.', 'Still here.'])
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    for (const socket of idle) socket.destroy()
  })

  test('the SDKs raise the error of their kind for a body that is too large', async () => {
    const content = 'x'.repeat(bodyBytesMax)
    const messages = [{ role: 'user' as const, content }]
    const model = tenant.model.name
    const large = openaiFor(tenant).chat.completions.create({ model, messages })
    await expect(large).rejects.toMatchObject({ status: 413, code: 'input.too_large' })
    const larger = anthropicFor(tenant).messages.create({ model, messages, max_tokens: 9 })
    await expect(larger).rejects.toMatchObject({ status: 413, type: 'request_too_large' })
  })

  test('the API beside the gateway says as clearly what is wrong', async () => {
    const send = async (headers: Record<string, string>, body: string) => {
      const response = await fetch(`${tenant.url}/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${masterKey}`, 'x-account-id': tenant.account.id, ...headers },
        body,
      })
      return { status: response.status, type: (await response.json()).type }
    }
    const json = { 'content-type': 'application/json' }
    expect(await send(json, '{"name": }')).toEqual({ status: 400, type: 'input.malformed' })
    expect(await send({ 'content-type': 'text/plain' }, 'x')).toEqual({ status: 415, type: 'input.unsupported_type' })
    expect(await send(json, JSON.stringify({ name: 'x'.repeat(2 * MiB) }))).toEqual({
      status: 413,
      type: 'input.too_large',
    })
    await eventually(async () => expect((await stage.cockpit.send('GET /health/ready')).status).toBe(200))
  })
})
