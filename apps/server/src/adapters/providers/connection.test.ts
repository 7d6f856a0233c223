import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { defaultTimeouts } from '@cockpit/contract/providers'
import { afterEach, describe, expect, test } from 'vitest'
import type { ConnectionSettings } from '../../modules/providers/index.ts'
import { createConnectionTest } from './index.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

const testConnection = createConnectionTest({
  now: () => new Date(),
  demoModels: ['demo-chat'],
  timeoutMs: 400,
  bytesMax: 64 << 10,
})
const ask = (baseUrl: string, more: Partial<ConnectionSettings> = {}) =>
  testConnection({
    kind: 'openai-compatible',
    baseUrl,
    options: {},
    secret: 'sk-test-0123456789',
    timeouts: defaultTimeouts,
    privateTargets: true,
    ...more,
  })
const reasonAt = async (baseUrl: string, more?: Partial<ConnectionSettings>) => {
  const { ok, latencyMs, reason, models } = await ask(baseUrl, more)
  expect([ok, latencyMs, models]).toEqual([false, null, []])
  // one sentence: one full stop, at the end
  expect(reason).toMatch(/^[^\n]+\.$/)
  return reason
}

describe('a provider that answers', () => {
  test('OpenAI style gets the key as bearer at /models', async () => {
    let seen: unknown[] = []
    const url = await serve((request, response) => {
      seen = [request.url, request.headers.authorization]
      json(200, { object: 'list', data: [{ id: 'gpt-5' }, { id: 'gpt-5-mini' }] })(request, response)
    })
    expect(await ask(`${url}/v1`)).toMatchObject({ ok: true, reason: null, models: ['gpt-5', 'gpt-5-mini'] })
    expect(seen).toEqual(['/v1/models', 'Bearer sk-test-0123456789'])
  })

  test('Anthropic style gets x-api-key and a version at /v1/models', async () => {
    let seen: unknown[] = []
    const url = await serve((request, response) => {
      seen = [
        request.url,
        request.headers['x-api-key'],
        request.headers['anthropic-version'],
        request.headers.authorization,
      ]
      json(200, { data: [{ type: 'model', id: 'claude-x', display_name: 'X' }], has_more: false })(request, response)
    })
    expect(await ask(url, { kind: 'anthropic' })).toMatchObject({ ok: true, models: ['claude-x'] })
    expect(seen).toEqual(['/v1/models?limit=500', 'sk-test-0123456789', '2023-06-01', undefined])
  })

  test.each([
    ['a bare list', [{ id: 'a' }], ['a']],
    ['a list under models', { models: [{ name: 'b' }] }, ['b']],
    ['no models yet', { object: 'list', data: null }, []],
  ])('with %s is understood', async (_, body, models) => {
    expect(await ask(await serve(json(200, body)))).toMatchObject({ ok: true, models })
  })

  test.each<[string, Partial<ConnectionSettings>, string, string, unknown, RegExp | null]>([
    ['Azure', { kind: 'azure' }, '', '/openai/v1/models', { data: [{ id: 'm' }] }, /name of a deployment/],
    [
      'Azure by a dated version',
      { kind: 'azure', options: { apiVersion: '2024-10-21' } },
      '',
      '/openai/models?api-version=2024-10-21',
      { data: [{ id: 'm' }] },
      /name of a deployment/,
    ],
    [
      'Cohere',
      { kind: 'cohere' },
      '/compatibility/v1',
      '/v1/models?endpoint=chat&page_size=500',
      { models: [{ name: 'm' }] },
      null,
    ],
    ['Hugging Face', { kind: 'huggingface' }, '/v1', '/v1/models', { data: [{ id: 'm' }] }, /only a call shows/],
    ['Together', { kind: 'together' }, '/v1', '/v1/models', [{ id: 'm' }], null],
    ['Ollama', { kind: 'ollama' }, '/v1', '/v1/models', { object: 'list', data: [{ id: 'm' }] }, null],
  ])(
    '%s is asked at its own place, with the key where it looks for it',
    async (_, settings, base, path, list, note) => {
      const asked: unknown[] = []
      const url = await serve((request, response) => {
        asked.push([request.url, request.headers['api-key'] ?? request.headers.authorization])
        json(200, list)(request, response)
      })
      const outcome = await ask(url + base, settings)
      expect(outcome).toMatchObject({ ok: true, models: ['m'] })
      if (note) expect(outcome.note).toMatch(note)
      else expect(outcome.note).toBeNull()
      expect(asked).toEqual([[path, settings.kind === 'azure' ? 'sk-test-0123456789' : 'Bearer sk-test-0123456789']])
    },
  )

  test('OpenRouter lists its models to anybody, so the key is tried first', async () => {
    const url = await serve((request, response) => {
      const known = request.headers.authorization === 'Bearer sk-or-right'
      if (request.url === '/api/v1/key') json(known ? 200 : 401, { data: {} })(request, response)
      else json(200, { data: [{ id: 'openai/gpt-5' }] })(request, response)
    })
    const openrouter = { kind: 'openrouter' as const, baseUrl: `${url}/api/v1` }
    expect(await reasonAt(openrouter.baseUrl, { ...openrouter, secret: 'sk-or-wrong' })).toMatch(/refused the key/)
    expect(await ask(openrouter.baseUrl, { ...openrouter, secret: 'sk-or-right' })).toMatchObject({
      ok: true,
      models: ['openai/gpt-5'],
    })
  })

  test('demo needs no network at all', async () => {
    expect(
      await testConnection({
        kind: 'demo',
        baseUrl: null,
        options: {},
        secret: null,
        timeouts: defaultTimeouts,
        privateTargets: false,
      }),
    ).toEqual({
      ok: true,
      latencyMs: 0,
      reason: null,
      models: ['demo-chat'],
      note: null,
    })
  })
})

