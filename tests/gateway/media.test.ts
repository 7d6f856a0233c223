/** Pictures, sounds and searches through OpenAI's own client and as raw forms, billed by the piece. */
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { badRequest, type Script, type Verbatim } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const free = { input: '0', output: '0' }
const all = ['images', 'speech', 'transcription', 'rerank'] as const
const said = (body: string | Uint8Array, type: string): Verbatim => ({
  kind: 'verbatim',
  status: 200,
  headers: { 'content-type': type },
  body,
})
const json = (body: object) => said(JSON.stringify(body), 'application/json')

const offered = async (prices: object, script: Script, more: object = {}) => {
  const upstream = await stage.provider(script)
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream, ...more }], {
    prices: { ...free, ...prices },
    capabilities: [...all],
  })
  const client = new OpenAI({ baseURL: `${tenant.url}/v1`, apiKey: tenant.key.secret, maxRetries: 0 })
  return { ...tenant, upstream, client }
}
const bill = (tenant: Tenant, response: { headers: Headers }) => tenant.logged(response.headers.get('x-request-id'))
const raw = (tenant: Tenant, path: string, body: string, type: string) =>
  fetch(`${tenant.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key.secret}`, 'content-type': type },
    body,
  })

const picture = { b64_json: 'aGVsbG8=' }
const picturesAnswer = (n: number, more: object = {}) => json({ created: 1, data: Array(n).fill(picture), ...more })
/** One second of silence: 8,000 samples of one byte. */
const wav = (seconds: number): Buffer => {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + seconds * 8_000, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(seconds * 8_000, 40)
  return Buffer.concat([head, Buffer.alloc(seconds * 8_000)])
}
const recording = (seconds: number) => toFile(wav(seconds), 'talk.wav')

describe('pictures', () => {
  const images = [
    { size: '1024x1024', quality: 'high', price: '0.2' },
    { size: '1024x1024', quality: 'low', price: '0.02' },
  ]
  test('are billed by how many there are, of the size and quality that the answer names', async () => {
    const tenant = await offered({ images }, picturesAnswer(2, { size: '1024x1024', quality: 'low' }))
    const { data, response } = await tenant.client.images
      .generate({ model: tenant.model.name, prompt: 'A house', n: 2, quality: 'auto' })
      .withResponse()
    expect(data.data).toHaveLength(2)
    expect((await tenant.upstream.request(0)).body).toMatchObject({ model: upstreamModel, prompt: 'A house', n: 2 })
    expect(await bill(tenant, response)).toMatchObject({
      operation: 'images',
      credits: '0.04',
      units: [{ unit: 'image', quantity: 2, size: '1024x1024', quality: 'low' }],
      tokens: { source: 'reported' },
    })
    expect(await tenant.settled()).toBe('0.04')
  })

  test('are billed by tokens where those have the price', async () => {
    const usage = { input_tokens: 50, output_tokens: 4_000, total_tokens: 4_050 }
    const tenant = await offered({ input: '10', output: '40' }, picturesAnswer(1, { usage }))
    const { response } = await tenant.client.images
      .generate({ model: tenant.model.name, prompt: 'A house' })
      .withResponse()
    expect(await bill(tenant, response)).toMatchObject({ credits: '0.1605', tokens: { input: 50, output: 4_000 } })
  })

  test('without any price are refused, and the provider hears nothing', async () => {
    const tenant = await offered({}, picturesAnswer(1))
    await expect(tenant.client.images.generate({ model: tenant.model.name, prompt: 'A house' })).rejects.toMatchObject({
      status: 400,
      code: 'model.no_price',
    })
    expect(tenant.upstream.requests).toEqual([])
  })

  test('that cannot be paid are refused before they are made', async () => {
    const upstream = await stage.provider(picturesAnswer(1))
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], {
      prices: { ...free, units: { image: '0.5' } },
      capabilities: [...all],
      credits: '0.9',
    })
    const client = new OpenAI({ baseURL: `${tenant.url}/v1`, apiKey: tenant.key.secret, maxRetries: 0 })
    await expect(client.images.generate({ model: tenant.model.name, prompt: 'Two', n: 2 })).rejects.toMatchObject({
      status: 402,
    })
    expect(upstream.requests).toEqual([])
  })

  test('to be changed come as a form, and only the name of the model is changed in it', async () => {
    const tenant = await offered({ units: { image: '0.05' } }, picturesAnswer(1))
    const bytes = Buffer.from([0, 1, 2, 0x0d, 0x0a, 0x2d, 0x2d, 255])
    const { data, response } = await tenant.client.images
      .edit({ model: tenant.model.name, prompt: 'Greener', image: await toFile(bytes, 'a.png', { type: 'image/png' }) })
      .withResponse()
    expect(data.data?.[0]).toEqual(picture)
    const { raw: sent, headers } = await tenant.upstream.request(0)
    const form = await new Response(new Uint8Array(sent), {
      headers: { 'content-type': headers['content-type'] ?? '' },
    }).formData()
    expect([form.get('model'), form.get('prompt')]).toEqual([upstreamModel, 'Greener'])
    expect(Buffer.from(await (form.get('image') as File).arrayBuffer()).equals(bytes)).toBe(true)
    expect(await bill(tenant, response)).toMatchObject({ operation: 'image_edits', credits: '0.05' })
  })

  test('that are drawn step by step are passed on as they come and billed once', async () => {
    const events = [
      { type: 'image_generation.partial_image', b64_json: 'YQ==', partial_image_index: 0 },
      { type: 'image_generation.completed', b64_json: 'Yg==', usage: { input_tokens: 5, output_tokens: 100 } },
    ]
    const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
    const tenant = await offered({ input: '10', output: '40' }, said(text, 'text/event-stream'))
    const stream = await tenant.client.images.generate({ model: tenant.model.name, prompt: 'A house', stream: true })
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect(types).toEqual(events.map(({ type }) => type))
    expect(await tenant.lastLogged()).toMatchObject({ stream: true, credits: '0.00405', status: 'ok' })
  })
})

