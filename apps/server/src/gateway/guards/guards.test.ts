import type { ServerResponse } from 'node:http'
import type { GuardrailCheck } from '@cockpit/contract/guardrail-checks'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  chunk,
  completion,
  connectionTo,
  modelNamed,
  platformSlice,
  runGateway,
  send,
  sendJson,
  sse,
  stopsOfTest,
  type Upstream,
  until,
  upstream,
} from '../testing.ts'

const stops = stopsOfTest()

const everywhere: GuardrailCheck['on'] = ['input', 'tool_results', 'output', 'tool_calls']
const emails = (action: GuardrailCheck['action'], on: GuardrailCheck['on'] = everywhere): GuardrailCheck => ({
  kind: 'pii',
  kinds: ['email', 'credit_card'],
  action,
  on,
})
const guardrail = (checks: GuardrailCheck[], differs: Partial<SliceGuardrail> = {}): SliceGuardrail => ({
  id: 'grd_1',
  name: 'No addresses',
  position: 0,
  scope: { type: 'account' },
  onFailure: 'closed',
  checks,
  ...differs,
})

type Answering = Parameters<typeof upstream>[0]
const started = async (
  guardrails: SliceGuardrail[],
  answer: Answering,
  kind: 'openai-compatible' | 'anthropic' = 'openai-compatible',
  logContent = false,
) => {
  const up = await upstream(answer)
  stops.push(up.close)
  const account = accountSlice()
  const running = await runGateway([
    platformSlice({ connections: [connectionTo(up.url, { kind })], models: [modelNamed('small')] }),
    accountSlice({ guardrails, account: { ...account.account, logContent } }),
  ])
  stops.push(running.stop)
  const record = async () => {
    await until(() => running.ledger.records.size > 0, 'the record')
    return [...running.ledger.records.values()][0]
  }
  return { ...running, up, record }
}

const says =
  (text: string): Answering =>
  (_seen, res) =>
    sendJson(res, completion(text))
const asked = (up: Upstream) => JSON.parse(up.requests[0]?.text ?? '{}')
const streams =
  (...events: unknown[]): Answering =>
  (_seen, res: ServerResponse) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.end(sse(...events))
  }
