/** `POST /v1/responses` through the front door: passed on to providers that have it, bridged onto chat everywhere else. */
import OpenAI from 'openai'
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

type Kind = 'openai' | 'openai-compatible' | 'anthropic'
const tenantOn = async (kind: Kind, ...said: [Said, ...Said[]]) => {
  const provider = await startNative((_, nth) => said[Math.min(nth, said.length - 1)] ?? said[0])
  open.push(provider)
  const connection = { name: kind, kind, baseUrl: provider.url, secret: 'sk-upstream' }
  const tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
  const openai = new OpenAI({ apiKey: tenant.key, baseURL: `${cockpit.url}/v1`, maxRetries: 0 })
  const asked = () => JSON.parse(provider.requests.at(-1)?.body ?? '')
  return { ...tenant, provider, openai, asked }
}

const eventStream = { 'content-type': 'text/event-stream' }
const streamed = (...events: unknown[]): Said => ({
  headers: eventStream,
  body: [...eventStreamOf(...events), 'data: [DONE]\n\n'],
})
const chunk = (delta: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }
const chatAnswer = (message: object, finish_reason = 'stop') => ({
  body: [JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }], usage })],
})
const look = {
  type: 'function' as const,
  name: 'look',
  description: 'Looks',
  strict: false,
  parameters: { type: 'object', properties: { at: { type: 'string' } } },
}

describe('bridged onto chat', () => {
  test('a whole answer reaches its client with what was asked, and is billed like a chat', async () => {
    const tenant = await tenantOn('openai-compatible', chatAnswer({ content: 'A fox.', reasoning_content: 'Hm.' }))
    const response = await tenant.openai.responses.create({
      ...{ model: tenant.model, instructions: 'Be brief.', input: 'What is it?', max_output_tokens: 30, store: false },
      metadata: { run: '7' },
    })
    expect(response.output_text).toBe('A fox.')
    expect(response).toMatchObject({
      ...{ object: 'response', status: 'completed', model: tenant.model, instructions: 'Be brief.', store: false },
      output: [
        { type: 'reasoning', summary: [{ text: 'Hm.' }] },
        { type: 'message', role: 'assistant' },
      ],
      usage: { input_tokens: 9, output_tokens: 5, total_tokens: 14 },
      ...{ metadata: { run: '7' }, max_output_tokens: 30, error: null },
    })
    expect(tenant.asked()).toEqual({
      model: 'upstream-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is it?' },
      ],
      max_tokens: 30,
    })
    const id = `req_${response.id.replace('resp_', '')}`
    expect(await tenant.logged(id)).toMatchObject({
      ...{ dialect: 'responses', operation: 'chat', status: 'ok', credits: '0.019' },
      tokens: { input: 9, output: 5, source: 'reported' },
    })
  })

  test.each(['openai-compatible', 'anthropic'] as const)('a loop of tool calls goes through over %s', async (kind) => {
    const call = { id: 'call_a', name: 'look', args: { at: 'it' } }
    const anthropicSaid = (content: object[], stop_reason: string): Said => ({
      body: [
        JSON.stringify({
          ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content, stop_reason },
          usage: { input_tokens: 6, output_tokens: 2 },
        }),
      ],
    })
    const says: [Said, Said] =
      kind === 'anthropic'
        ? [
            anthropicSaid([{ type: 'tool_use', id: call.id, name: call.name, input: call.args }], 'tool_use'),
            anthropicSaid([{ type: 'text', text: 'A fox.' }], 'end_turn'),
          ]
        : [
            chatAnswer(
              {
                content: null,
                tool_calls: [
                  {
                    id: call.id,
                    type: 'function',
                    function: { name: call.name, arguments: JSON.stringify(call.args) },
                  },
                ],
              },
              'tool_calls',
            ),
            chatAnswer({ content: 'A fox.' }),
          ]
    const tenant = await tenantOn(kind, ...says)
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'What is it?' }]
    const first = await tenant.openai.responses.create({ model: tenant.model, input, tools: [look], store: false })
    const [called] = first.output
    if (called?.type !== 'function_call') throw new Error('it calls a function')
    expect(called).toMatchObject({ type: 'function_call', call_id: 'call_a', name: 'look', status: 'completed' })
    expect(JSON.parse(called.arguments)).toEqual(call.args)
    const second = await tenant.openai.responses.create({
      ...{ model: tenant.model, tools: [look], store: false },
      input: [...input, called, { type: 'function_call_output', call_id: 'call_a', output: 'Fur.' }],
    })
    expect(second.output_text).toBe('A fox.')
    const told = JSON.stringify(tenant.asked().messages.at(-1))
    expect(told).toContain('call_a')
    expect(told).toContain('Fur.')
  })

  test('a stream comes as events in their order and numbered, and its client puts the response together', async () => {
    const tenant = await tenantOn(
      'openai-compatible',
      streamed(chunk({ role: 'assistant', content: '' }), chunk({ content: 'A ' }), chunk({ content: 'fox.' }), {
        ...chunk({}, 'stop'),
        usage,
      }),
    )
    const stream = tenant.openai.responses.stream({ model: tenant.model, input: 'What is it?', store: false })
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at))
    const final = await stream.finalResponse()
    expect(final.output_text).toBe('A fox.')
    expect(final.usage).toMatchObject({ input_tokens: 9, output_tokens: 5 })
  })

  test('an answer that its limit ends is incomplete', async () => {
    const tenant = await tenantOn('openai-compatible', chatAnswer({ content: 'A f' }, 'length'))
    const response = await tenant.openai.responses.create({ model: tenant.model, input: 'x', max_output_tokens: 2 })
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })

  test('a stream that breaks makes its client throw, and what came of it is billed', async () => {
    const tenant = await tenantOn('openai-compatible', {
      headers: eventStream,
      body: [...eventStreamOf(chunk({ content: 'Half an answer' }), { error: { message: 'overheated', code: 'x' } })],
    })
    const { text, id } = await tenant.call('/v1/responses', { input: 'x', stream: true })
    expect(text).toContain('event: response.failed')
    expect(text).not.toContain('response.completed')
    expect(await tenant.logged(id)).toMatchObject({ status: 'error', tokens: { source: 'estimated' } })
    const stream = await tenant.openai.responses.create({ model: tenant.model, input: 'x', stream: true })
    const reading = async () => {
      for await (const _ of stream);
    }
    await expect(reading()).rejects.toThrow()
  })

  test('structured output and effort arrive in the words of the chat', async () => {
    const tenant = await tenantOn('openai-compatible', chatAnswer({ content: '{"seen":true}' }))
    const schema = { type: 'object', properties: { seen: { type: 'boolean' } }, required: ['seen'] }
    const response = await tenant.openai.responses.create({
      ...{ model: tenant.model, input: 'x', store: false },
      text: { format: { type: 'json_schema', name: 'fox', schema, strict: true } },
    })
    expect(JSON.parse(response.output_text)).toEqual({ seen: true })
    expect(tenant.asked().response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'fox', schema, strict: true },
    })
  })

  test.each([
    ['input', { input: 7 }],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].type', { input: [{ type: 'web_search_call', id: 'ws_1' }] }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tools[0].type', { tools: [{ type: 'custom', name: 'apply_patch' }] }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['store', { store: 'yes' }],
    ['max_output_tokens', { max_output_tokens: -1 }],
    ['stream', { stream: 'yes' }],
  ])('is refused by the name of %s', async (param, differs) => {
    const tenant = await tenantOn('openai-compatible', chatAnswer({ content: 'x' }))
    const { status, text } = await tenant.call('/v1/responses', { input: 'Hi', ...differs })
    expect(status).toBe(400)
    expect(JSON.parse(text).error).toMatchObject({ code: 'input.invalid', param, type: 'invalid_request_error' })
    expect(tenant.provider.requests).toHaveLength(0)
  })
})