describe('speech', () => {
  const sound = Buffer.alloc(300_000, 7)

  test('is passed on byte for byte and billed by the letters of its text', async () => {
    const tenant = await offered({ units: { character: '0.001' } }, said(sound, 'audio/mpeg'))
    const response = await tenant.client.audio.speech.create({
      model: tenant.model.name,
      voice: 'alloy',
      input: 'Grüße 👋',
    })
    expect(response.headers.get('content-type')).toBe('audio/mpeg')
    expect(Buffer.from(await response.arrayBuffer()).equals(sound)).toBe(true)
    expect(await bill(tenant, response)).toMatchObject({
      operation: 'speech',
      credits: '0.007',
      units: [{ unit: 'character', quantity: 7 }],
    })
  })

  test('of a model that has only prices of tokens is refused: its answers report none', async () => {
    const tenant = await offered({ input: '10', output: '40' }, said(sound, 'audio/mpeg'))
    const refused = tenant.client.audio.speech.create({ model: tenant.model.name, voice: 'alloy', input: 'Hi' })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'model.no_price' })
  })

  test('that breaks off is cut off for its caller too, and billed', async () => {
    const tenant = await offered(
      { units: { character: '0.001' } },
      { ...said(sound, 'audio/mpeg'), claimedLength: 400_000 },
    )
    const response = await tenant.client.audio.speech.create({ model: tenant.model.name, voice: 'alloy', input: 'Hi' })
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect(await bill(tenant, response)).toMatchObject({ status: 'error', credits: '0.002' })
  })

  test('whose listener leaves is billed as cancelled', async () => {
    const tenant = await offered(
      { units: { character: '0.001' } },
      { ...said(sound, 'audio/mpeg'), claimedLength: 400_000 },
    )
    tenant.upstream.script({ kind: 'silence', how: 'hang' })
    const leave = new AbortController()
    const asked = tenant.client.audio.speech.create(
      { model: tenant.model.name, voice: 'alloy', input: 'Hello' },
      { signal: leave.signal },
    )
    await tenant.upstream.request(0)
    leave.abort()
    await expect(asked).rejects.toThrow()
    expect(await tenant.lastLogged()).toMatchObject({ status: 'cancelled', credits: '0.005' })
  })

  test('a refusal of the provider reaches the caller as it was said', async () => {
    const tenant = await offered({ units: { character: '0.001' } }, badRequest('No such voice.'))
    const refused = tenant.client.audio.speech.create({ model: tenant.model.name, voice: 'nobody', input: 'Hi' })
    await expect(refused).rejects.toMatchObject({ status: 400, message: expect.stringContaining('No such voice.') })
    expect(await tenant.settled()).toBe('0')
  })
})

