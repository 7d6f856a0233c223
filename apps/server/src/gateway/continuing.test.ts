/** Streams that break off in the middle and are gone on with: what the caller reads, what is asked, what is paid. */

import type { ServerResponse } from 'node:http'
import type { ModelRoute } from '@cockpit/contract/routing'
import { defaultRoute } from '@cockpit/contract/routing'
import type { SliceConnection, SliceGuardrail } from '@cockpit/contract/snapshot'
import { describe, expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  chunk,
  connectionTo,
  MemoryLedger,
  modelNamed,
  platformSlice,
  runGateway,
  type Seen,
  send,
  sendJson,
  sse,
  stopsOfTest,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

type Answer = (seen: Seen, res: ServerResponse) => void
type Options = {
  kind?: SliceConnection['kind']
  route?: Partial<ModelRoute>
  account?: Parameters<typeof accountSlice>[0]
  ledger?: MemoryLedger
  model?: Parameters<typeof modelNamed>[1]
  upstreamModel?: string
}

/** A model that runs on one provider for each answer, and whose streams may be gone on with. */
const started = async (answers: Answer[], options: Options = {}) => {
  const { kind = 'vllm', route, account, ledger, model, upstreamModel = 'llama' } = options
  const ups = await Promise.all(answers.map((answer) => upstream(answer)))
  for (const up of ups) stops.push(up.close)
  const connections = ups.map(({ url }, at) =>
    connectionTo(url, { id: `con_${at + 1}`, name: `P${at + 1}`, kind, maxRetries: 0 }),
  )
  const offered = modelNamed('small', {
    deployments: connections.map(({ id }) => ({ connectionId: id, upstreamModel })),
    route: { ...defaultRoute, continuationsMax: 2, ...route },
    ...model,
  })
  const running = await runGateway(
    [platformSlice({ connections, models: [offered] }), accountSlice(account)],
    ledger ? { ledger } : {},
  )
  stops.push(running.stop)
  const bodyOf = (at: number, nth = 0) => JSON.parse(ups[at]?.requests[nth]?.text ?? 'null')
  return { ...running, ups, bodyOf }
}

const begin = (res: ServerResponse, ...events: unknown[]) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(sse(...events))
}
const dies =
  (...events: unknown[]): Answer =>
  (_seen, res) => {
    begin(res, ...events)
    setTimeout(() => res.destroy(), 20)
  }
const ends =
  (...events: unknown[]): Answer =>
  (_seen, res) => {
    begin(res, ...events)
    res.end()
  }
const usage = (prompt: number, output: number) => ({
  ...chunk(''),
  choices: [],
  usage: { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output },
})
const role = { ...chunk(''), choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }
const other = (content: string, finish: string | null = null) => ({
  ...chunk(content, finish),
  id: 'chatcmpl-2',
  created: 2,
})
const rest = (...texts: string[]) =>
  ends(
    { ...role, id: 'chatcmpl-2' },
    ...texts.map((text) => other(text)),
    other('', 'stop'),
    { ...usage(30, 4), id: 'chatcmpl-2' },
    '[DONE]',
  )
const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((block) => block.includes('data: ') && !block.includes('[DONE]'))
    .map((block) => JSON.parse(block.slice(block.indexOf('data: ') + 6)))
const textOf = (text: string) =>
  eventsOf(text)
    .map(({ choices, delta }) => choices?.[0]?.delta?.content ?? delta?.text ?? '')
    .join('')
const only = async (ledger: MemoryLedger) => {
  await until(() => ledger.records.size === 1, 'the record')
  return [...ledger.records.values()][0]
}
const shown = { stream: true, stream_options: { include_usage: true } }

