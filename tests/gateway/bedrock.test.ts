/** Bedrock as a provider, through the front door: signed requests, its event stream, and usage that comes last of all. */
import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { framesOf } from './event-stream.ts'
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

const keys = {
  accessKeyId: 'AKIATEST',
  secretAccessKey: 'top/secret+of+amazon',
  sessionToken: 'session==',
  region: 'eu-central-1',
}
const upstreamModel = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const user = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 }
const usage = {
  inputTokens: 60,
  outputTokens: 50,
  totalTokens: 155,
  cacheReadInputTokens: 40,
  cacheWriteInputTokens: 5,
}

const start: [string, unknown] = ['messageStart', { role: 'assistant' }]
const text = (words: string): [string, unknown] => [
  'contentBlockDelta',
  { contentBlockIndex: 0, delta: { text: words } },
]
const stop: [string, unknown] = ['messageStop', { stopReason: 'end_turn' }]
const metadata: [string, unknown] = ['metadata', { usage, metrics: { latencyMs: 10 } }]

const streaming = (...entries: [string, unknown][]): Said => ({
  headers: { 'content-type': 'application/vnd.amazon.eventstream' },
  body: entries.map((entry) => framesOf([entry])),
})

const tenantOf = async (said: Said, secret = JSON.stringify(keys)) => {
  const provider = await startNative(() => said)
  open.push(provider)
  const connection = { name: 'bedrock', kind: 'bedrock', baseUrl: provider.url, secret } as const
  return { ...(await openNative(cockpit, connection, { upstreamModel })), provider }
}

/** What Amazon does with a request: signs it once more with the key it knows, and compares. */
const signatureOf = ({ method, url, headers, body }: Asked): string => {
  const sha = (data: string) => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? []
  const path = url.split('/').map(encodeURIComponent).join('/')
  const lines = names.split(';').map((name) => `${name}:${headers[name]}`)
  const canonical = [method, path, '', ...lines, '', names, sha(body)].join('\n')
  const date = String(headers['x-amz-date'])
  let key: string | Buffer = `AWS4${keys.secretAccessKey}`
  for (const step of scope.split('/')) key = hmac(key, step)
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha(canonical)].join('\n')).toString('hex')
}

describe('a call in OpenAI’s dialect', () => {
  test('is signed over host, path, token and body, and billed with both kinds of cache', async () => {
    const message = { role: 'assistant', content: [{ text: 'Hello.' }] }
    const tenant = await tenantOf({ body: [JSON.stringify({ output: { message }, stopReason: 'end_turn', usage })] })
    const { status, text: answer, id } = await tenant.call('/v1/chat/completions', user)
    expect(status).toBe(200)
    expect(JSON.parse(answer)).toMatchObject({ choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }] })
    const [asked] = tenant.provider.requests
    if (!asked) throw new Error('Bedrock was not asked')
    expect(asked.url).toBe(`/model/${encodeURIComponent(upstreamModel)}/converse`)
    expect(asked.headers['x-amz-security-token']).toBe(keys.sessionToken)
    expect(asked.headers.authorization).toContain('/eu-central-1/bedrock/aws4_request')
    expect(asked.headers.authorization).toContain(`Signature=${signatureOf(asked)}`)
    expect(JSON.parse(asked.body)).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { maxTokens: 50 },
    })
    expect((await tenant.logged(id)).tokens).toEqual({
      input: 60,
      cachedInput: 40,
      cacheWrite: 5,
      output: 50,
      reasoning: 0,
      source: 'reported',
    })
  })

  test('is streamed from the event stream and ends with the count that comes last', async () => {
    const tenant = await tenantOf(streaming(start, text('Hel'), text('lo.'), stop, metadata))
    const asking = { ...user, stream: true, stream_options: { include_usage: true } }
    const { text: answer, id } = await tenant.call('/v1/chat/completions', asking)
    expect(answer).toContain('"content":"Hel"')
    expect(answer).toContain('"prompt_tokens":105,"completion_tokens":50')
    expect(answer.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(tenant.provider.requests[0]?.url).toMatch(/\/converse-stream$/)
    expect(await tenant.logged(id)).toMatchObject({ status: 'ok', tokens: { output: 50, source: 'reported' } })
  })

  test('with a key of Bedrock’s own is sent with that key and no signature', async () => {
    const message = { role: 'assistant', content: [{ text: 'Hello.' }] }
    const tenant = await tenantOf({ body: [JSON.stringify({ output: { message }, usage })] }, 'ABSKtestkey')
    await tenant.call('/v1/chat/completions', user)
    expect(tenant.provider.requests[0]?.headers.authorization).toBe('Bearer ABSKtestkey')
  })
})