const eventsOf = (text: string): Record<string, never>[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
const contentOf = (text: string): string =>
  eventsOf(text)
    .map((event: { choices?: { delta?: { content?: string } }[] }) => event.choices?.[0]?.delta?.content ?? '')
    .join('')

describe('a request', () => {
  test('reaches the provider masked, and is the same bytes elsewhere', async () => {
    const { url, up, record } = await started([guardrail([emails('mask')])], says('fine'))
    const raw = `{"model" : "small", "seed":12345678901234567890,\n "messages":[{"role":"user","content":"Write to \\u0061da@example.com, 世界"}],"user":"u@example.com"}`
    const answer = await send(url, '/v1/chat/completions', { raw })
    expect(answer.status).toBe(200)
    expect(up.requests[0]?.text).toBe(raw.replace('\\u0061da@example.com', '[EMAIL]'))
    expect((await record())?.verdicts).toEqual([
      {
        guardrailId: 'grd_1',
        guardrail: 'No addresses',
        check: 'pii',
        direction: 'input',
        action: 'mask',
        found: { email: 1 },
      },
    ])
  })

  test.each([
    ['openai', '/v1/chat/completions'],
    ['anthropic', '/v1/messages'],
  ] as const)('is refused in the words of %s, and neither told nor kept is what was found', async (dialect, path) => {
    const { url, up, record } = await started([guardrail([emails('block')])], says('never'), 'openai-compatible', true)
    const body = {
      model: 'small',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'My card: 4111 1111 1111 1111' }],
    }
    const answer = await send(url, path, { body })
    const { error } = JSON.parse(answer.text)
    expect(answer.status).toBe(400)
    expect(answer.headers['x-should-retry']).toBe('false')
    expect(dialect === 'openai' ? error.code : error.details.error_code).toBe('guardrail.blocked')
    expect(error.message).toContain("'No addresses'")
    expect(error.message).toContain('credit card')
    expect(up.requests).toEqual([])
    const kept = await record()
    expect(kept).toMatchObject({ status: 'denied', errorCode: 'guardrail.blocked', creditMicros: '0' })
    expect(kept?.steps.at(-1)).toMatchObject({ layer: 'guardrail', rule: 'guardrail.pii', verdict: 'deny' })
    expect(kept?.content?.request).toContain('[CREDIT_CARD]')
    expect(`${answer.text}${JSON.stringify(kept)}`).not.toContain('4111')
  })

  test('is looked at where texts are, and tools are told from people', async () => {
    const { url, up, record } = await started([guardrail([emails('mask', ['tool_results'])])], says('fine'))
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'user@example.com' }] },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call@example.com', type: 'function', function: { name: 'find', arguments: '{"of":"a"}' } }],
      },
      { content: 'found: tool@example.com', role: 'tool', tool_call_id: 'call@example.com' },
    ]
    await send(url, '/v1/chat/completions', { body: { model: 'small', messages } })
    expect(asked(up).messages).toEqual([messages[0], messages[1], { ...messages[2], content: 'found: [EMAIL]' }])
    expect((await record())?.verdicts?.[0]?.direction).toBe('tool_results')
  })

  test('hides no text behind a capital letter, an escape, an address or a file', async () => {
    const { url, up } = await started([guardrail([emails('mask')])], says('fine'))
    const raw = `{"model":"small","m\\u0065ssages":[{"role":"user","content":[
      {"type":"text","text":"data:ada@example.com"},
      {"type":"document","source":{"data":"ada@example.com","media_type":"text/plain","type":"text"}},
      {"functionResponse":{"name":"find","response":{"name":"ada@example.com","id":"ada@example.com"}}}]}],
      "Messages":[{"content":"ada@example.com"}],"user":"u"}`
    await send(url, '/v1/chat/completions', { raw })
    expect(up.requests[0]?.text).toBe(raw.replaceAll('ada@example.com', '[EMAIL]'))
  })

  test('of another team, key or model is not looked at', async () => {
    for (const [scope, held] of [
      [{ type: 'team', id: 'team_1' }, true],
      [{ type: 'team', id: 'team_2' }, false],
      [{ type: 'org', id: 'org_1' }, true],
      [{ type: 'key', id: 'key_ada' }, true],
      [{ type: 'key', id: 'key_other' }, false],
      [{ type: 'model', model: 'small' }, true],
      [{ type: 'model', model: 'large' }, false],
    ] as const) {
      const { url } = await started([guardrail([emails('block')], { scope })], says('fine'))
      const answer = await chat(url, { messages: [{ role: 'user', content: 'a@example.com' }] })
      expect([scope, answer.status]).toEqual([scope, held ? 400 : 200])
    }
  })

  test('that is flagged passes, and its answer says which guardrail has something to say', async () => {
    const { url, up } = await started([guardrail([emails('flag'), { ...emails('log') }])], says('fine'))
    const answer = await chat(url, { messages: [{ role: 'user', content: 'a@example.com' }] })
    expect(answer.headers['x-guardrail-flagged']).toBe('grd_1')
    expect(asked(up).messages[0].content).toBe('a@example.com')
  })

  test('meets guardrails in their order', async () => {
    const first = guardrail([{ kind: 'words', words: ['a@example.com'], action: 'mask', on: ['input'] }], {
      id: 'grd_2',
      position: 1,
    })
    const { url, up } = await started([guardrail([emails('mask')], { position: 2 }), first], says('fine'))
    await chat(url, { messages: [{ role: 'user', content: 'a@example.com b@example.com' }] })
    expect(asked(up).messages[0].content).toBe('[WORD] [EMAIL]')
  })
})