describe('a stream that breaks off', () => {
  test.each([
    ['is reset', dies(role, chunk('One two '), chunk('three'))],
    ['ends too soon', ends(role, chunk('One two '), chunk('three'))],
    [
      'ends within a word',
      ((_seen, res) => {
        begin(res, role, chunk('One two '), chunk('three'))
        res.end(`data: ${JSON.stringify(chunk(' four')).slice(0, 90)}`)
      }) as Answer,
    ],
    [
      'says that it failed',
      ends(role, chunk('One two '), chunk('three'), { error: { type: 'server_error', message: 'sorry' } }),
    ],
  ])('and %s is gone on with as one answer', async (_, first) => {
    const { url, ledger, bodyOf, ups } = await started([first, rest(' four', '.')])
    const answer = await chat(url, shown)
    expect(textOf(answer.text)).toBe('One two three four.')
    expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1)
    const events = eventsOf(answer.text)
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(['chatcmpl-1']))
    expect(events.filter(({ choices }) => choices?.[0]?.delta?.role !== undefined)).toHaveLength(1)
    expect(events.filter(({ choices }) => choices?.[0]?.finish_reason)).toHaveLength(1)
    expect(ups.map(({ requests }) => requests.length)).toEqual([1, 1])
    expect(bodyOf(1)).toMatchObject({
      model: 'llama',
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'One two three' },
      ],
      continue_final_message: true,
      add_generation_prompt: false,
    })

    const record = await only(ledger)
    const told = events.flatMap(({ usage }) => usage ?? [])
    expect(told).toHaveLength(1)
    // 13 letters were said before, of which nobody reported; the prompt was paid twice
    expect(record).toMatchObject({ status: 'ok', attempts: 2, connectionId: 'con_2', tokens: { output: 4 + 4 } })
    expect(record?.tokens.input).toBeGreaterThan(30)
    expect(record?.tokens.input).toBeLessThan(60)
    expect(told[0]).toMatchObject({ prompt_tokens: record?.tokens.input, completion_tokens: record?.tokens.output })
    expect(record?.tokens.source).toBe('estimated')
    expect(record?.spans).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'attempt 1', ok: false }),
        expect.objectContaining({ name: 'continued', detail: 'P2', ok: true }),
      ]),
    )
  })

  test('is gone on with by the same provider where there is no other', async () => {
    let calls = 0
    const { url, ups } = await started([
      (seen, res) => (calls++ === 0 ? dies(chunk('One'))(seen, res) : rest(' two')(seen, res)),
    ])
    expect(textOf((await chat(url, shown)).text)).toBe('One two')
    expect(ups[0]?.requests).toHaveLength(2)
  })

  test('may break off again, and its third part goes on with both before', async () => {
    const { url, ledger, bodyOf } = await started([
      dies(chunk('One ')),
      dies(other('two'), other(' three ')),
      rest('four'),
    ])
    expect(textOf((await chat(url, shown)).text)).toBe('One two three four')
    expect(bodyOf(2).messages.at(-1)).toMatchObject({ content: 'One two three' })
    expect(await only(ledger)).toMatchObject({ status: 'ok', attempts: 3 })
  })

  test('is not gone on with more often than its route says, nor where it says nothing', async () => {
    const twice = await started([dies(chunk('One ')), dies(other('two ')), rest('three')], {
      route: { continuationsMax: 1 },
    })
    const answer = await chat(twice.url, { stream: true })
    expect(textOf(answer.text)).toBe('One two ')
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ error: { code: 'upstream.stream_failed' } })
    expect(twice.ups[2]?.requests).toHaveLength(0)
    const never = await started([dies(chunk('One ')), rest('two')], { route: { continuationsMax: undefined } })
    expect(eventsOf((await chat(never.url, { stream: true })).text).at(-1)).toHaveProperty('error')
    expect(never.ups[1]?.requests).toHaveLength(0)
  })

  test.each<[string, Answer, object]>([
    [
      'half a call of a tool was said',
      dies({
        ...chunk(''),
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{' } }] } },
        ],
      }),
      {},
    ],
    [
      'it thought',
      dies({ ...chunk(''), choices: [{ index: 0, delta: { reasoning_content: 'Hm' } }] }, chunk('One')),
      {},
    ],
    ['its form is prescribed', dies(chunk('{"a":')), { response_format: { type: 'json_object' } }],
    ['several answers were asked for', dies(chunk('One')), { n: 2 }],
    ['it is as long as it may be', dies(chunk('One two three four')), { max_tokens: 4 }],
  ])('and of which %s ends with an error', async (_, first, body) => {
    const { url, ledger, ups } = await started([first, rest('more')])
    const answer = await chat(url, { stream: true, ...body })
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ error: { code: 'upstream.stream_failed' } })
    expect(ups[1]?.requests).toHaveLength(0)
    expect(await only(ledger)).toMatchObject({ status: 'error', attempts: 1 })
  })

  test('asks for no more than may still be written', async () => {
    const { url, bodyOf } = await started([dies(chunk('eight by')), rest('tes')])
    await chat(url, { stream: true, max_tokens: 50 })
    expect(bodyOf(0).max_tokens).toBe(50)
    expect(bodyOf(1).max_tokens).toBe(48)
  })

  test('ends with its own error, and free of what was refused, where nobody takes its beginning', async () => {
    const { url, ledger } = await started([
      dies(chunk('One two three four')),
      (_seen, res) => sendJson(res, { error: { message: 'no such field', type: 'invalid_request_error' } }, 400),
    ])
    const answer = await chat(url, { stream: true })
    expect(textOf(answer.text)).toBe('One two three four')
    expect(eventsOf(answer.text).at(-1)).toMatchObject({
      error: { code: 'upstream.stream_failed', message: expect.stringContaining('closed the connection') },
    })
    const record = await only(ledger)
    expect(record).toMatchObject({ status: 'error', attempts: 2, connectionId: 'con_1', tokens: { output: 5 } })
    expect(record?.tokens.input).toBeLessThan(20)
  })

  test('ends where the budget does not pay for its prompt a second time', async () => {
    const ledger = new MemoryLedger({ bud_root: 1_500n })
    const { url, ups } = await started([dies(chunk('One two three')), rest('four')], { ledger })
    // the first prompt takes most of what there is
    const answer = await chat(url, {
      stream: true,
      max_tokens: 20,
      messages: [{ role: 'user', content: 'word '.repeat(500) }],
    })
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ error: { code: 'upstream.stream_failed' } })
    expect(ups[1]?.requests).toHaveLength(0)
    await only(ledger)
    expect(ledger.overdrafts).toBe(0)
  })

  test('is judged by guardrails as one text, also across the seam', async () => {
    const guardrails: SliceGuardrail[] = [
      {
        ...{ id: 'grd_1', name: 'No addresses', position: 0, scope: { type: 'account' }, onFailure: 'closed' },
        checks: [{ kind: 'pii', kinds: ['email'], action: 'mask', on: ['output'] }],
      },
    ]
    const { url, bodyOf } = await started([dies(chunk('Write to ada@exa')), rest('mple.com today')], {
      account: { guardrails },
    })
    const text = textOf((await chat(url, shown)).text)
    expect(text).not.toContain('ada@exa')
    expect(text).not.toContain('mple.com')
    expect(text).toMatch(/^Write to \S+ today$/)
    // who is asked to go on must know what it goes on with
    expect(bodyOf(1).messages.at(-1)).toMatchObject({ content: 'Write to ada@exa' })
  })

  test('whose caller hangs up while its rest is asked for is paid for what was said', async () => {
    const { url, ledger, ups } = await started([dies(chunk('One two three')), () => {}])
    const asked = send(url, '/v1/chat/completions', {
      body: { model: 'small', stream: true, messages: [{ role: 'user', content: 'Hello' }] },
      onPiece: (_text, req) => void until(() => ups[1]?.requests.length === 1, 'the rest').then(() => req.destroy()),
    }).catch(() => null)
    await asked
    expect(await only(ledger)).toMatchObject({ status: 'cancelled', tokens: { output: 4 } })
    await until(() => ups[1]?.open() === 0, 'the provider is let go')
  })
})

