import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import {
  answer,
  badRequest,
  cutMidStream,
  emptyBody,
  failing,
  forbidden,
  garbage,
  garbageMidStream,
  hang,
  hangMidStream,
  htmlError,
  overloaded,
  paymentRequired,
  quotaExhausted,
  rateLimited,
  redirect,
  reset,
  resetMidStream,
  type Script,
  serverError,
  slowDrip,
  startUpstream,
  truncatedBody,
  truncatedJson,
  type Upstream,
  unauthorized,
  wrongContentType,
} from './index.ts'

let upstream: Upstream
afterEach(() => upstream.close())

async function start(script: Script, maxRetries = 0): Promise<OpenAI> {
  upstream = await startUpstream(script)
  return new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-test', maxRetries })
}
const ask = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Say something' }] }
const raw = (path = '/v1/chat/completions') =>
  fetch(upstream.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ask),
  })
async function streamed(openai: OpenAI): Promise<string> {
  let text = ''
  for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  return text
}

describe('refusals', () => {
  const cases = {
    400: badRequest,
    401: unauthorized,
    402: paymentRequired,
    403: forbidden,
    429: quotaExhausted,
    500: serverError,
    503: overloaded,
  }
  test.each(Object.entries(cases))('status %s carries an error the SDK understands', async (status, reply) => {
    const openai = await start(reply())
    await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({
      status: Number(status),
      error: { message: expect.any(String), type: expect.any(String) },
    })
  })

  test('a rate limit announces its wait, and the SDK that waits is served', async () => {
    const openai = await start(failing(2, rateLimited({ retryAfterMs: 40, retryAfter: 1 }), answer('Hi')), 2)
    const started = performance.now()
    expect((await openai.chat.completions.create(ask)).choices[0]?.message.content).toBe('Hi')
    expect(performance.now() - started).toBeGreaterThanOrEqual(79)
    expect(performance.now() - started).toBeLessThan(900)
    expect(upstream.requests).toHaveLength(3)
  })

  test('a server error goes away after n calls', async () => {
    const openai = await start(failing(1, serverError(503), answer('Hi')))
    await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 503 })
    expect((await openai.chat.completions.create(ask)).choices[0]?.message.content).toBe('Hi')
  })
})

describe('silence', () => {
  test('a hang ends only when the caller gives up, and the caller is blamed for it', async () => {
    const openai = await start(hang())
    await expect(openai.chat.completions.create(ask, { timeout: 150 })).rejects.toThrow(/timed out/)
    expect(await (await upstream.request(0)).done).toMatchObject({ by: 'client' })
  })

  test('a reset before the first byte is a connection error of the upstream', async () => {
    const openai = await start(reset())
    await expect(openai.chat.completions.create(ask)).rejects.toThrow(/Connection error/)
    expect(await (await upstream.request(0)).done).toMatchObject({ by: 'upstream' })
  })
})

describe('streams that break', () => {
  test('by a reset: what was said arrives, then an error', async () => {
    const openai = await start(resetMidStream('One two three four', 3))
    let text = ''
    const reading = (async () => {
      for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true }))
        text += chunk.choices[0]?.delta.content ?? ''
    })()
    await expect(reading).rejects.toThrow()
    expect('One two').toContain(text)
    expect(await (await upstream.request(0)).done).toMatchObject({ by: 'upstream' })
  })

  test('by ending early: the text is short and no error is raised', async () => {
    expect(await streamed(await start(cutMidStream('One two three four', 3)))).toBe('One two')
  })

  test('by a line that is no JSON', async () => {
    await expect(streamed(await start(garbageMidStream('One two three four')))).rejects.toThrow()
  })

  test('by silence: the caller has what was said and must hang up', async () => {
    const openai = await start(hangMidStream('One two three four', 3))
    const stream = await openai.chat.completions.create({ ...ask, stream: true })
    let text = ''
    setTimeout(() => stream.controller.abort(), 150)
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('One two')
    expect(await (await upstream.request(0)).done).toMatchObject({ by: 'client' })
  })
})

describe('bodies that are none', () => {
  test('garbage, HTML, nothing, half of it', async () => {
    await start(garbage())
    await expect(raw().then((response) => response.json())).rejects.toThrow()
    upstream.script(htmlError())
    expect(
      await raw().then(async (response) => [
        response.status,
        response.headers.get('content-type'),
        (await response.text()).slice(0, 6),
      ]),
    ).toEqual([502, 'text/html', '<html>'])
    upstream.script(emptyBody())
    expect(await raw().then((response) => response.text())).toBe('')
    upstream.script(truncatedJson())
    await expect(raw().then((response) => response.json())).rejects.toThrow(SyntaxError)
    upstream.script(truncatedBody())
    await expect(raw().then((response) => response.text())).rejects.toThrow(/terminated/)
    upstream.script(wrongContentType('Hi'))
    expect(
      await raw().then(async (response) => [response.headers.get('content-type'), await response.json()]),
    ).toMatchObject(['text/plain', { object: 'chat.completion' }])
    upstream.script(redirect('http://127.0.0.1:9/elsewhere'))
    expect((await raw()).headers.get('location')).toBe('http://127.0.0.1:9/elsewhere')
  })

  test('a slow drip arrives whole', async () => {
    const openai = await start(slowDrip('Hi', { bytes: 60, everyMs: 5 }))
    const started = performance.now()
    expect((await openai.chat.completions.create(ask)).choices[0]?.message.content).toBe('Hi')
    expect(performance.now() - started).toBeGreaterThan(20)
  })

  test('an unknown route is refused', async () => {
    await start(answer('Hi'))
    expect((await raw('/v1/nothing')).status).toBe(404)
  })
})