describe('a whole answer', () => {
  test('is masked in its text, its reasoning and its tool calls, whose arguments stay JSON', async () => {
    const answer = completion('To ada@example.com')
    const message = {
      role: 'assistant',
      content: 'To ada@example.com',
      reasoning_content: 'she is ada@example.com',
      tool_calls: [
        {
          id: 'call_1',
          type: 'function',
          function: { name: 'mail', arguments: '{"to":"ada@example.com","card":4111111111111111}' },
        },
      ],
    }
    const { url, record } = await started([guardrail([emails('mask')])], (_seen, res) =>
      sendJson(res, { ...answer, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }),
    )
    const said = JSON.parse((await chat(url)).text).choices[0].message
    expect(said).toMatchObject({ content: 'To [EMAIL]', reasoning_content: 'she is [EMAIL]' })
    expect(JSON.parse(said.tool_calls[0].function.arguments)).toEqual({ to: '[EMAIL]', card: '[CREDIT_CARD]' })
    expect((await record())?.verdicts).toMatchObject([
      { direction: 'output', found: { email: 2 } },
      { direction: 'tool_calls', found: { email: 1, credit_card: 1 } },
    ])
  })

  test('that is blocked does not reach the caller, and is paid', async () => {
    const { url, record } = await started(
      [guardrail([emails('block', ['output'])])],
      says('To ada@example.com'),
      'openai-compatible',
      true,
    )
    const answer = await chat(url)
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, 'guardrail.blocked'])
    const kept = await record()
    expect(kept).toMatchObject({ status: 'denied', tokens: { input: 10, output: 5 } })
    expect(Number(kept?.creditMicros)).toBeGreaterThan(0)
    expect(`${answer.text}${JSON.stringify(kept)}`).not.toContain('ada@')
  })

  test('in Anthropic’s words is masked in its blocks, and a name of an argument is no name of a tool', async () => {
    const { url } = await started(
      [guardrail([emails('mask')])],
      (_seen, res) =>
        sendJson(res, {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [
            { type: 'thinking', thinking: 'ada@example.com', signature: 'ada@example.com' },
            { type: 'text', text: 'ada@example.com' },
            {
              type: 'tool_use',
              id: 'toolu_1',
              name: 'mail',
              input: { name: 'ada@example.com', list: ['ada@example.com', 1] },
            },
          ],
          stop_reason: 'tool_use',
          usage: { input_tokens: 1, output_tokens: 1 },
        }),
      'anthropic',
    )
    const answer = await send(url, '/v1/messages', {
      body: { model: 'small', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
    })
    expect(JSON.parse(answer.text).content).toEqual([
      { type: 'thinking', thinking: '[EMAIL]', signature: 'ada@example.com' },
      { type: 'text', text: '[EMAIL]' },
      { type: 'tool_use', id: 'toolu_1', name: 'mail', input: { name: '[EMAIL]', list: ['[EMAIL]', 1] } },
    ])
  })

  test('must have the form its schema asks for', async () => {
    const schema: GuardrailCheck = {
      kind: 'json_schema',
      schema: { type: 'object', required: ['a'] },
      action: 'block',
      on: ['output'],
    }
    const { url: good } = await started([guardrail([schema])], says('{"a":1}'))
    expect((await chat(good)).status).toBe(200)
    const { url: bad } = await started([guardrail([schema])], says('Sure! {"a":1}'))
    expect(JSON.parse((await chat(bad)).text).error.code).toBe('guardrail.blocked')
  })
})