describe('over a provider that has responses itself', () => {
  const response = {
    ...{ id: 'resp_up', object: 'response', status: 'completed', model: 'gpt', error: null },
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'A fox.', annotations: [] }],
      },
    ],
    usage: {
      ...{ input_tokens: 100, input_tokens_details: { cached_tokens: 40 }, output_tokens: 20, total_tokens: 120 },
      output_tokens_details: { reasoning_tokens: 8 },
    },
  }
  const tokens = { input: 60, cachedInput: 40, output: 20, reasoning: 8, source: 'reported' }

  test('a request passes with its unknown fields, is kept by nobody there, and is billed by its report', async () => {
    const tenant = await tenantOn('openai', { body: [JSON.stringify(response)] })
    const { text, id } = await tenant.call('/v1/responses', {
      ...{ input: 'What is it?', new_thing: 1 },
      tools: [{ type: 'custom', name: 'apply_patch' }],
    })
    expect(JSON.parse(text)).toMatchObject({ output: response.output })
    expect(tenant.provider.requests[0]?.url).toBe('/responses')
    expect(tenant.asked()).toEqual({
      ...{ model: 'upstream-model', input: 'What is it?', new_thing: 1, store: false },
      tools: [{ type: 'custom', name: 'apply_patch' }],
    })
    expect((await tenant.logged(id)).tokens).toMatchObject(tokens)
  })

  test('a stream passes event by event and is billed by its last one', async () => {
    const named = (events: { type: string }[]) =>
      events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    const events = [
      { type: 'response.created', sequence_number: 0, response: { ...response, output: [], usage: null } },
      { type: 'response.output_text.delta', sequence_number: 1, item_id: 'msg_1', delta: 'A fox.' },
      { type: 'response.completed', sequence_number: 2, response },
    ]
    const tenant = await tenantOn('openai', { headers: eventStream, body: named(events) })
    const { text, id } = await tenant.call('/v1/responses', { input: 'x', stream: true })
    expect(text).toBe(named(events).join(''))
    expect(await tenant.logged(id)).toMatchObject({ status: 'ok', stream: true, tokens })
  })

  test('a stream that is cut is no whole answer; its error has the next number and it is billed by what passed', async () => {
    const delta = {
      type: 'response.output_text.delta',
      sequence_number: 0,
      item_id: 'msg_1',
      delta: 'A fox and '.repeat(8),
    }
    const tenant = await tenantOn('openai', {
      headers: eventStream,
      body: [`event: ${delta.type}\ndata: ${JSON.stringify(delta)}\n\n`],
    })
    const { text, id } = await tenant.call('/v1/responses', { input: 'x', stream: true })
    const [, last] = text.trim().split('\n\n')
    expect(last).toContain('event: error\n')
    expect(JSON.parse(last?.split('data: ')[1] ?? '')).toMatchObject({ type: 'error', sequence_number: 1 })
    expect(await tenant.logged(id)).toMatchObject({ status: 'error', tokens: { output: 20, source: 'estimated' } })
  })

  test('a refusal of the provider passes as it is', async () => {
    const error = { error: { message: 'no such model', type: 'invalid_request_error', param: 'model', code: 'm' } }
    const tenant = await tenantOn('openai', { status: 400, body: [JSON.stringify(error)] })
    const { status, text } = await tenant.call('/v1/responses', { input: 'x' })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual(error)
  })
})
