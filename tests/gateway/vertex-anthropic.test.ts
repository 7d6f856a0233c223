/** Claude at Vertex AI, through the front door: what is asked there, and what becomes of its answer, stream and refusals. */
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Asked, type NativeProvider, openNative, type Said, startNative } from './native.ts'

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
const project = '/v1/projects/p-1/locations/us-east5'
const upstreamModel = 'claude-sonnet-4-5@20250929'
const claude = `${project}/publishers/anthropic/models/${upstreamModel}`
const transcripts = join(import.meta.dirname, 'transcripts', 'vertex-anthropic')

const usage = { input_tokens: 11, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 3 }
const message = { id: 'msg_vrtx_01', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929' }
const answer = {
  ...message,
  content: [{ type: 'text', text: 'Four degrees.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
}
const events = [
  {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Four ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'degrees.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
  { type: 'message_stop' },
]
const wire = (all: readonly { type: string }[]) =>
  all.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
const eventStream = { 'content-type': 'text/event-stream' }

/** As Vertex does it: a stream from one method and a whole answer from the other, each by a token only. */
const says = ({ url }: Asked): Said =>
  url.endsWith(':streamRawPredict') ? { headers: eventStream, body: wire(events) } : { body: [JSON.stringify(answer)] }

const tenantOf = async (reply: (asked: Asked) => Said = says) => {
  const provider = await startNative((asked) => {
    if (asked.url === '/token') return { body: [JSON.stringify({ access_token: 'ya29.token', expires_in: 3600 })] }
    if (asked.headers.authorization !== 'Bearer ya29.token') return { status: 401, body: ['{}'] }
    return reply(asked)
  })
  open.push(provider)
  const account = { type: 'service_account', client_email: 'bot@p-1', private_key: pem }
  const secret = JSON.stringify({ ...account, token_uri: `${provider.url}/token` })
  const connection = { name: 'claude', kind: 'vertex-anthropic', baseUrl: provider.url + project, secret } as const
  const tenant = await openNative(cockpit, connection, { upstreamModel })
  /** The answer without what differs from run to run. */
  const call = async (path: string, body: object) => {
    const { status, text, id } = await tenant.call(path, body)
    const said = text
      .replaceAll(tenant.model, 'asked-for')
      .replaceAll(id ?? '', 'req')
      .replaceAll((id ?? '').slice(4), 'id')
      .replaceAll(/"created":\d+/g, '"created":0')
    const { tokens, status: ending } = await tenant.logged(id)
    return { status, ending, tokens, said: said.startsWith('{') ? JSON.parse(said) : said.split('\n\n') }
  }
  const asked = () => provider.requests.filter(({ url }) => url !== '/token')
  return { ...tenant, connection, provider, call, asked }
}

const request = {
  max_tokens: 64,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: 'How warm is Oslo?' }],
}
const chat = { max_tokens: 64, messages: [{ role: 'user', content: 'How warm is Oslo?' }] }

test.each([
  ['anthropic', '/v1/messages', request],
  ['openai', '/v1/chat/completions', chat],
])('as it is asked for a caller of %s, as it answers and streams', async (caller, path, body) => {
  const { call, asked } = await tenantOf()
  const whole = await call(path, body)
  const inPieces = await call(path, { ...body, stream: true })
  const sent = asked().map(({ url, body }) => ({ url, body: JSON.parse(body) }))
  expect(sent.map(({ url }) => url)).toEqual([`${claude}:rawPredict`, `${claude}:streamRawPredict`])
  for (const { body } of sent) {
    expect(body).not.toHaveProperty('model')
    expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 64 })
  }
  const transcript = { sent, whole, inPieces }
  await expect(`${JSON.stringify(transcript, null, 2)}\n`).toMatchFileSnapshot(join(transcripts, `${caller}.expected`))
  expect(whole.tokens).toMatchObject({ input: 11, cachedInput: 4, output: 3, source: 'reported' })
  expect(inPieces.tokens).toMatchObject({ input: 11, cachedInput: 4, output: 3, source: 'reported' })
})

test('what a client writes behind the address stays here, its beta goes along, and no version but the right one', async () => {
  const { model, key, asked } = await tenantOf()
  const headers = { authorization: `Bearer ${key}`, 'anthropic-beta': 'context-1m-2025-08-07' }
  const body = { ...request, model, anthropic_version: 'bedrock-2023-05-31' }
  const { status } = await cockpit.send('POST /v1/messages?beta=true', { headers, body })
  expect(status).toBe(200)
  const [first] = asked()
  expect(first?.url).toBe(`${claude}:rawPredict`)
  expect(first?.headers).toMatchObject({ 'anthropic-beta': 'context-1m-2025-08-07' })
  expect(first?.headers).not.toHaveProperty('anthropic-version')
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ anthropic_version: 'vertex-2023-10-16' })
})

test('a refusal comes in the shape of Google or of Anthropic, and the caller reads it in their own', async () => {
  const google = {
    error: { code: 429, message: 'Quota exceeded for online_prediction.', status: 'RESOURCE_EXHAUSTED' },
  }
  const anthropic = { type: 'error', error: { type: 'invalid_request_error', message: 'messages: at least one' } }
  const { call } = await tenantOf(({ url }) =>
    url.endsWith(':streamRawPredict')
      ? { status: 400, body: [JSON.stringify(anthropic)] }
      : { status: 429, body: [JSON.stringify([google])] },
  )
  expect(await call('/v1/messages', request)).toMatchObject({
    status: 429,
    said: { type: 'error', error: { type: 'rate_limit_error', message: expect.stringContaining('Quota exceeded') } },
  })
  expect(await call('/v1/chat/completions', { ...chat, stream: true })).toMatchObject({
    status: 400,
    said: { error: { type: 'invalid_request_error', message: expect.stringContaining('at least one') } },
  })
})

test('a stream that breaks off ends in an error, and what came is billed', async () => {
  const { call } = await tenantOf(() => ({ headers: eventStream, body: wire(events.slice(0, 5)), cut: true }))
  const { said, ending, tokens } = await call('/v1/messages', { ...request, stream: true })
  expect(JSON.stringify(said)).toContain('event: error')
  expect(ending).toBe('error')
  expect(tokens.input).toBe(11)
  expect(tokens.output).toBeGreaterThan(0)
})

test('tokens are counted here, without asking', async () => {
  const { model, key, asked } = await tenantOf()
  const { messages, system } = request
  const headers = { authorization: `Bearer ${key}` }
  const body = { model, messages, system }
  const { status, text } = await cockpit.send('POST /v1/messages/count_tokens', { headers, body })
  expect(status).toBe(200)
  expect(JSON.parse(text).input_tokens).toBeGreaterThan(3)
  expect(asked()).toEqual([])
})

test('a test of the connection lists Claude’s models, and says what it does not prove', async () => {
  const listed = { publisherModels: [{ name: 'publishers/anthropic/models/claude-sonnet-4-5' }] }
  const { connection, asked } = await tenantOf(() => ({ body: [JSON.stringify(listed)] }))
  const outcome = await cockpit.as().providers.probe({ body: connection })
  expect(outcome).toMatchObject({ ok: true, models: ['claude-sonnet-4-5'], note: expect.stringContaining('enabled') })
  expect(asked().at(-1)?.url).toMatch(/^\/v1beta1\/publishers\/anthropic\/models\?/)
  expect(asked().at(-1)?.headers['x-goog-user-project']).toBe('p-1')
})
