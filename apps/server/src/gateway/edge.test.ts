import { connect } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  completion,
  connectionTo,
  keyNamed,
  modelNamed,
  platformSlice,
  type Running,
  runGateway,
  secretOf,
  send,
  sendJson,
  type Upstream,
  upstream,
} from './testing.ts'

let up: Upstream
let running: Running
beforeAll(async () => {
  up = await upstream((_seen, res) => sendJson(res, completion('Hi')))
  const now = Date.now()
  running = await runGateway(
    [
      platformSlice({
        connections: [connectionTo(up.url)],
        models: [modelNamed('small'), modelNamed('vendor/large', { id: 'mdl_large' }), modelNamed('hidden')],
      }),
      accountSlice({
        keys: [
          keyNamed('ada'),
          keyNamed('narrow', { models: ['small'] }),
          keyNamed('revoked', { revokedAt: now - 1 }),
          keyNamed('expired', { expiresAt: now - 1 }),
        ],
        selection: { mode: 'list', modelIds: ['mdl_small', 'mdl_large'] },
      }),
    ],
    { config: { bodyBytesMax: 64 << 10, bodyTimeoutMs: 300 } },
  )
})
afterAll(async () => {
  await running.stop()
  await up.close()
})

const errorOf = (text: string) => JSON.parse(text).error
const body = { model: 'small', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }
const raw = JSON.stringify(body)

describe('a caller is known by its key', () => {
  test.each([
    ['authorization', { authorization: `Bearer ${secretOf('ada')}` }],
    ['authorization in lower case', { authorization: `bearer ${secretOf('ada')}` }],
    ['x-api-key', { 'x-api-key': secretOf('ada') }],
    ['api-key', { 'api-key': secretOf('ada') }],
  ])('in %s', async (_name, headers) => {
    expect((await chat(running.url, {}, { key: '', headers })).status).toBe(200)
  })

  test.each([
    ['no key', { key: '' }, 'auth.required', 401],
    ['an unknown key', { key: 'stranger' }, 'auth.failed', 401],
    ['an endless key', { key: '', headers: { 'x-api-key': 'x'.repeat(5_000) } }, 'auth.failed', 401],
    ['a revoked key', { key: 'revoked' }, 'key.revoked', 401],
    ['an expired key', { key: 'expired' }, 'key.expired', 401],
  ])('%s is refused in either dialect', async (_name, more, code, status) => {
    const openai = await chat(running.url, {}, more)
    expect(openai.status).toBe(status)
    expect(errorOf(openai.text)).toMatchObject({ code, message: expect.any(String) })
    expect(openai.headers).toMatchObject({ 'x-should-retry': 'false', 'x-request-id': expect.stringMatching(/^req_/) })
    const anthropic = await send(running.url, '/v1/messages', { body, ...more })
    expect(anthropic.status).toBe(status)
    expect(JSON.parse(anthropic.text)).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', details: { error_code: code } },
    })
    expect(anthropic.headers['request-id']).toMatch(/^req_/)
  })

  const over = [
    ['revoked', 'key.revoked'],
    ['expired', 'key.expired'],
  ] as const
  const asked: [line: string, more: Parameters<typeof send>[2]][] = [
    ['/v1/chat/completions', { raw: '{"model": "small", oops}' }],
    ['/v1/chat/completions', { raw: '{"messages":[]}' }],
    ['/v1/chat/completions', { raw, headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['/v1/chat/completions', { body: { ...body, model: 'nobodys' } }],
    ['/v1/embeddings', { body: { model: 'small' } }],
    ['/providers/nobodys/v1/models', { method: 'GET' }],
    ['/providers/nobodys/v1/models', { method: 'OPTIONS' }],
    ['/providers/nobodys/v1/chat/completions', { body }],
  ]
  test.each(over.flatMap((key) => asked.map((ask) => [...key, ...ask] as const)))(
    'a key that is %s learns that (%s), and nothing of what it asks of %s',
    async (key, code, line, more) => {
      const { status, text } = await send(running.url, line, { ...more, key })
      expect([status, errorOf(text).code]).toEqual([401, code])
    },
  )

  test('a rotated key works until its grace period ends, and not longer', async () => {
    let at = Date.now()
    const rotated = keyNamed('new', { previousHash: keyNamed('old').hash, previousValidUntil: at + 60_000 })
    const turning = await runGateway(
      [
        platformSlice({ connections: [connectionTo(up.url)], models: [modelNamed('small')] }),
        accountSlice({ keys: [rotated] }),
      ],
      { now: () => new Date(at) },
    )
    expect((await chat(turning.url, {}, { key: 'old' })).status).toBe(200)
    at += 60_001
    expect((await chat(turning.url, {}, { key: 'old' })).status).toBe(401)
    expect((await chat(turning.url, {}, { key: 'new' })).status).toBe(200)
    await turning.stop()
  })
})

