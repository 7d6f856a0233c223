/** What callers and logs are told of a provider's failure: never its credential, always in the caller's own language. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  errorMidStream,
  garbageMidStream,
  overloaded,
  type Reply,
  refusal,
  resetMidStream,
  type Script,
  verbatim,
} from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Stage, startStage, type Tenant, upstreamKey } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const json = { 'content-type': 'application/json' }
const escaped = upstreamKey.replace('s', String.raw`\u0073`)
const opened = (says: string) =>
  verbatim(200, `event: error\ndata: ${says}\n\n`, { 'content-type': 'text/event-stream' })

const echoes: [string, Reply][] = [
  ['in a refusal of the request', refusal(400, `Cannot read 'Bearer ${upstreamKey}'.`, 'invalid_value')],
  [
    'with the escapes of JSON',
    verbatim(400, `{"error":{"message":"Got ${escaped}.","type":"invalid_request_error"}}`, json),
  ],
  ['in a field nobody reads', verbatim(400, `{"error":{"message":"No."},"headers":["Bearer ${upstreamKey}"]}`, json)],
  [
    'in a code and a parameter',
    verbatim(422, `{"error":{"message":"No.","code":"${upstreamKey}","param":"${upstreamKey}"}}`, json),
  ],
  ['when it refuses the credential', refusal(401, `Incorrect API key provided: ${upstreamKey}.`, 'invalid_api_key')],
  ['when it wants money', refusal(402, `The account of ${upstreamKey} is empty.`, 'billing_error')],
  [
    'when it breaks, in plain text',
    verbatim(500, `boom: authorization=Bearer ${upstreamKey}`, { 'content-type': 'text/plain' }),
  ],
  [
    'in the title of a web page',
    verbatim(502, `<html><title>${upstreamKey}</title></html>`, { 'content-type': 'text/html' }),
  ],
]
const streamedEchoes: [string, Reply][] = [
  [
    'in the first event of a stream',
    opened(`{"type":"error","error":{"type":"api_error","message":"Bearer ${upstreamKey}"}}`),
  ],
  ['in the middle of a stream', errorMidStream('one two three four five', 3, { says: `Lost ${upstreamKey}.` })],
]

const spoken = { 'openai-compatible': 'openai', anthropic: 'anthropic' }
const paths = { openai: '/v1/chat/completions', anthropic: '/v1/messages' }

describe.concurrent.each(pairs)('$name', ({ caller: { dialect }, kind }) => {
  const start = async (script: Script) => stage.tenant([{ kind, upstream: await stage.provider(script) }])
  const ask = async ({ url, key, model }: Tenant, stream: boolean) => {
    const response = await fetch(`${url}${paths[dialect]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key.secret}` },
      body: JSON.stringify({ model: model.name, max_tokens: 50, stream, messages: [{ role: 'user', content: 'Hi' }] }),
    })
    const text = await response.text().catch((error: unknown) => String(error))
    return {
      status: response.status,
      text,
      headers: JSON.stringify([...response.headers]),
      id: response.headers.get('x-request-id'),
    }
  }
  const everythingSaid = async (tenant: Tenant, stream: boolean) => {
    const said = await ask(tenant, stream)
    return { said, all: said.text + said.headers + JSON.stringify(await tenant.logged(said.id)) }
  }

  test.concurrent.each(echoes)('a provider that repeats its credential %s tells it to nobody', async (_name, reply) => {
    const { said, all } = await everythingSaid(await start(reply), false)
    expect(said.status).toBeGreaterThanOrEqual(400)
    expect(all).not.toContain(upstreamKey)
    expect(all).not.toContain(escaped)
  })

  test.concurrent.each(streamedEchoes)(
    'a provider that repeats its credential %s tells it to nobody',
    async (_name, reply) => {
      const { said, all } = await everythingSaid(await start(reply), true)
      expect(said.text).toContain('error')
      expect(all).not.toContain(upstreamKey)
    },
  )

  test.runIf(dialect !== spoken[kind])('what in a translated stream is no JSON is not quoted', async () => {
    const says = { says: `<${upstreamKey}>` }
    const { said, all } = await everythingSaid(await start(garbageMidStream('one two three four five', 3, says)), true)
    expect(said.text).toContain('not JSON')
    expect(all).not.toContain(upstreamKey)
  })

  test.concurrent('a refused credential is told in one sentence, with the word for it and nothing of the account', async () => {
    const { all, said } = await everythingSaid(
      await start(refusal(401, 'Key sk-u***am of Acme Ltd is wrong.', 'invalid_api_key')),
      false,
    )
    expect(said.text).toContain('refuses the credential of the connection (401')
    expect(all).not.toContain('Acme Ltd')
  })

  test.concurrent('an error has the type the caller’s language has for it', async () => {
    const { text } = await ask(await start(overloaded()), false)
    expect(JSON.parse(text)).toMatchObject({
      error: { type: dialect === 'anthropic' ? 'overloaded_error' : 'server_error' },
    })
  })

  const breaking: [string, Reply][] = [
    ['an error of the provider', errorMidStream('one two three four five')],
    ['garbage', garbageMidStream('one two three four five')],
    ['a lost connection', resetMidStream('one two three four five')],
  ]
  test.concurrent.each(breaking)('%s in a stream carries our code and the id of the call', async (_name, reply) => {
    const tenant = await start(reply)
    const { text, id } = await ask(tenant, true)
    const last = text.trim().split('\n').at(-1) ?? ''
    const event: unknown = JSON.parse(last.slice('data: '.length))
    expect(event).toMatchObject(
      dialect === 'openai'
        ? { error: { code: 'upstream.stream_failed', request_id: id } }
        : { type: 'error', error: { details: { error_code: 'upstream.stream_failed' } }, request_id: id },
    )
    expect(await tenant.logged(id)).toMatchObject({ status: 'error', errorCode: 'upstream.stream_failed' })
  })
})
