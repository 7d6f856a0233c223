/** Google's own client through the gateway, in front of providers of every dialect. */
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { answer, type Script, startUpstream, type Upstream } from '../upstreams/index.ts'
import { eventStreamOf, type NativeProvider, openNative, startNative } from './native.ts'

let cockpit: TestCockpit
const open: (NativeProvider | Upstream)[] = []
beforeAll(async () => {
  cockpit = await startCockpit({})
})
afterAll(async () => {
  await cockpit?.stop()
  for (const provider of open) await provider.close()
})

const clientOf = (key: string) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: cockpit.url } })

/** A tenant on a provider of one of the two older dialects. */
const tenantOf = async (kind: 'openai-compatible' | 'anthropic', script: Script) => {
  const upstream = await startUpstream(script)
  open.push(upstream)
  const account = await openAccount(cockpit, { credits: '1000' })
  const baseUrl = kind === 'anthropic' ? upstream.url : upstream.baseUrl
  const connection = { name: kind, kind, baseUrl, secret: 'sk-up', maxRetries: 0 }
  const { model } = await offerModel(cockpit, account.id, [connection], { upstreamModel: 'claude-sonnet-4-5' })
  const key = await issueKey(cockpit, account)
  const client = clientOf(key.secret)
  await eventually(async () => {
    const names = []
    for await (const listed of await client.models.list()) names.push(listed.name)
    if (!names.includes(`models/${model.name}`)) throw new Error('the gateway does not offer the model yet')
  })
  return { account, upstream, client, model: model.name, key: key.secret }
}

const tools = [
  {
    functionDeclarations: [
      {
        name: 'weather',
        description: 'W',
        parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } } },
      },
    ],
  },
]

describe.each(['openai-compatible', 'anthropic'] as const)('Google’s client before a provider of kind %s', (kind) => {
  test('gets text and the count of tokens, and is on record as a call in Gemini’s dialect', async () => {
    const tenant = await tenantOf(kind, answer({ text: 'Hello there.', usage: { input: 10, output: 5 } }))
    const result = await tenant.client.models.generateContent({
      model: tenant.model,
      contents: 'Hi',
      config: { systemInstruction: 'Be brief.', maxOutputTokens: 50, temperature: 0.5 },
    })
    expect(result.text).toBe('Hello there.')
    expect(result.candidates?.[0]?.finishReason).toBe('STOP')
    expect(result.usageMetadata).toMatchObject({ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 })
    const [asked] = tenant.upstream.requests
    expect(JSON.stringify(asked?.body)).toContain('Be brief.')
    const logged = await eventually(async () => {
      const [row] = (await tenant.account.api.usage.list()).items
      if (!row) throw new Error('not yet on record')
      return row
    })
    expect(logged).toMatchObject({ dialect: 'gemini', status: 'ok', model: tenant.model })
  })

  test('streams text as it comes, and the reason and the count with the last piece', async () => {
    const tenant = await tenantOf(kind, answer({ text: 'One two three four.', usage: { input: 10, output: 5 } }))
    const pieces = []
    const stream = await tenant.client.models.generateContentStream({ model: tenant.model, contents: 'Count' })
    for await (const piece of stream) pieces.push(piece)
    expect(pieces.map(({ text }) => text ?? '').join('')).toBe('One two three four.')
    expect(pieces.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
    expect(pieces.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: 10, candidatesTokenCount: 5 })
  })

  test('calls tools and gives their results back to the call they belong to', async () => {
    const calls = [{ id: 'call_w', name: 'weather', arguments: { city: 'Rome' } }]
    const tenant = await tenantOf(kind, (_, nth) =>
      nth === 0
        ? answer({ tools: calls, usage: { input: 10, output: 5 } })
        : answer({ text: 'Sunny.', usage: { input: 20, output: 2 } }),
    )
    const config = { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } } }
    const question = { role: 'user', parts: [{ text: 'Weather in Rome?' }] }
    const first = await tenant.client.models.generateContent({ model: tenant.model, contents: [question], config })
    const [call] = first.functionCalls ?? []
    expect(call).toMatchObject({ name: 'weather', args: { city: 'Rome' } })
    const said = first.candidates?.[0]?.content
    if (!said) throw new Error('the model said nothing')
    const result = { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: 'blue' } } }] }
    const contents = [question, said, result]
    const second = await tenant.client.models.generateContent({ model: tenant.model, contents, config: { tools } })
    expect(second.text).toBe('Sunny.')
    const body = JSON.stringify(tenant.upstream.requests.at(-1)?.body)
    expect(body).toContain(call?.id ?? 'no id')
    expect(body).toContain('blue')
  })

  test('counts tokens without paying', async () => {
    const tenant = await tenantOf(kind, answer({ text: 'never asked' }))
    const { totalTokens } = await tenant.client.models.countTokens({
      model: tenant.model,
      contents: 'How many are these?',
    })
    expect(totalTokens).toBeGreaterThan(3)
    expect((await tenant.account.api.usage.list()).items).toEqual([])
  })
})