describe('a body that cannot be used gets a clear answer', () => {
  const cases: [name: string, more: Parameters<typeof send>[2], status: number, code: string, says: RegExp][] = [
    ['malformed JSON', { raw: '{"model": "small", oops}' }, 400, 'input.malformed', /position 19/],
    ['JSON that is no object', { raw: '[1]' }, 400, 'input.malformed', /object/],
    ['an empty body', { raw: '' }, 400, 'input.malformed', /JSON/],
    ['no model', { raw: '{"messages":[]}' }, 400, 'input.invalid', /model/],
    [
      'a form',
      { raw, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'input.unsupported_type',
      /application\/json/,
    ],
    ['an unknown encoding', { raw, headers: { 'content-encoding': 'zstd' } }, 415, 'input.unsupported_type', /gzip/],
    ['gzip that is none', { raw, headers: { 'content-encoding': 'gzip' } }, 400, 'input.malformed', /gzip/],
    ['a body beyond the limit', { raw: ' '.repeat(70_000) }, 413, 'input.too_large', /65536/],
    [
      'a gzip bomb',
      { raw: gzipSync(Buffer.alloc(8 << 20, 0x20)), headers: { 'content-encoding': 'gzip' } },
      413,
      'input.too_large',
      /65536/,
    ],
    [
      'a brotli bomb',
      { raw: brotliCompressSync(Buffer.alloc(8 << 20, 0x20)), headers: { 'content-encoding': 'br' } },
      413,
      'input.too_large',
      /65536/,
    ],
    ['another method', { method: 'PUT', raw }, 405, 'method.not_allowed', /POST/],
  ]
  test.each(cases)('%s', async (_name, more, status, code, says) => {
    const openai = await send(running.url, '/v1/chat/completions', more)
    expect([openai.status, errorOf(openai.text).code]).toEqual([status, code])
    expect(errorOf(openai.text).message).toMatch(says)
    const anthropic = await send(running.url, '/v1/messages', more)
    expect([anthropic.status, errorOf(anthropic.text).details.error_code]).toEqual([status, code])
    expect((await chat(running.url)).status).toBe(200)
  })

  test('compressed bodies within the limit are read', async () => {
    const packed = { raw: gzipSync(raw), headers: { 'content-encoding': 'gzip' } }
    expect((await send(running.url, '/v1/chat/completions', packed)).status).toBe(200)
    expect(up.requests.at(-1)?.headers['content-encoding']).toBeUndefined()
  })

  test('a body that trickles in is given up in time', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
      let text = ''
      socket.on('data', (piece) => {
        text += piece
      })
      socket.on('close', () => resolve(text))
      socket.write(
        `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${secretOf('ada')}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"mod`,
      )
    })
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"input.too_slow"')
  })

  test('a caller that waits for 100-continue gets it', async () => {
    expect(
      (await send(running.url, '/v1/chat/completions', { body, headers: { expect: '100-continue' } })).status,
    ).toBe(200)
  })

  test('a body announced as too large is refused before it is sent', async () => {
    const answer = await send(running.url, '/v1/chat/completions', {
      raw: Buffer.alloc(40 << 20, 0x20),
      headers: { 'content-type': 'application/json' },
    }).catch((error) => error)
    expect(answer.status ?? answer.code).toSatisfy((it: unknown) => it === 413 || it === 'EPIPE' || it === 'ECONNRESET')
    expect((await chat(running.url)).status).toBe(200)
  })
})