describe('a message of Anthropic that breaks off', () => {
  type Event = { type: string; [field: string]: unknown }
  const start = (model = 'claude-up') => ({
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      usage: { input_tokens: 20, output_tokens: 1 },
    },
  })
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  const text = (said: string, index = 0) => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'text_delta', text: said },
  })
  const stop = (index = 0) => ({ type: 'content_block_stop', index })
  const done = [
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } },
    { type: 'message_stop' },
  ]
  const named = (...events: Event[]) =>
    events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  const streams =
    (isWhole: boolean, ...events: Event[]): Answer =>
    (_seen, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(named(...events))
      setTimeout(() => (isWhole ? res.end() : res.destroy()), 20)
    }
  const claude = { kind: 'anthropic', upstreamModel: 'claude-sonnet-4-5' } as const
  const message = (url: string, body: object = {}) =>
    send(url, '/v1/messages', {
      body: { model: 'small', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'Hello' }], ...body },
    })

  test('is gone on with in the block it broke off in', async () => {
    const { url, ledger, bodyOf } = await started(
      [
        streams(false, start(), block, text('One two '), text('three ')),
        streams(
          true,
          { ...start(), message: { ...start().message, id: 'msg_2' } },
          block,
          text(' four'),
          text('.'),
          stop(),
          ...done,
        ),
      ],
      claude,
    )
    const answer = await message(url)
    const events = eventsOf(answer.text)
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      ...new Array(4).fill('content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(textOf(answer.text)).toBe('One two three four.')
    expect(events[0].message.id).toBe('msg_1')
    expect(bodyOf(1)).toMatchObject({ max_tokens: 96, messages: [{}, { role: 'assistant', content: 'One two three' }] })
    const record = await only(ledger)
    // 20 tokens of a prompt each time, 14 letters of the first part, and what the second says of itself
    expect(record).toMatchObject({ status: 'ok', attempts: 2, tokens: { input: 40, output: 4 + 4 } })
    expect(events.at(-2)).toMatchObject({ usage: { input_tokens: 40, output_tokens: 8 } })
  })

  test('closes its block before the rest begins one of another kind', async () => {
    const call = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
    }
    const { url } = await started(
      [streams(false, start(), block, text('Look:')), streams(true, start(), call, stop(), ...done)],
      claude,
    )
    const events = eventsOf((await message(url, { tools: [{ name: 'f', input_schema: { type: 'object' } }] })).text)
    expect(events.slice(3, 6)).toEqual([
      { type: 'content_block_stop', index: 0 },
      { ...call, index: 1 },
      { type: 'content_block_stop', index: 1 },
    ])
  })

  test('goes on for callers of other dialects', async () => {
    const { url } = await started(
      [streams(false, start(), block, text('One two')), streams(true, start(), block, text(' three'), stop(), ...done)],
      claude,
    )
    const answer = await chat(url, shown)
    expect(textOf(answer.text)).toBe('One two three')
    expect(new Set(eventsOf(answer.text).map(({ id }) => id)).size).toBe(1)
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ usage: { prompt_tokens: 40 } })
    expect(answer.text).toContain('[DONE]')
  })

  test.each([
    ['its model begins each answer anew', { ...claude, upstreamModel: 'claude-opus-4-6' }, {}],
    ['it may think', claude, { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 4096 }],
    [
      'it must call a tool',
      claude,
      { tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } },
    ],
  ] as const)('ends with an error of its dialect where %s', async (_, options, body) => {
    const { url, ups } = await started(
      [streams(false, start(), block, text('One')), streams(true, start(), block, text('two'), stop(), ...done)],
      options,
    )
    const answer = await message(url, body)
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    expect(ups[1]?.requests).toHaveLength(0)
  })
})

describe('providers are asked for the rest in their own words', () => {
  test.each([
    [
      'mistral',
      'One two',
      { role: 'assistant', content: 'One two', prefix: true },
      '/chat/completions',
      'One two three',
    ],
    [
      'deepseek',
      'One two',
      { role: 'assistant', content: 'One two', prefix: true },
      '/beta/chat/completions',
      ' three',
    ],
  ] as const)('%s', async (kind, said, asked, path, says) => {
    const { url, bodyOf, ups } = await started([dies(role, chunk(said)), rest(...says)], { kind })
    expect(textOf((await chat(url, shown)).text)).toBe('One two three')
    expect(bodyOf(1).messages.at(-1)).toEqual(asked)
    expect(ups[1]?.requests[0]?.url).toBe(path)
  })

  test('and one of which nobody knows is not asked', async () => {
    const { url, ups } = await started([dies(chunk('One')), rest('two')], { kind: 'openai-compatible' })
    expect(eventsOf((await chat(url, shown)).text).at(-1)).toHaveProperty('error')
    expect(ups[1]?.requests).toHaveLength(0)
  })
})
