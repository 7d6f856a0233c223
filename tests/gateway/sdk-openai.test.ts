/** The official OpenAI SDK through Cockpit, over providers of both dialects. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, type Delivery } from '../upstreams/index.ts'
import { openaiFor } from './callers.ts'
import { kinds, type Stage, startStage, type Tenant, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const text = 'Grüße 👩‍👩‍👧 aus Köln: "漢字"\nund Schluss.'
const user = (content: string): OpenAI.ChatCompletionMessageParam => ({ role: 'user', content })
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const tools: OpenAI.ChatCompletionTool[] = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties: { of: { type: 'string' } } } },
}))
const toolCalls = [
  { id: 'call_a', name: 'get_weather', arguments: { of: 'Köln {"}' } },
  { id: 'call_b', name: 'get_time', arguments: { of: 'CET' } },
]
const called = (calls: OpenAI.ChatCompletionMessageToolCall[] | undefined) =>
  calls?.map((call) =>
    call.type === 'function' ? [call.id, call.function.name, JSON.parse(call.function.arguments)] : [],
  )

describe.concurrent.each(kinds)('over %s', (kind) => {
  const start = async (script: Parameters<Stage['provider']>[0], differs = {}) => {
    const upstream = await stage.provider(script)
    const tenant = await stage.tenant([{ kind, upstream, ...differs }])
    const openai = openaiFor(tenant)
    const ask = (body: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
      openai.chat.completions.create({ model: tenant.model.name, messages: [user('Hello')], ...body, stream: false })
    const stream = (body: Partial<OpenAI.ChatCompletionCreateParamsStreaming> = {}) =>
      openai.chat.completions.create({ model: tenant.model.name, messages: [user('Hello')], ...body, stream: true })
    return { upstream, tenant, openai, ask, stream }
  }

  test.concurrent('a whole answer comes as it was said', async () => {
    const { ask, upstream, tenant } = await start(answer({ text, usage: { input: 30, output: 12, cached: 8 } }))
    const completion = await ask({
      messages: [{ role: 'system', content: 'Be brief.' }, user('Hello')],
      max_tokens: 50,
      stop: ['END'],
    })
    expect(completion).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
      usage: {
        prompt_tokens: 30,
        completion_tokens: 12,
        total_tokens: 42,
        prompt_tokens_details: { cached_tokens: 8 },
      },
    })
    const [seen] = upstream.requests
    expect(seen).toMatchObject({ model: upstreamModel, stream: false })
    expect(JSON.stringify(seen?.body)).not.toContain(tenant.model.name)
    expect(seen?.body).toMatchObject(
      kind === 'anthropic'
        ? { system: 'Be brief.', max_tokens: 50, stop_sequences: ['END'], messages: [{ role: 'user' }] }
        : { max_tokens: 50, stop: ['END'], messages: [{ role: 'system' }, { role: 'user' }] },
    )
    expect(seen?.headers.authorization ?? '').not.toContain(tenant.key.secret)
  })

  const deliveries: [string, Delivery][] = [
    ['event by event', {}],
    ['byte by byte', { cut: 1 }],
    ['seven bytes at a time', { cut: 7 }],
    ['cut inside its characters', { cut: 'split-utf8' }],
    ['all at once', { cut: 'coalesced' }],
    ['with comments and CRLF', { comments: true, newline: '\r\n' }],
  ]
  test.concurrent.each(deliveries)('a stream that comes %s is the same text', async (_name, delivery) => {
    const { stream } = await start(answer({ text, usage: { input: 30, output: 12 }, delivery }))
    let heard = ''
    let finishes = 0
    for await (const { choices } of await stream()) {
      heard += choices[0]?.delta.content ?? ''
      if (choices[0]?.finish_reason) finishes++
    }
    expect(heard).toBe(text)
    expect(finishes).toBe(1)
  })

  test.concurrent('usage comes once and last to who asks for it, and not at all to who does not; both are billed', async () => {
    const { stream, tenant } = await start(answer({ text, usage: { input: 30, output: 12 } }))
    const asked = []
    for await (const chunk of await stream({ stream_options: { include_usage: true } })) asked.push(chunk)
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 12 } })
    expect(asked.slice(0, -1).every(({ usage, choices }) => usage === null && choices.length === 1)).toBe(true)

    const { data, request_id } = await openaiFor(tenant)
      .chat.completions.create({ model: tenant.model.name, messages: [user('Hello')], stream: true })
      .withResponse()
    for await (const chunk of data) {
      expect(chunk).not.toHaveProperty('usage')
      expect(chunk.choices).toHaveLength(1)
    }
    expect(await tenant.logged(request_id)).toMatchObject({ tokens: { input: 30, output: 12, source: 'reported' } })
  })

  test.concurrent('tools are called, streamed or not, and their results go back', async () => {
    const { ask, openai, tenant, upstream } = await start((request) =>
      request.raw.includes('18 degrees') ? answer('It is 18 degrees.') : answer({ tools: toolCalls }),
    )
    const whole = await ask({ tools, tool_choice: 'auto', parallel_tool_calls: true })
    const streamed = await openai.chat.completions
      .stream({ model: tenant.model.name, messages: [user('Hello')], tools })
      .finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]?.finish_reason).toBe('tool_calls')
      expect(called(choices[0]?.message.tool_calls)).toEqual(toolCalls.map((c) => [c.id, c.name, c.arguments]))
    }
    const message = whole.choices[0]?.message
    if (!message) throw new Error('no message')
    const after = await ask({
      tools,
      messages: [
        user('Hello'),
        message,
        { role: 'tool', tool_call_id: 'call_a', content: '18 degrees' },
        { role: 'tool', tool_call_id: 'call_b', content: 'noon' },
      ],
    })
    expect(after.choices[0]?.message.content).toBe('It is 18 degrees.')
    if (kind === 'anthropic')
      expect(upstream.requests.at(-1)?.body?.messages?.at(-1)).toMatchObject({
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_a', content: '18 degrees' },
          { type: 'tool_result', tool_use_id: 'call_b', content: 'noon' },
        ],
      })
  })

  test.concurrent('a picture arrives at the provider in its own words', async () => {
    const { ask, upstream } = await start(answer('A dot.'))
    await ask({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
          ],
        },
      ],
    })
    const [, part] = (upstream.requests[0]?.body?.messages?.[0]?.content ?? []) as unknown[]
    expect(part).toMatchObject(
      kind === 'anthropic'
        ? { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } }
        : { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
    )
  })

  test.concurrent('thinking is heard apart from the answer', async () => {
    const { ask, stream } = await start(answer({ thinking: 'Let me see.', text: 'Seen.' }))
    expect((await ask()).choices[0]?.message).toMatchObject({ reasoning_content: 'Let me see.', content: 'Seen.' })
    let thought = ''
    let said = ''
    for await (const { choices } of await stream()) {
      const delta = choices[0]?.delta as { reasoning_content?: string; content?: string } | undefined
      thought += delta?.reasoning_content ?? ''
      said += delta?.content ?? ''
    }
    expect([thought, said]).toEqual(['Let me see.', 'Seen.'])
  })

  test.concurrent.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
  ] as const)('an answer that ended by %s says %s', async (finish, expected) => {
    const { ask, stream } = await start(answer({ text: 'Cut', finish }))
    expect((await ask()).choices[0]?.finish_reason).toBe(expected)
    const reasons = []
    for await (const { choices } of await stream()) reasons.push(choices[0]?.finish_reason)
    expect(reasons.filter(Boolean)).toEqual([expected])
  })

  test.concurrent('a field the gateway does not know is passed on, or named where the provider has no word for it', async () => {
    const { ask, tenant, upstream } = await start(answer('Hi'))
    const unknown = { field_of_the_future: { deep: [1, 'two'] } }
    const { _request_id } = await ask(unknown as object)
    if (kind === 'anthropic') expect((await tenant.logged(_request_id)).droppedFields).toContain('field_of_the_future')
    else expect(upstream.requests[0]?.body).toMatchObject(unknown)
  })

  test.concurrent('a provider that refuses the request is heard, and its id is told', async () => {
    const { ask, openai, tenant } = await start({
      kind: 'refusal',
      status: 400,
      message: 'Invalid temperature.',
      code: 'invalid_value',
      headers: {},
    })
    const failed = await ask().catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(OpenAI.BadRequestError)
    expect(failed).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('Invalid temperature.'),
      requestID: expect.stringMatching(/^req_/),
    })
    const { response } = await openai.models.list().withResponse()
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(await tenant.lastLogged()).toMatchObject({ status: 'error', errorCode: 'upstream.rejected' })
  })
})

test('embeddings come from a provider that has them, and are refused in words by one that has not', async () => {
  const upstream = await stage.provider(answer({ text: '', usage: { input: 6, output: 0 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  const { data, usage } = await openaiFor(tenant).embeddings.create({ model: tenant.model.name, input: ['one', 'two'] })
  expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
    [0, 8],
    [1, 8],
  ])
  expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5)
  expect(usage).toEqual({ prompt_tokens: 6, total_tokens: 6 })

  const other = await stage.tenant([{ kind: 'anthropic', upstream: await stage.provider(answer('')) }])
  const failed = openaiFor(other).embeddings.create({ model: other.model.name, input: 'one' })
  await expect(failed).rejects.toMatchObject({ status: 400, code: 'model.unsupported_operation' })
})

test('the list of models is what the key may call, and nothing else', async () => {
  const upstream = await stage.provider(answer('Hi'))
  const tenant: Tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  const openai = openaiFor(tenant)
  const { data } = await openai.models.list()
  expect(data).toMatchObject([{ id: tenant.model.name, object: 'model', owned_by: 'platform' }])
  expect((await openai.models.retrieve(tenant.model.name)).id).toBe(tenant.model.name)
  await expect(openai.models.retrieve('gpt-9')).rejects.toMatchObject({ status: 404, code: 'model.not_found' })
  await expect(openai.chat.completions.create({ model: 'gpt-9', messages: [user('Hello')] })).rejects.toMatchObject({
    status: 404,
    code: 'model.not_found',
  })
})
