/** The official Anthropic SDK through Cockpit, over providers of both dialects. */
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, type Delivery } from '../upstreams/index.ts'
import { anthropicFor } from './callers.ts'
import { kinds, type Stage, startStage, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const text = 'Grüße 👩‍👩‍👧 aus Köln: "漢字"\nund Schluss.'
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const tools: Anthropic.Tool[] = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: name,
  input_schema: { type: 'object', properties: { of: { type: 'string' } } },
}))
const toolCalls = [
  { id: 'call_a', name: 'get_weather', arguments: { of: 'Köln {"}' } },
  { id: 'call_b', name: 'get_time', arguments: { of: 'CET' } },
]

describe.concurrent.each(kinds)('over %s', (kind) => {
  const start = async (script: Parameters<Stage['provider']>[0]) => {
    const upstream = await stage.provider(script)
    const tenant = await stage.tenant([{ kind, upstream }])
    const { messages } = anthropicFor(tenant)
    const full = (body: Partial<Anthropic.MessageCreateParamsNonStreaming>) => ({
      model: tenant.model.name,
      max_tokens: 200,
      messages: [{ role: 'user' as const, content: 'Hello' }],
      ...body,
      stream: false as const,
    })
    const ask = (body: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) => messages.create(full(body))
    const stream = (body: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
      messages.stream({ ...full(body), stream: true }).finalMessage()
    return { upstream, tenant, messages, ask, stream }
  }

  test.concurrent('a whole answer comes as it was said', async () => {
    const { ask, upstream, tenant } = await start(answer({ text, usage: { input: 30, output: 12, cached: 8 } }))
    const message = await ask({ system: 'Be brief.', stop_sequences: ['END'], max_tokens: 50 })
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 22, cache_read_input_tokens: 8, output_tokens: 12 },
    })
    const [seen] = upstream.requests
    expect(seen?.model).toBe(upstreamModel)
    expect(seen?.body).toMatchObject(
      kind === 'anthropic'
        ? { system: 'Be brief.', max_tokens: 50, stop_sequences: ['END'] }
        : { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }], max_tokens: 50, stop: ['END'] },
    )
    expect(JSON.stringify(seen?.headers)).not.toContain(tenant.key.secret)
  })

  const deliveries: [string, Delivery][] = [
    ['event by event', {}],
    ['byte by byte', { cut: 1 }],
    ['seven bytes at a time', { cut: 7 }],
    ['cut inside its characters', { cut: 'split-utf8' }],
    ['all at once', { cut: 'coalesced' }],
    ['with comments and CRLF', { comments: true, newline: '\r\n' }],
  ]
  test.concurrent.each(deliveries)('a stream that comes %s is the same message', async (_name, delivery) => {
    const { stream } = await start(answer({ text, usage: { input: 30, output: 12 }, delivery }))
    expect(await stream()).toMatchObject({
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 30, output_tokens: 12 },
    })
  })

  test.concurrent('the events of a stream come in the order that Anthropic promises', async () => {
    const { messages, tenant } = await start(answer({ thinking: 'Hm.', text: 'One two', tools: toolCalls.slice(0, 1) }))
    const events = await messages.create({
      model: tenant.model.name,
      max_tokens: 200,
      messages: [{ role: 'user', content: 'Hello' }],
      tools,
      stream: true,
    })
    const order: string[] = []
    let open: number | null = null
    for await (const event of events) {
      order.push(event.type)
      if (event.type === 'content_block_start') {
        expect(open).toBeNull()
        open = event.index
      }
      if (event.type === 'content_block_delta') expect(event.index).toBe(open)
      if (event.type === 'content_block_stop') open = null
    }
    expect(order[0]).toBe('message_start')
    expect(order.slice(-2)).toEqual(['message_delta', 'message_stop'])
    expect(order.filter((type) => type === 'content_block_start')).toHaveLength(3)
  })

  test.concurrent('tools are called, streamed or not, and their results go back', async () => {
    const { ask, stream, upstream } = await start((request) =>
      request.raw.includes('18 degrees') ? answer('It is 18 degrees.') : answer({ tools: toolCalls }),
    )
    for (const message of [await ask({ tools }), await stream({ tools })]) {
      expect(message.stop_reason).toBe('tool_use')
      expect(message.content).toMatchObject(
        toolCalls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
      )
    }
    const first = await ask({ tools })
    const after = await ask({
      tools,
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_a', content: '18 degrees' },
            { type: 'tool_result', tool_use_id: 'call_b', content: [{ type: 'text', text: 'noon' }] },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    })
    expect(after.content).toMatchObject([{ type: 'text', text: 'It is 18 degrees.' }])
    if (kind === 'openai-compatible')
      expect(upstream.requests.at(-1)?.body?.messages?.slice(1)).toMatchObject([
        { role: 'assistant', tool_calls: [{ id: 'call_a' }, { id: 'call_b' }] },
        { role: 'tool', tool_call_id: 'call_a', content: '18 degrees' },
        { role: 'tool', tool_call_id: 'call_b', content: 'noon' },
        { role: 'user', content: 'And?' },
      ])
  })

  test.concurrent('a picture arrives at the provider in its own words', async () => {
    const { ask, upstream } = await start(answer('A dot.'))
    await ask({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } },
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

  test.concurrent('thinking is a block of its own', async () => {
    const { ask, stream } = await start(answer({ thinking: 'Let me see.', text: 'Seen.' }))
    for (const { content } of [await ask(), await stream()])
      expect(content).toMatchObject([
        { type: 'thinking', thinking: 'Let me see.' },
        { type: 'text', text: 'Seen.' },
      ])
  })

  test.concurrent.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
  ] as const)('an answer that ended by %s says %s', async (finish, expected) => {
    const { ask, stream } = await start(answer({ text: 'Cut', finish }))
    expect((await ask()).stop_reason).toBe(expected)
    expect((await stream()).stop_reason).toBe(expected)
  })

  test.concurrent('a field the gateway does not know is passed on, or named where the provider has no word for it', async () => {
    const { ask, tenant, upstream } = await start(answer('Hi'))
    const unknown = { field_of_the_future: { deep: [1, 'two'] } }
    const { _request_id } = await ask(unknown as object)
    if (kind === 'openai-compatible')
      expect((await tenant.logged(_request_id)).droppedFields).toContain('field_of_the_future')
    else expect(upstream.requests[0]?.body).toMatchObject(unknown)
  })

  test.concurrent('counting tokens answers a number and is neither billed nor logged', async () => {
    const { messages, tenant, ask } = await start(answer('Hi'))
    const counted = await messages.countTokens({
      model: tenant.model.name,
      messages: [{ role: 'user', content: 'How many tokens may this be?' }],
    })
    expect(counted.input_tokens).toBeGreaterThan(5)
    expect(counted.input_tokens).toBeLessThan(60)
    const { _request_id } = await ask()
    await tenant.logged(_request_id)
    expect((await tenant.api.usage.list()).total).toBe(1)
  })

  test.concurrent('a provider that refuses the request is heard, and the id of the call is told', async () => {
    const { ask } = await start({
      kind: 'refusal',
      status: 400,
      message: 'Invalid temperature.',
      code: 'invalid_value',
      headers: {},
    })
    const failed = await ask().catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(Anthropic.BadRequestError)
    expect(failed).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('Invalid temperature.'),
      requestID: expect.stringMatching(/^req_/),
    })
  })
})

