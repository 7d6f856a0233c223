/** A provider's own paths through the front door: the key of the caller, the credential of the connection, and a bill. */
import { connect } from 'node:net'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually, issueKey, openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { eventStreamOf, type NativeProvider, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterEach(async () => {
  for (const provider of open.splice(0)) await provider.close()
})
afterAll(() => cockpit?.stop())

type Reply = Parameters<typeof startNative>[0]
const said = (body: object, more: object = {}) => ({ body: [JSON.stringify(body)], ...more })
const chat = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
}

/** A tenant, a connection, a model `gpt-x` on it, and where wanted one that stands for all other paths. */
const opened = async (reply: Reply, { credits = '1000', other = '0.5' as string | null, more = {}, key = {} } = {}) => {
  const provider = await startNative(reply)
  open.push(provider)
  const platform = cockpit.as()
  const account = await openAccount(cockpit, { credits })
  const connection = await platform.providers.create({
    body: {
      ...{ name: `through ${account.id}`, kind: 'openai-compatible', baseUrl: `${provider.url}/v1` },
      ...{ secret: 'sk-upstream', maxRetries: 0, passThrough: true, ...more },
    },
  })
  const offer = (name: string, upstreamModel: string, prices: { input: string; output: string; units?: object }) =>
    platform.models.create({
      body: {
        ...{ name: `${name}-${account.id}`, capabilities: ['chat', 'streaming'], prices },
        deployments: [{ connectionId: connection.id, upstreamModel }],
      },
    })
  const model = await offer('chat', 'gpt-x', { input: '1000', output: '2000' })
  const rest = other === null ? null : await offer('rest', '*', { input: '0', output: '0', units: { request: other } })
  await platform.models.setEligibility({
    params: { id: account.id },
    body: { mode: 'list', modelIds: [model.id, ...(rest ? [rest.id] : [])] },
  })
  const { secret, id: keyId } = await issueKey(cockpit, account, key)
  const headers = { authorization: `Bearer ${secret}` }
  await eventually(async () => {
    const { text } = await cockpit.send('GET /v1/models', { headers })
    if (!text.includes(model.name)) throw new Error(`the gateway does not offer the model yet: ${text}`)
  })
  const base = `${cockpit.url}/providers/${connection.id}`
  return {
    ...{ account, connection, model, rest, provider, base, keyId, secret },
    call: (method: string, path: string, init: RequestInit = {}) =>
      fetch(base + path, { method, ...init, headers: { ...headers, ...init.headers } }),
    logged: (response: { headers: Headers }) =>
      eventually(() => account.api.usage.get({ params: { id: response.headers.get('x-request-id') ?? 'req_0' } })),
    settled: async () => (await account.api.budgets.overview()).pool.settled,
  }
}

test('a path only the provider knows goes out as it came, with our credential, and costs the price by request', async () => {
  const tenant = await opened(() => said({ data: [1] }, { headers: { 'x-account': 'org-1', etag: '"a"' } }))
  const response = await tenant.call('PUT', '/vector_stores/a%20b?limit=2&after=x', {
    body: Buffer.from([0, 255, 10]),
    headers: { 'content-type': 'application/x-own', 'x-own': 'yes', cookie: 'a=b', 'openai-organization': 'org-2' },
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ data: [1] })
  expect(response.headers.get('etag')).toBe('"a"')
  expect(response.headers.get('x-account')).toBeNull()
  const [asked] = tenant.provider.requests
  expect(asked).toMatchObject({ method: 'PUT', url: '/v1/vector_stores/a%20b?limit=2&after=x' })
  expect(asked?.headers).toMatchObject({
    ...{ authorization: 'Bearer sk-upstream', 'content-type': 'application/x-own', 'x-own': 'yes' },
  })
  expect(asked?.headers.cookie ?? asked?.headers['openai-organization']).toBeUndefined()
  expect(await tenant.logged(response)).toMatchObject({
    ...{ operation: 'pass_through', status: 'ok', credits: '0.5', model: tenant.rest?.name },
    units: [{ unit: 'request', quantity: 1 }],
  })
  expect(await tenant.settled()).toBe('0.5')
})

test('OpenAI’s own client calls a model at the provider’s path, billed by the tokens of the model behind that name', async () => {
  const tenant = await opened(() => said(chat))
  const client = new OpenAI({ baseURL: tenant.base, apiKey: tenant.secret, maxRetries: 0 })
  const { data, response } = await client.chat.completions
    .create({ model: 'gpt-x', messages: [{ role: 'user', content: 'Hi' }] })
    .withResponse()
  expect(data.choices[0]?.message.content).toBe('Hello.')
  expect(tenant.provider.requests[0]).toMatchObject({ url: '/v1/chat/completions' })
  expect(await tenant.logged(response)).toMatchObject({
    ...{ operation: 'pass_through', model: tenant.model.name, credits: '0.12' },
    tokens: { input: 100, output: 10, source: 'reported' },
  })
})