describe('recordings', () => {
  const prices = { units: { audio_second: '0.01' } }

  test('are billed by the seconds their provider counts', async () => {
    const usage = { type: 'duration', seconds: 3 }
    const tenant = await offered(prices, json({ text: 'Hello', usage }))
    const { data, response } = await tenant.client.audio.transcriptions
      .create({ model: tenant.model.name, file: await recording(2) })
      .withResponse()
    expect(data.text).toBe('Hello')
    expect(await bill(tenant, response)).toMatchObject({
      operation: 'transcriptions',
      credits: '0.03',
      units: [{ unit: 'audio_second', quantity: 3 }],
      tokens: { source: 'reported' },
    })
  })

  test('are billed by their own length where the answer is nothing but text', async () => {
    const tenant = await offered(prices, said('Hello\n', 'text/plain'))
    const { data, response } = await tenant.client.audio.translations
      .create({ model: tenant.model.name, file: await recording(2), response_format: 'text' })
      .withResponse()
    expect(String(data)).toContain('Hello')
    expect(await bill(tenant, response)).toMatchObject({
      operation: 'translations',
      // the head of the file weighs a few samples
      units: [{ unit: 'audio_second', quantity: 3 }],
      credits: '0.03',
      tokens: { source: 'estimated' },
    })
  })

  test('are billed by tokens that were heard where those have the price', async () => {
    const usage = { type: 'tokens', input_tokens: 30, output_tokens: 10, input_token_details: { audio_tokens: 20 } }
    const tenant = await offered({ input: '1000', audioInput: '2000', output: '3000' }, json({ text: 'Hello', usage }))
    const { response } = await tenant.client.audio.transcriptions
      .create({ model: tenant.model.name, file: await recording(1) })
      .withResponse()
    expect(await bill(tenant, response)).toMatchObject({ credits: '0.08' })
  })

  test('that are too large are refused with the bound, before anything is held', async () => {
    const tenant = await offered(prices, json({ text: 'Hello' }))
    const file = await toFile(Buffer.alloc(33 << 20), 'long.wav')
    await expect(tenant.client.audio.transcriptions.create({ model: tenant.model.name, file })).rejects.toMatchObject({
      status: 413,
      code: 'input.too_large',
    })
  })

  test('that come in no form, in a broken one or without a file are refused by name', async () => {
    const tenant = await offered(prices, json({ text: 'Hello' }))
    const part = (name: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`
    const { name } = tenant.model
    const cases: [body: string, type: string, status: number, error: object][] = [
      ['{}', 'application/json', 415, { code: 'input.unsupported_type' }],
      ['x', 'multipart/form-data', 415, { code: 'input.unsupported_type' }],
      [part('model', name), 'multipart/form-data; boundary=b', 400, { code: 'input.malformed' }],
      [`${part('file', 'x')}--b--`, 'multipart/form-data; boundary=b', 400, { code: 'input.invalid', param: 'model' }],
      [`${part('model', name)}--b--`, 'multipart/form-data; boundary=b', 400, { code: 'input.invalid', param: 'file' }],
      [
        `${part('model', name)}${part('model', 'other')}--b--`,
        'multipart/form-data; boundary=b',
        400,
        { code: 'input.malformed' },
      ],
    ]
    for (const [body, type, status, error] of cases) {
      const response = await raw(tenant, '/v1/audio/transcriptions', body, type)
      expect([type, response.status]).toEqual([type, status])
      expect(((await response.json()) as { error: object }).error).toMatchObject(error)
    }
    expect(tenant.upstream.requests).toEqual([])
  })
})

describe('searches', () => {
  const body = (tenant: Tenant) => JSON.stringify({ model: tenant.model.name, query: 'cat', documents: ['dog', 'cat'] })
  const results = [{ index: 1, relevance_score: 0.9 }]

  test.each(['/v1/rerank', '/v2/rerank'])('at %s are billed by the searches their provider counts', async (path) => {
    const tenant = await offered(
      { units: { search: '0.002' } },
      json({ id: 'x', results, meta: { billed_units: { search_units: 2 } } }),
    )
    const response = await raw(tenant, path, body(tenant), 'application/json')
    expect(await response.json()).toMatchObject({ results })
    expect((await tenant.upstream.request(0)).body).toMatchObject({ model: upstreamModel, query: 'cat' })
    expect(await bill(tenant, response)).toMatchObject({
      operation: 'rerank',
      credits: '0.004',
      units: [{ unit: 'search', quantity: 2 }],
    })
  })

  test('are billed by tokens where those have the price', async () => {
    const tenant = await offered({ input: '1000' }, json({ results, usage: { total_tokens: 12 } }))
    const response = await raw(tenant, '/v1/rerank', body(tenant), 'application/json')
    expect(await bill(tenant, response)).toMatchObject({ credits: '0.012', tokens: { input: 12, source: 'reported' } })
  })
})

test('a model is asked for what it is offered for and nothing else', async () => {
  const upstream = await stage.provider(picturesAnswer(1))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], {
    prices: { ...free, units: { character: '0.1', image: '1' } },
    capabilities: ['speech'],
  })
  const client = new OpenAI({ baseURL: `${tenant.url}/v1`, apiKey: tenant.key.secret, maxRetries: 0 })
  await expect(client.images.generate({ model: tenant.model.name, prompt: 'A house' })).rejects.toMatchObject({
    status: 400,
    code: 'model.unsupported_operation',
  })
  expect(upstream.requests).toEqual([])
})