test('headers that mean something to Anthropic reach it, its own id is told, and the key of the caller stays here', async () => {
  const upstream = await stage.provider(answer('Hi'))
  const tenant = await stage.tenant([{ kind: 'anthropic', upstream }])
  const { response } = await anthropicFor(tenant)
    .messages.create(
      { model: tenant.model.name, max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] },
      { headers: { 'anthropic-beta': 'context-1m-2025-08-07', 'x-mine': 'secret of the caller' } },
    )
    .withResponse()
  expect(upstream.requests[0]?.headers).toMatchObject({
    'anthropic-beta': 'context-1m-2025-08-07',
    'anthropic-version': expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
    'x-api-key': 'sk-upstream',
  })
  expect(JSON.stringify(upstream.requests[0]?.headers)).not.toMatch(/secret of the caller|ck_/)
  expect(response.headers.get('x-upstream-request-id')).toBe('req_up1')
})

test('the list of models is what the key may call', async () => {
  const tenant = await stage.tenant([{ kind: 'anthropic', upstream: await stage.provider(answer('Hi')) }])
  const { data, has_more } = await anthropicFor(tenant).models.list()
  expect(data).toMatchObject([{ id: tenant.model.name, type: 'model' }])
  expect(has_more).toBe(false)
  expect((await anthropicFor(tenant).models.retrieve(tenant.model.name)).id).toBe(tenant.model.name)
})
