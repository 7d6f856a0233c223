/** Gemini at Vertex AI, through the front door: a service account's key becomes a token, and the token pays the way. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { eventStreamOf, type NativeProvider, openNative, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const user = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 }
const project = '/v1/projects/p-1/locations/europe-west4'
const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
}

/** One server plays both: the one that gives tokens, if `grants`, and the one that answers for them. */
const vertexOf = async (grants: boolean) => {
  const provider = await startNative(({ url, headers }) => {
    if (url === '/token')
      return grants
        ? { body: [JSON.stringify({ access_token: 'ya29.token', expires_in: 3600 })] }
        : { status: 400, body: ['{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'] }
    if (headers.authorization !== 'Bearer ya29.token')
      return { status: 401, body: ['{"error":{"code":401,"status":"UNAUTHENTICATED","message":"no"}}'] }
    if (url.includes('publishers/google/models?'))
      return { body: [JSON.stringify({ publisherModels: [{ name: 'publishers/google/models/gemini-2.5-pro' }] })] }
    return url.includes(':stream')
      ? { headers: { 'content-type': 'text/event-stream' }, body: eventStreamOf(answer) }
      : { body: [JSON.stringify(answer)] }
  })
  open.push(provider)
  const secret = JSON.stringify(
    { type: 'service_account', client_email: 'bot@p-1', private_key: pem, token_uri: `${provider.url}/token` },
    null,
    2,
  )
  return { provider, connection: { name: 'vertex', kind: 'vertex', baseUrl: provider.url + project, secret } as const }
}

test('many calls share one token, which the account’s own key has signed for', async () => {
  const { provider, connection } = await vertexOf(true)
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'gemini-2.5-pro' })
  const calls = await Promise.all([
    tenant.call('/v1/chat/completions', user),
    tenant.call('/v1/messages', user),
    tenant.call('/v1/chat/completions', { ...user, stream: true }),
  ])
  for (const { status, text } of calls) {
    expect(status).toBe(200)
    expect(text).toContain('Hello.')
  }
  const tokens = provider.requests.filter(({ url }) => url === '/token')
  expect(tokens).toHaveLength(1)
  const [head = '', claims = '', signature = ''] =
    new URLSearchParams(tokens[0]?.body).get('assertion')?.split('.') ?? []
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    createPublicKey(privateKey),
    Buffer.from(signature, 'base64url'),
  )
  expect(isSigned).toBe(true)
  const models = `${project}/publishers/google/models/gemini-2.5-pro`
  const paths = new Set(provider.requests.map(({ url }) => url))
  expect(paths).toEqual(new Set(['/token', `${models}:generateContent`, `${models}:streamGenerateContent?alt=sse`]))
  expect((await tenant.logged(calls[0]?.id)).tokens).toMatchObject({ input: 10, output: 2, source: 'reported' })
})

test('a service account that gets no token is a refused credential, told without its key', async () => {
  const { connection } = await vertexOf(false)
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'gemini-2.5-pro' })
  const { status, text } = await tenant.call('/v1/chat/completions', user)
  expect(status).toBe(502)
  expect(JSON.parse(text).error).toMatchObject({ code: 'upstream_credentials_exhausted' })
  expect(text).toContain('invalid_grant')
  expect(text).not.toContain('PRIVATE KEY')
})

test('a connection to Vertex is tested with a token, and what is no key file is told', async () => {
  const { provider, connection } = await vertexOf(true)
  const probe = (secret: string) => cockpit.as().providers.probe({ body: { ...connection, secret } })
  expect(await probe(connection.secret)).toMatchObject({ ok: true, models: ['gemini-2.5-pro'] })
  expect(provider.requests.at(-1)?.headers['x-goog-user-project']).toBe('p-1')
  expect(await probe('AIza-key')).toMatchObject({ ok: false, reason: expect.stringContaining('service account') })
  const refused = await vertexOf(false)
  const outcome = await cockpit.as().providers.probe({ body: refused.connection })
  expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining('invalid_grant') })
})