describe('a stream that is not whole', () => {
  test('because it was cut before metadata is broken, and billed by what was seen and never free', async () => {
    const tenant = await tenantOf({ ...streaming(start, text('All of it, '.repeat(20)), stop), cut: true })
    const { text: answer, id } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(answer).toContain('All of it')
    expect(answer).not.toContain('[DONE]')
    expect(answer).toContain('upstream.stream_failed')
    const logged = await tenant.logged(id)
    expect(logged).toMatchObject({
      status: 'error',
      errorCode: 'upstream.stream_failed',
      tokens: { source: 'estimated' },
    })
    expect(logged.tokens.output).toBeGreaterThanOrEqual(55)
    expect(logged.tokens.input).toBeGreaterThan(0)
    expect(Number(logged.credits)).toBeGreaterThan(0)
  })

  test('because it ended properly but without metadata is just as broken', async () => {
    const tenant = await tenantOf(streaming(start, text('All of it.'), stop))
    const { text: answer, id } = await tenant.call('/v1/messages', { ...user, stream: true })
    expect(answer).toContain('event: error')
    expect(answer).not.toContain('message_stop')
    expect(await tenant.logged(id)).toMatchObject({ status: 'error', tokens: { source: 'estimated' } })
  })

  test('because of an exception inside a 200 tells what Bedrock said', async () => {
    const tenant = await tenantOf(streaming(start, text('Half'), ['exception:throttlingException', 'Too many tokens.']))
    const { text: answer } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(answer).toContain('Too many tokens.')
    expect(answer).toContain('rate_limit_error')
  })

  test('because an exception came first is an error with its own status', async () => {
    const tenant = await tenantOf(streaming(['exception:throttlingException', 'Too many tokens.']))
    const { status, text: answer } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(status).toBe(429)
    expect(answer).toContain('Too many tokens.')
  })

  test('because its bytes are wrong fails at once', async () => {
    const bytes = Buffer.concat([framesOf([start, text('Half')]), Buffer.from('no frame at all, really')])
    const tenant = await tenantOf({ ...streaming(), body: [bytes] })
    const { text: answer, id } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(answer).toContain('upstream.stream_failed')
    expect((await tenant.logged(id)).errorMessage).toContain('checksum')
  })
})

test('a credential Bedrock refuses is the gateway’s trouble and is told to nobody', async () => {
  const said = { message: `The security token is invalid: ${keys.secretAccessKey}` }
  const tenant = await tenantOf({ status: 403, body: [JSON.stringify(said)] })
  const { status, text: answer } = await tenant.call('/v1/chat/completions', user)
  expect(status).toBe(502)
  expect(answer).toContain('upstream_credentials_exhausted')
  expect(answer).not.toContain(keys.secretAccessKey)
})

test('a connection to Bedrock is tested by its models and its cross-region names, with signed questions', async () => {
  const provider = await startNative(({ url }) => ({
    body: [
      url.startsWith('/foundation-models')
        ? JSON.stringify({ modelSummaries: [{ modelId: 'amazon.nova-pro-v1:0' }] })
        : JSON.stringify({ inferenceProfileSummaries: [{ inferenceProfileId: 'eu.amazon.nova-pro-v1:0' }] }),
    ],
  }))
  open.push(provider)
  const probe = (secret: string) =>
    cockpit.as().providers.probe({ body: { name: 'b', kind: 'bedrock', baseUrl: provider.url, secret } })
  expect(await probe(JSON.stringify(keys))).toMatchObject({
    ok: true,
    models: ['amazon.nova-pro-v1:0', 'eu.amazon.nova-pro-v1:0'],
  })
  expect(provider.requests).toHaveLength(2)
  const [first] = provider.requests
  expect(first?.headers.authorization).toContain(`Signature=${first && signatureOf(first)}`)
  expect(await probe('AKIA:')).toMatchObject({ ok: false, reason: expect.stringContaining('ACCESS_KEY_ID') })
})