describe('the list of models', () => {
  const ids = (text: string) => JSON.parse(text).data.map((model: { id: string }) => model.id)
  test('holds what the key may use now, in the shape of OpenAI', async () => {
    const answer = await send(running.url, '/v1/models', { method: 'GET' })
    expect(JSON.parse(answer.text)).toMatchObject({
      object: 'list',
      data: [{ object: 'model', owned_by: 'platform' }, {}],
    })
    expect(ids(answer.text)).toEqual(['small', 'vendor/large'])
    expect(ids((await send(running.url, '/v1/models', { method: 'GET', key: 'narrow' })).text)).toEqual(['small'])
  })

  test('and in the shape of Anthropic for its SDK', async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': secretOf('ada') }
    const answer = await send(running.url, '/v1/models', { method: 'GET', key: '', headers })
    expect(JSON.parse(answer.text)).toMatchObject({ has_more: false, first_id: 'small', last_id: 'vendor/large' })
  })

  test('each can be asked for by name, with or without escapes', async () => {
    for (const path of ['/v1/models/vendor/large', '/v1/models/vendor%2Flarge'])
      expect(JSON.parse((await send(running.url, path, { method: 'GET' })).text).id).toBe('vendor/large')
    expect((await send(running.url, '/v1/models/hidden', { method: 'GET' })).status).toBe(403)
  })

  test('one that is not there is named as the wrong field, by a call and by a look, in either dialect', async () => {
    const anthropic = { 'anthropic-version': '2023-06-01' }
    const openai = [
      await send(running.url, '/v1/models/nothing', { method: 'GET' }),
      await chat(running.url, { model: 'nothing' }),
    ]
    for (const { status, text } of openai) {
      expect(status).toBe(404)
      expect(errorOf(text)).toMatchObject({
        type: 'invalid_request_error',
        code: 'model.not_found',
        param: 'model',
        message: expect.stringContaining("'nothing'"),
      })
    }
    const others = [
      await send(running.url, '/v1/models/nothing', { method: 'GET', headers: anthropic }),
      await send(running.url, '/v1/messages', { body: { ...body, model: 'nothing' } }),
    ]
    for (const { status, text } of others) {
      expect(status).toBe(404)
      expect(JSON.parse(text)).toMatchObject({
        type: 'error',
        error: { type: 'not_found_error', details: { error_code: 'model.not_found', param: 'model' } },
      })
    }
  })

  test('one by name comes in the shape of either dialect', async () => {
    const shown = async (headers: Record<string, string>) =>
      JSON.parse((await send(running.url, '/v1/models/small', { method: 'GET', headers })).text)
    expect(await shown({})).toMatchObject({ object: 'model', id: 'small' })
    expect(await shown({ 'anthropic-version': '2023-06-01' })).toMatchObject({ type: 'model', id: 'small' })
  })

  test('needs a key that works', async () => {
    expect((await send(running.url, '/v1/models', { method: 'GET', key: 'revoked' })).status).toBe(401)
    expect((await send(running.url, '/v1/models', { method: 'GET', key: '' })).status).toBe(401)
  })
})

test('a change of the snapshot is in force within a second', async () => {
  expect((await chat(running.url, { model: 'hidden' })).status).toBe(403)
  const published = Date.now()
  running.snapshots.publish(accountSlice({ keys: [keyNamed('ada')] }))
  while ((await chat(running.url, { model: 'hidden' })).status !== 200 && Date.now() < published + 1_000);
  expect((await chat(running.url, { model: 'hidden' })).status).toBe(200)
  expect((await chat(running.url, {}, { key: 'narrow' })).status).toBe(401)
})