describe('a stream', () => {
  test('is masked however the provider cuts its words', async () => {
    const text = 'Write to ada@example.com or pay with 4111 1111 1111 1111. Ende 🎉 gut.'
    const whole = 'Write to [EMAIL] or pay with [CREDIT_CARD]. Ende 🎉 gut.'
    const script: { pieces: string[] } = { pieces: [] }
    const { url } = await started([guardrail([emails('mask')])], (seen, res) =>
      streams(...script.pieces.map((piece) => chunk(piece)), chunk('', 'stop'), '[DONE]')(seen, res),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 8 }), async (at) => {
        const places = [...new Set([...at, text.length])].sort((a, b) => a - b)
        script.pieces = places.map((to, i) => text.slice(i === 0 ? 0 : places[i - 1], to))
        const answer = await chat(url, { stream: true })
        expect(contentOf(answer.text)).toBe(whole)
        expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('passes byte for byte where nothing is found and nothing can begin', async () => {
    const sent = [chunk('One sentence. '), chunk('And another. ', null), chunk('', 'stop'), '[DONE]']
    const { url } = await started([guardrail([emails('mask')])], streams(...sent))
    const answer = await chat(url, { stream: true, stream_options: { include_usage: true } })
    expect(answer.text).toBe(sse(...sent))
  })

  test('ends with a clear error where it is blocked, is paid, and shows nothing of what was found', async () => {
    const { url, record } = await started(
      [guardrail([emails('block')])],
      streams(chunk('Write to '), chunk('ada@exam'), chunk('ple.com '), chunk('now'), chunk('', 'stop'), '[DONE]'),
      'openai-compatible',
      true,
    )
    const answer = await chat(url, { stream: true })
    expect(contentOf(answer.text)).toBe('Write to ')
    expect(eventsOf(answer.text).at(-1)).toMatchObject({ error: { code: 'guardrail.blocked' } })
    expect(answer.text).not.toContain('[DONE]')
    const kept = await record()
    expect(kept).toMatchObject({ status: 'denied', errorCode: 'guardrail.blocked', httpStatus: 200 })
    expect(Number(kept?.creditMicros)).toBeGreaterThan(0)
    expect(JSON.stringify(kept)).not.toContain('ada@')
  })

  test('of a tool call stays JSON, and reasoning is looked at too', async () => {
    const delta = (of: unknown, finish: string | null = null) => ({
      ...chunk(''),
      choices: [{ index: 0, delta: of, finish_reason: finish }],
    })
    const args = (text: string, more = {}) =>
      delta({ tool_calls: [{ index: 0, function: { arguments: text }, ...more }] })
    const { url } = await started(
      [guardrail([emails('mask')])],
      streams(
        delta({ reasoning_content: 'ask ada@exa' }),
        delta({ reasoning_content: 'mple.com' }),
        args('', { id: 'call_1', type: 'function' }),
        args('{"to":"ada@'),
        args('example.com","card":41111111'),
        args('11111111}'),
        delta({}, 'tool_calls'),
        '[DONE]',
      ),
    )
    const events = eventsOf((await chat(url, { stream: true })).text) as unknown as {
      choices: { delta: { reasoning_content?: string; tool_calls?: { function: { arguments?: string } }[] } }[]
    }[]
    const deltas = events.map(({ choices }) => choices[0]?.delta)
    expect(deltas.map((one) => one?.reasoning_content ?? '').join('')).toBe('ask [EMAIL]')
    const written = deltas
      .flatMap((one) => one?.tool_calls ?? [])
      .map((call) => call.function.arguments ?? '')
      .join('')
    expect(JSON.parse(written)).toEqual({ to: '[EMAIL]', card: '[CREDIT_CARD]' })
  })

  test.each(['anthropic', 'openai-compatible'] as const)('to a caller of Anthropic is masked over %s', async (kind) => {
    const block = (index: number, type: string, field: string, pieces: string[], start = {}) => [
      { type: 'content_block_start', index, content_block: { type, ...start } },
      ...pieces.map((piece) => ({
        type: 'content_block_delta',
        index,
        delta: { type: field === 'partial_json' ? 'input_json_delta' : `${field}_delta`, [field]: piece },
      })),
      { type: 'content_block_stop', index },
    ]
    const anthropic = [
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          usage: { input_tokens: 1, output_tokens: 1 },
        },
      },
      ...block(0, 'text', 'text', ['To ada@', 'example.com'], { text: '' }),
      ...block(1, 'tool_use', 'partial_json', ['{"to":"ada@ex', 'ample.com"}'], {
        id: 'toolu_1',
        name: 'mail',
        input: {},
      }),
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } },
      { type: 'message_stop' },
    ]
    const call = (args: string, more = {}) => ({
      ...chunk(''),
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [
              { index: 0, ...more, function: { ...('id' in more ? { name: 'mail' } : {}), arguments: args } },
            ],
          },
          finish_reason: null,
        },
      ],
    })
    const openai = [
      chunk('To ada@'),
      chunk('example.com'),
      call('{"to":"ada@ex', { id: 'toolu_1', type: 'function' }),
      call('ample.com"}'),
      chunk('', 'tool_calls'),
      '[DONE]',
    ]
    const { url } = await started(
      [guardrail([emails('mask')])],
      (seen, res) => {
        if (kind !== 'anthropic') return streams(...openai)(seen, res)
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.end(anthropic.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
      },
      kind,
    )
    const body = { model: 'small', max_tokens: 99, stream: true, messages: [{ role: 'user', content: 'x' }] }
    const { text } = await send(url, '/v1/messages', { body })
    const events = eventsOf(text) as unknown as { type: string; delta?: { text?: string; partial_json?: string } }[]
    expect(events.map(({ delta }) => delta?.text ?? '').join('')).toBe('To [EMAIL]')
    expect(JSON.parse(events.map(({ delta }) => delta?.partial_json ?? '').join(''))).toEqual({ to: '[EMAIL]' })
    expect(events.at(-1)?.type).toBe('message_stop')
    expect(text).not.toContain('ada@')
  })

  test('without a last event gives out what it held back', async () => {
    const { url } = await started(
      [guardrail([emails('mask')])],
      streams(chunk('Write to ada@example.com'), {
        ...chunk(''),
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      }),
    )
    expect(contentOf((await chat(url, { stream: true })).text)).toBe('Write to [EMAIL]')
  })

  test('ends after its limit of characters', async () => {
    const limit: GuardrailCheck = { kind: 'length', charsMax: 10, action: 'block', on: ['output'] }
    const { url } = await started(
      [guardrail([limit])],
      streams(chunk('12345'), chunk('6789012345'), chunk('', 'stop'), '[DONE]'),
    )
    const { text } = await chat(url, { stream: true })
    expect(contentOf(text)).toBe('1234567890')
    expect(eventsOf(text).at(-1)).toMatchObject({ error: { code: 'guardrail.blocked' } })
  })
})

test('without guardrails nothing is looked through', async () => {
  const { url, record } = await started([], says('ada@example.com'))
  expect((await chat(url)).text).toContain('ada@example.com')
  const kept = await record()
  expect(kept?.verdicts).toBeUndefined()
  expect(kept?.spans.map(({ name }) => name)).not.toContain('guardrails')
})

test('verdicts are counted for Prometheus', async () => {
  const { url, gateway, record } = await started([guardrail([emails('mask')])], says('fine'))
  await chat(url, { messages: [{ role: 'user', content: 'a@example.com' }] })
  await record()
  expect(gateway.metrics()).toContain('cockpit_guardrail_verdicts_total{check="pii",direction="input",action="mask"} 1')
})