test('Google’s client embeds on a provider of OpenAI’s dialect', async () => {
  const tenant = await tenantOf('openai-compatible', answer({ usage: { input: 3, output: 0 } }))
  const { embeddings } = await tenant.client.models.embedContent({ model: tenant.model, contents: 'Hi' })
  expect(embeddings?.[0]?.values?.length).toBeGreaterThan(0)
})

describe('Google’s client before Gemini itself', () => {
  test('keeps the signature of a thought on its call, there and back', async () => {
    const parts = [{ functionCall: { name: 'weather', args: {} }, thoughtSignature: 'c2lnbmF0dXJl' }]
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 15 }
    const said = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata }
    const provider = await startNative(({ url }) =>
      url.includes(':stream')
        ? { headers: { 'content-type': 'text/event-stream' }, body: eventStreamOf(said) }
        : { body: [JSON.stringify(said)] },
    )
    open.push(provider)
    const connection = { name: 'gemini', kind: 'gemini', baseUrl: `${provider.url}/v1beta`, secret: 'AIza' } as const
    const tenant = await openNative(cockpit, connection, { upstreamModel: 'gemini-3-flash' })
    const client = clientOf(tenant.key)
    const question = { role: 'user', parts: [{ text: 'Weather?' }] }
    const pieces = []
    const config = { tools }
    const asking = { model: tenant.model, contents: [question], config }
    for await (const piece of await client.models.generateContentStream(asking)) pieces.push(piece)
    const content = pieces.at(-1)?.candidates?.[0]?.content
    expect(content?.parts?.[0]).toMatchObject({ thoughtSignature: 'c2lnbmF0dXJl', functionCall: { name: 'weather' } })
    expect(pieces.at(-1)?.usageMetadata).toMatchObject({ candidatesTokenCount: 2, thoughtsTokenCount: 3 })
    const result = { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: 'blue' } } }] }
    await client.models.generateContent({ ...asking, contents: [question, content ?? question, result] })
    expect(JSON.parse(provider.requests.at(-1)?.body ?? '').contents.slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'weather', args: {} }, thoughtSignature: 'c2lnbmF0dXJl' }] },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: 'blue' } } }] },
    ])
  })
})

describe('what cannot be is told in Google’s shape', () => {
  const raw = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answered = await fetch(`${cockpit.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: answered.status, error: (await answered.json()).error }
  }
  const asked = { contents: [{ parts: [{ text: 'Hi' }] }] }

  test('a key nobody knows, and none at all', async () => {
    const failure = await clientOf('sk-none')
      .models.generateContent({ model: 'm', contents: 'Hi' })
      .catch((e) => e)
    expect(failure).toBeInstanceOf(ApiError)
    expect(failure.status).toBe(401)
    const none = await raw('/v1beta/models/m:generateContent', asked)
    expect(none).toMatchObject({ status: 401, error: { code: 401, status: 'UNAUTHENTICATED' } })
    expect(none.error.details[0]).toMatchObject({ reason: 'auth.required', domain: 'cockpit' })
  })

  test('a model that is not there, a field that is wrong, a tool that costs extra, a stream that is no events', async () => {
    const tenant = await tenantOf('openai-compatible', answer({ text: 'Hi', usage: { input: 1, output: 1 } }))
    const call = (method: string, body: unknown, model = tenant.model) =>
      raw(`/v1beta/models/${model}:${method}?key=${tenant.key}`, body)
    expect(await call('generateContent', asked, 'nothing')).toMatchObject({
      status: 404,
      error: { status: 'NOT_FOUND' },
    })
    const wrong = await call('generateContent', { ...asked, generationConfig: { maxOutputTokens: 'many' } })
    expect(wrong).toMatchObject({ status: 400, error: { status: 'INVALID_ARGUMENT' } })
    expect(wrong.error.details[0].metadata.field).toBe('generationConfig.maxOutputTokens')
    const search = await call('generateContent', { ...asked, tools: [{ googleSearch: {} }] })
    expect(search.error.details[0].metadata.field).toBe('tools[0].googleSearch')
    expect((await call('generateContent', {})).error.details[0].metadata.field).toBe('contents')
    expect((await call('streamGenerateContent', asked)).error.message).toContain('alt=sse')
    expect(tenant.upstream.requests).toHaveLength(0)
    expect((await call('generateContent', asked)).status).toBe(200)
    expect(JSON.stringify(tenant.upstream.requests[0])).not.toContain(tenant.key)
  })

  test('a provider that refuses the request, whatever it speaks', async () => {
    const refusing: Script = { kind: 'refusal', status: 400, message: 'too long', code: 'context', headers: {} }
    for (const kind of ['openai-compatible', 'anthropic'] as const) {
      const tenant = await tenantOf(kind, refusing)
      const failed = await raw(`/v1beta/models/${tenant.model}:generateContent`, asked, {
        'x-goog-api-key': tenant.key,
      })
      expect(failed).toMatchObject({
        status: 400,
        error: { code: 400, status: 'INVALID_ARGUMENT', message: 'too long' },
      })
    }
  })
})