describe('a failure is one sentence that says what to do', () => {
  const html: RequestListener = (_, response) =>
    void response.setHeader('content-type', 'text/html').end('<!doctype html><p>Hi')
  test.each<[string, RequestListener, RegExp]>([
    [
      'a wrong key',
      json(401, { error: { message: 'Incorrect API key provided: sk-test-0123456789.' } }),
      /refused the key \(401\): “Incorrect API key provided: \*\*\*\*\.”; check/,
    ],
    ['a forbidden key', json(403, {}), /refused the key \(403\); check/],
    ['a path without version', json(404, {}), /ends in \/v1/],
    ['no quota', json(429, { error: { message: 'insufficient_quota' } }), /no more calls for now \(429\).*quota/],
    ['a broken provider', json(503, 'oops'), /problem of its own \(503\)/],
    [
      'a redirect',
      (_, response) => void response.writeHead(308, { location: 'https://example.com/v1/models' }).end(),
      /redirects to https:\/\/example\.com\/v1\/models/,
    ],
    ['a web page', html, /web page.*lacks \/v1/],
    ['something that is not JSON', (_, response) => void response.end('pong'), /not JSON/],
    ['JSON that is no list of models', json(200, { hello: 'world' }), /not with a list of models/],
    ['an answer that never ends', (_, response) => void response.write('{"data":['), /did not answer within/],
    ['no answer at all', () => {}, /did not answer within/],
    ['a closed connection', (request) => void request.socket.destroy(), /closed the connection/],
    ['a flood', (_, response) => void response.end(`{"data":[${'x'.repeat(200_000)}`), /not JSON/],
  ])('%s', async (_, listener, reason) => {
    expect(await reasonAt(await serve(listener))).toMatch(reason)
  })

  test('an Azure resource without that surface is told so', async () => {
    expect(await reasonAt(await serve(json(404, {})), { kind: 'azure' })).toMatch(/name of the resource/)
  })

  test('a path that has its version is not sent to look for one', async () => {
    expect(await reasonAt(`${await serve(json(404, {}))}/v1`)).toMatch(/check the path of the base URL/)
  })

  test('no key where one is wanted', async () => {
    expect(await reasonAt(await serve(json(401, {})), { secret: null })).toMatch(/wants an API key \(401\); enter one/)
  })

  test('a port where nothing listens', async () => {
    const url = await serve(() => {})
    closing.pop()?.()
    expect(await reasonAt(url)).toMatch(/Nothing listens at 127\.0\.0\.1:\d+/)
  })

  test('a name that does not exist', async () => {
    expect(await reasonAt('http://no-such-host.invalid/v1')).toMatch(/'no-such-host\.invalid' cannot be resolved/)
  })

  test('https where plain http is spoken', async () => {
    const url = await serve(json(200, { data: [] }))
    expect(await reasonAt(url.replace('http:', 'https:'))).toMatch(/does not speak TLS; use http:\/\//)
  })

  test('something that is not HTTP', async () => {
    const server = createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    expect(await reasonAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toMatch(/does not speak HTTP/)
  })
})

describe('a connection of an account', () => {
  const counted = async () => {
    const hits: string[] = []
    const url = await serve((request, response) => {
      hits.push(request.url ?? '')
      json(200, { data: [] })(request, response)
    })
    return { url, hits }
  }

  test('does not reach an address inside the own network, however it is written', async () => {
    const { url, hits } = await counted()
    const { port } = new URL(url)
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'])
      expect(await reasonAt(`http://${host}:${port}`, { privateTargets: false })).toMatch(
        /inside the network of this installation/,
      )
    expect(hits).toEqual([])
  })

  test('does not follow a public name to such an address', async () => {
    const { url, hits } = await counted()
    const guarded = createConnectionTest({
      now: () => new Date(),
      demoModels: [],
      lookup: ((_name: string, _options: object, done: (...args: unknown[]) => void) =>
        done(null, [
          { address: '93.184.216.34', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ])) as never,
    })
    const { reason } = await guarded({
      kind: 'openai-compatible',
      baseUrl: `http://rebind.example.com:${new URL(url).port}`,
      options: {},
      secret: null,
      timeouts: defaultTimeouts,
      privateTargets: false,
    })
    expect(reason).toMatch(/'rebind\.example\.com' is an address inside the network/)
    expect(hits).toEqual([])
  })
})