test('a stream of a model is metered by its own last words', async () => {
  const piece = { id: 'c1', object: 'chat.completion.chunk', model: 'gpt-x' }
  const tenant = await opened(() => ({
    headers: { 'content-type': 'text/event-stream' },
    body: [
      ...eventStreamOf(
        { ...piece, choices: [{ index: 0, delta: { content: 'Hello.' }, finish_reason: null }] },
        { ...piece, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { ...piece, choices: [], usage: chat.usage },
      ),
      'data: [DONE]\n\n',
    ],
  }))
  const body = JSON.stringify({ model: 'gpt-x', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
  const response = await tenant.call('POST', '/chat/completions', {
    body,
    headers: { 'content-type': 'application/json' },
  })
  expect(await response.text()).toContain('Hello.')
  expect(await tenant.logged(response)).toMatchObject({ operation: 'pass_through', stream: true, credits: '0.12' })
})

test('what has no price is refused, and the provider hears nothing', async () => {
  const tenant = await opened(() => said({}), { other: null })
  const other = await tenant.call('GET', '/files')
  expect(other.status).toBe(400)
  expect(await other.json()).toMatchObject({ error: { code: 'model.no_price' } })
  const unknown = await tenant.call('POST', '/chat/completions', {
    body: JSON.stringify({ model: 'gpt-unknown', messages: [] }),
    headers: { 'content-type': 'application/json' },
  })
  expect(unknown.status).toBe(404)
  expect(tenant.provider.requests).toEqual([])
})

test.each([
  '/Chat/Completions',
  '/chat/completions/',
  '/chat%2Fcompletions',
  '/v1/responses',
  '/models/x:generateContent',
])('a call to a model in disguise is not billed as any other path: %s', async (path) => {
  const tenant = await opened(() => said(chat))
  const response = await tenant.call('POST', path, {
    body: JSON.stringify({ model: 'gpt-x', messages: [] }),
    headers: { 'content-type': 'application/json' },
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { code: 'model.unsupported_operation' } })
  expect(tenant.provider.requests).toEqual([])
})

test('no path leaves the base URL of the connection', async () => {
  const tenant = await opened(() => said({}))
  const { hostname, port, pathname } = new URL(tenant.base)
  const statuses = []
  for (const path of ['/../admin', '/%2e%2e/admin', '/a/%252e%252e/b', '//evil.example/', '/a\\..\\b', '/..%2fadmin'])
    statuses.push(await bare(hostname, Number(port), pathname + path, tenant.secret))
  expect(statuses).toEqual(Array(6).fill(400))
  expect(tenant.provider.requests).toEqual([])
})

/** A request as no client would write it. */
const bare = (host: string, port: number, path: string, secret: string) =>
  new Promise<number>((resolve, reject) => {
    const socket = connect(port, host, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\nconnection: close\r\n\r\n`),
    )
    socket.once('data', (bytes) => {
      resolve(Number(bytes.toString().split(' ')[1]))
      socket.destroy()
    })
    socket.once('error', reject)
  })

test('a connection that is not open is as one that does not exist', async () => {
  const tenant = await opened(() => said({}), { more: { passThrough: false } })
  const closed = await tenant.call('GET', '/files')
  const missing = await fetch(`${cockpit.url}/providers/con_missing/files`, {
    headers: { authorization: `Bearer ${tenant.secret}` },
  })
  const codes = [await closed.json(), await missing.json()] as { error: { code: string } }[]
  expect([closed.status, missing.status, ...codes.map(({ error }) => error.code)]).toEqual([
    ...[404, 404, 'through.not_found', 'through.not_found'],
  ])
})

test('a key limited to other models may not use the other paths', async () => {
  const tenant = await opened(() => said({}), { key: {} })
  const limited = await issueKey(cockpit, tenant.account, { models: [tenant.model.name] })
  const response = await tenant.call('GET', '/files', { headers: { authorization: `Bearer ${limited.secret}` } })
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ error: { code: 'model.not_in_key' } })
})

test('a budget that cannot pay refuses before the provider is asked', async () => {
  const tenant = await opened(() => said({}), { credits: '0.4' })
  expect((await tenant.call('GET', '/files')).status).toBe(402)
  expect(tenant.provider.requests).toEqual([])
})

test('what the provider says against a request is the caller’s and free; what it says of the credential is neither', async () => {
  const tenant = await opened(({ url }) =>
    url.endsWith('/private')
      ? said({ error: { message: 'bad key sk-upstream' } }, { status: 401 })
      : said({ error: { message: 'no such file for sk-upstream' } }, { status: 404 }),
  )
  const wrong = await tenant.call('GET', '/files/x')
  expect(wrong.status).toBe(404)
  const text = await wrong.text()
  expect(text).toContain('no such file')
  expect(text).not.toContain('sk-upstream')
  expect(await tenant.logged(wrong)).toMatchObject({ status: 'error', credits: '0' })
  const refused = await tenant.call('GET', '/private')
  expect(refused.status).toBe(502)
  expect(await refused.json()).toMatchObject({ error: { code: 'upstream_credentials_exhausted' } })
})

test('a revoked key ends an answer that is being passed on', async () => {
  const tenant = await opened(() => ({
    headers: { 'content-type': 'application/x-own' },
    body: Array(5_000).fill('x'),
  }))
  const response = await tenant.call('GET', '/content')
  expect(response.status).toBe(200)
  await tenant.account.api.keys.revoke({ params: { id: tenant.keyId } })
  await expect(response.text()).rejects.toThrow()
  expect(await tenant.logged(response)).toMatchObject({ status: 'error', errorCode: 'key.revoked', credits: '0.5' })
})
