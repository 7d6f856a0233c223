/** Gemini as a provider, through the front door: asked in its own words, read in its own words, billed by its own count. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { eventStreamOf, type NativeProvider, openNative, type Said, startNative } from './native.ts'

let cockpit: TestCockpit
const open: NativeProvider[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

const key = 'AIza-upstream'
const usageMetadata = {
  promptTokenCount: 100,
  cachedContentTokenCount: 40,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 30,
  totalTokenCount: 150,
}
const answering = (parts: object[], finishReason = 'STOP') => ({
  candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }],
  usageMetadata,
})
const user = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 }

const tenantOf = async (said: Said, upstreamModel = 'gemini-2.5-flash') => {
  const provider = await startNative(() => said)
  open.push(provider)
  const baseUrl = `${provider.url}/v1beta`
  const tenant = await openNative(cockpit, { name: 'gemini', kind: 'gemini', baseUrl, secret: key }, { upstreamModel })
  return { ...tenant, provider }
}

describe('a call in OpenAI’s dialect', () => {
  test('asks Gemini by its address and key, and is billed with cached and thought tokens apart', async () => {
    const tenant = await tenantOf({ body: [JSON.stringify(answering([{ text: 'Hello.' }]))] })
    const { status, text, id } = await tenant.call('/v1/chat/completions', user)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      model: tenant.model,
      choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: 50 },
    })
    const [asked] = tenant.provider.requests
    expect(asked).toMatchObject({ method: 'POST', url: '/v1beta/models/gemini-2.5-flash:generateContent' })
    expect(asked?.headers['x-goog-api-key']).toBe(key)
    expect(asked?.headers.authorization).toBeUndefined()
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      generationConfig: { maxOutputTokens: 50 },
    })
    expect((await tenant.logged(id)).tokens).toEqual({
      input: 60,
      cachedInput: 40,
      cacheWrite: 0,
      output: 50,
      reasoning: 30,
      source: 'reported',
    })
  })

  test('is streamed from the streaming address and ends whole', async () => {
    const chunks = [answering([{ text: 'Hel' }], ''), answering([{ text: 'lo.' }])]
    const tenant = await tenantOf({
      headers: { 'content-type': 'text/event-stream' },
      body: eventStreamOf(...chunks),
    })
    const { text, id } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(text).toContain('"content":"Hel"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(tenant.provider.requests[0]?.url).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    expect(await tenant.logged(id)).toMatchObject({ status: 'ok', tokens: { output: 50, source: 'reported' } })
  })

  test('whose stream is cut is no whole answer, and what came of it is billed', async () => {
    const tenant = await tenantOf({
      headers: { 'content-type': 'text/event-stream' },
      body: eventStreamOf({
        ...answering([{ text: 'Half an answer, ' }]),
        candidates: [{ content: { parts: [{ text: 'Half' }] } }],
      }),
    })
    const { text, id } = await tenant.call('/v1/chat/completions', { ...user, stream: true })
    expect(text).not.toContain('[DONE]')
    expect(text).toContain('upstream.stream_failed')
    const logged = await tenant.logged(id)
    expect(logged).toMatchObject({ status: 'error', errorCode: 'upstream.stream_failed' })
    expect(logged.tokens.output).toBeGreaterThan(0)
  })

  test('to embed is sent as one batch, and answers numbers or bytes as it was asked', async () => {
    const tenant = await tenantOf({
      body: [JSON.stringify({ embeddings: [{ values: [0.5, -1] }, { values: [1, 2] }] })],
    })
    const { text, id } = await tenant.call('/v1/embeddings', { input: ['a', 'b'], dimensions: 2 })
    expect(JSON.parse(text)).toMatchObject({
      object: 'list',
      data: [
        { index: 0, embedding: [0.5, -1] },
        { index: 1, embedding: [1, 2] },
      ],
    })
    const [asked] = tenant.provider.requests
    expect(asked?.url).toBe('/v1beta/models/gemini-2.5-flash:batchEmbedContents')
    expect(JSON.parse(asked?.body ?? '').requests[0]).toEqual({
      model: 'models/gemini-2.5-flash',
      content: { parts: [{ text: 'a' }] },
      outputDimensionality: 2,
    })
    expect((await tenant.logged(id)).tokens).toMatchObject({ source: 'estimated' })
    const bytes = await tenant.call('/v1/embeddings', { input: 'a', encoding_format: 'base64' })
    const [first] = JSON.parse(bytes.text).data
    const raw = Buffer.from(first.embedding, 'base64')
    expect([raw.readFloatLE(0), raw.readFloatLE(4)]).toEqual([0.5, -1])
  })
})

test('a call in Anthropic’s dialect gets its blocks, its stop reason and its count', async () => {
  const parts = [
    { text: 'Hm.', thought: true },
    { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' },
  ]
  const tenant = await tenantOf({ body: [JSON.stringify(answering(parts))] })
  const tools = [{ name: 'f', input_schema: { type: 'object', properties: { a: { type: 'integer' } } } }]
  const { text } = await tenant.call('/v1/messages', { ...user, tools })
  const answer = JSON.parse(text)
  expect(answer).toMatchObject({
    type: 'message',
    stop_reason: 'tool_use',
    content: [
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'tool_use', name: 'f', input: { a: 1 } },
    ],
    usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 50 },
  })
  // the conversation goes on as the SDK sends it back, and Gemini gets its own signature again
  const [call] = answer.content.slice(1)
  const result = { type: 'tool_result', tool_use_id: call.id, content: 'done' }
  await tenant.call('/v1/messages', {
    max_tokens: 50,
    tools,
    messages: [...user.messages, { role: 'assistant', content: answer.content }, { role: 'user', content: [result] }],
  })
  const { contents } = JSON.parse(tenant.provider.requests[1]?.body ?? '')
  expect(contents.slice(1)).toEqual([
    { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' }] },
    { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 'done' } } }] },
  ])
})

describe('what Gemini refuses', () => {
  const failing = (code: number, status: string, details: object[] = []) => ({
    status: code,
    body: [JSON.stringify({ error: { code, message: `No: ${key}`, status, details } })],
  })

  test('a blocked prompt is an answer with a reason, not an error', async () => {
    const tenant = await tenantOf({
      body: [
        JSON.stringify({
          promptFeedback: { blockReason: 'SAFETY' },
          usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
        }),
      ],
    })
    const { status, text, id } = await tenant.call('/v1/chat/completions', user)
    expect(status).toBe(200)
    expect(JSON.parse(text).choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: null } })
    expect((await tenant.logged(id)).tokens).toMatchObject({ input: 9, output: 0, source: 'reported' })
  })

  test('a key it does not take is the gateway’s trouble, although Google calls the request wrong', async () => {
    const tenant = await tenantOf(failing(400, 'INVALID_ARGUMENT', [{ reason: 'API_KEY_INVALID' }]))
    const { status, text } = await tenant.call('/v1/chat/completions', user)
    expect(status).toBe(502)
    expect(text).toContain('upstream_credentials_exhausted')
    expect(text).not.toContain(key)
  })

  test('a limit says when to come back', async () => {
    const tenant = await tenantOf(failing(429, 'RESOURCE_EXHAUSTED', [{ retryDelay: '17s' }]))
    const answer = await cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${tenant.key}` },
      body: { model: tenant.model, ...user },
    })
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('17')
  })

  test('a wrong request is told in the caller’s words', async () => {
    const tenant = await tenantOf(failing(400, 'INVALID_ARGUMENT'))
    const { status, text } = await tenant.call('/v1/messages', user)
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })
})

test('a connection to Gemini is tested by its list of models', async () => {
  const provider = await startNative(() => ({
    body: [JSON.stringify({ models: [{ name: 'models/gemini-2.5-flash' }, { name: 'models/gemini-embedding-001' }] })],
  }))
  open.push(provider)
  const outcome = await cockpit.as().providers.probe({
    body: { name: 'g', kind: 'gemini', baseUrl: `${provider.url}/v1beta`, secret: key },
  })
  expect(outcome).toMatchObject({ ok: true, models: ['gemini-2.5-flash', 'gemini-embedding-001'] })
  expect(provider.requests[0]?.url).toBe('/v1beta/models?pageSize=500')
  expect(provider.requests[0]?.headers['x-goog-api-key']).toBe(key)
})
