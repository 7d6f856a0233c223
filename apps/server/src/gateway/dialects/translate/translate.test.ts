import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { Untranslatable } from '../untranslatable.ts'
import { claudeAbilities } from './abilities.ts'
import { openaiToAnthropicAnswer } from './answer-to-anthropic.ts'
import { anthropicToOpenaiAnswer, textOfAnswer } from './answer-to-openai.ts'
import { openaiToAnthropicRequest } from './request-to-anthropic.ts'
import { anthropicToOpenaiRequest } from './request-to-openai.ts'
import { createAnthropicFromOpenaiStream } from './stream-to-anthropic.ts'
import { createOpenaiFromAnthropicStream } from './stream-to-openai.ts'

const user = { role: 'user', content: 'Hi' }
const toAnthropic = (body: Json, model = 'claude-sonnet-4-5', outputTokensMax?: number) =>
  openaiToAnthropicRequest({ messages: [user], ...body }, { model, outputTokensMax })
const toOpenai = (body: Json, model = 'gpt-4o') =>
  anthropicToOpenaiRequest({ max_tokens: 9, messages: [user], ...body }, { model })

const refusedParam = (work: () => unknown): string | undefined => {
  try {
    work()
  } catch (error) {
    if (error instanceof Untranslatable) return error.param
  }
  return 'not refused'
}

describe('what has no equivalent is refused by the name of its field', () => {
  test.each([
    [{ n: 2 }, 'n'],
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'function', name: 'f', content: '' }] }, 'messages[0].role'],
    [{ messages: [user, { role: 'bot', content: '' }] }, 'messages[1].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'messages[0].content[0]'],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      'messages[0].content[0].file.file_id',
    ],
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
  ])('from OpenAI: %j', (body, param) => {
    expect(refusedParam(() => toAnthropic(body))).toBe(param)
  })

  test.each([
    [{ messages: undefined }, 'messages'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
      'messages[0].content[0].source',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://x' } }] }] },
      'messages[0].content[0].source',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] },
      'messages[0].content[0].type',
    ],
  ])('from Anthropic: %j', (body, param) => {
    expect(refusedParam(() => toOpenai(body))).toBe(param)
  })

  test('an answer that is none is the provider’s fault, not the caller’s', () => {
    expect(() => openaiToAnthropicAnswer({ object: 'error' }, { model: 'm', id: 'msg_1' })).toThrow(
      expect.objectContaining({ side: 'answer' }),
    )
    expect(() => anthropicToOpenaiAnswer({ type: 'error' }, { model: 'm', id: 'x', created: 1 })).toThrow(
      expect.objectContaining({ side: 'answer' }),
    )
  })
})

describe('thinking', () => {
  test('has a budget below max_tokens and not below 1024, or none at all', () => {
    expect(toAnthropic({ reasoning_effort: 'high', max_tokens: 2000 }).body.thinking).toEqual({
      type: 'enabled',
      budget_tokens: 1999,
    })
    const small = toAnthropic({ reasoning_effort: 'high', max_tokens: 1000 })
    expect(small.body.thinking).toBeUndefined()
    expect(small.dropped).toEqual(['reasoning_effort'])
    expect(toAnthropic({ reasoning_effort: 'high' }, 'claude-opus-4-1', 8000).body).toMatchObject({
      max_tokens: 8000,
      thinking: { budget_tokens: 7999 },
    })
  })

  test('is adaptive on models that want it so, with an effort', () => {
    expect(toAnthropic({ reasoning_effort: 'minimal' }, 'claude-opus-4-6').body).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    })
    expect(toAnthropic({ reasoning_effort: 'none' }, 'claude-opus-4-6').body.thinking).toEqual({ type: 'disabled' })
    expect(toAnthropic({ reasoning_effort: 'none' }, 'claude-3-7-sonnet').body.thinking).toBeUndefined()
  })

  test('in Anthropic’s own words passes through, and leaves room for the answer', () => {
    const thinking = { type: 'enabled', budget_tokens: 20_000 }
    expect(toAnthropic({ thinking }).body).toMatchObject({ thinking, max_tokens: 24_096 })
  })

  test('with its signature survives the way through an OpenAI client and back', () => {
    const blocks = [
      { type: 'thinking', thinking: 'Hm.', signature: 'SIG==' },
      { type: 'redacted_thinking', data: 'XX' },
      { type: 'text', text: 'Yes.' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
    ]
    const answer = anthropicToOpenaiAnswer(
      { content: blocks, stop_reason: 'tool_use', usage: {} },
      { model: 'm', id: 'x', created: 1 },
    )
    const [choice] = answer.choices as { message: Json }[]
    const again = toAnthropic({
      messages: [user, choice?.message, { role: 'tool', tool_call_id: 'toolu_1', content: 'ok' }],
    })
    expect((again.body.messages as Json[])[1]).toEqual({ role: 'assistant', content: blocks })
  })

  test('without a signature is never sent to Anthropic, which would refuse it', () => {
    const message = { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' }
    expect((toAnthropic({ messages: [user, message, user] }).body.messages as Json[])[1]).toEqual({
      role: 'assistant',
      content: 'Yes.',
    })
  })

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 30_000 } }, 'high'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'high'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }, undefined],
    [{}, undefined],
  ])('of %j becomes the effort %s', (body, effort) => {
    expect(toOpenai(body, 'o4-mini').body.reasoning_effort).toBe(effort)
  })

  test('is not asked of a model whose name says that it refuses', () => {
    const asked = toOpenai({ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'gpt-4o')
    expect(asked.body.reasoning_effort).toBeUndefined()
    expect(asked.dropped).toContain('thinking')
  })
})

describe('settings', () => {
  test('of sampling stay in range, never both, and away from models that refuse them', () => {
    expect(toAnthropic({ temperature: 2 }).body.temperature).toBe(1)
    expect(toAnthropic({ top_p: 0.4 }).body).toMatchObject({ top_p: 0.4 })
    expect(toAnthropic({ temperature: 0, top_p: 1 })).toMatchObject({ body: { temperature: 0 }, dropped: [] })
    expect(toAnthropic({ temperature: 0.5 }, 'claude-opus-4-7')).toMatchObject({ dropped: ['temperature'] })
  })

  test('of tool choice have their counterparts in both directions', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const choice = (tool_choice: unknown) => toAnthropic({ tools, tool_choice }).body.tool_choice
    expect(choice('auto')).toEqual({ type: 'auto' })
    expect(choice('none')).toEqual({ type: 'none' })
    expect(choice('required')).toEqual({ type: 'any' })
    expect(choice({ type: 'function', function: { name: 'f' } })).toEqual({ type: 'tool', name: 'f' })
    expect(choice(undefined)).toBeUndefined()
    expect(toAnthropic({ tool_choice: 'required' }).body.tool_choice).toBeUndefined()
    const back = (tool_choice: unknown) =>
      toOpenai({ tools: [{ name: 'f', input_schema: {} }], tool_choice }).body.tool_choice
    expect(back({ type: 'auto' })).toBe('auto')
    expect(back({ type: 'any' })).toBe('required')
    expect(back({ type: 'none' })).toBe('none')
    expect(back({ type: 'tool', name: 'f' })).toEqual({ type: 'function', function: { name: 'f' } })
  })

  test('of a JSON schema are native where the model can, an instruction where not', () => {
    const format = (strict: boolean) => ({
      response_format: { type: 'json_schema', json_schema: { name: 'r', strict, schema: { type: 'object' } } },
    })
    expect(toAnthropic(format(true)).body.output_config).toEqual({
      format: { type: 'json_schema', schema: { type: 'object' } },
    })
    for (const { body } of [toAnthropic(format(false)), toAnthropic(format(true), 'claude-3-5-haiku-latest')]) {
      expect(body.output_config).toBeUndefined()
      expect(body.system).toContain('{"type":"object"}')
    }
  })

  test('nobody has heard of are left out and named', () => {
    expect(toAnthropic({ magic: 1, nothing: null }).dropped).toEqual(['magic'])
    expect(toOpenai({ magic: 1, top_k: 4 }).dropped).toEqual(['magic', 'top_k'])
  })

  test.each([
    ['claude-3-haiku-20240307', 'budget', true, false],
    ['claude-3-5-sonnet-20241022', 'budget', true, false],
    ['claude-opus-4-20250514', 'budget', true, false],
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'budget', true, true],
    ['claude-opus-4-6', 'adaptive', true, true],
    ['claude-opus-4.7', 'adaptive', false, true],
    ['claude-fable-5', 'adaptive', false, true],
    ['claude-haiku-5-5', 'adaptive', false, true],
    ['claude-mythos-preview', 'adaptive', false, true],
    ['qwen3-coder', 'budget', true, false],
  ])('follow from the name: %s thinks by %s', (model, thinking, sampling, structuredOutput) => {
    expect(claudeAbilities(model)).toMatchObject({ thinking, sampling, structuredOutput })
  })
})

describe('a conversation', () => {
  const call = {
    role: 'assistant',
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }
  const turns = (messages: Json[], model?: string) => toAnthropic({ messages }, model).body.messages as Json[]

  test('has tool results first in their turn, also when the user spoke in between', () => {
    const [, , last] = turns([user, call, user, { role: 'tool', tool_call_id: 'c', content: 'r' }])
    expect(last?.content).toMatchObject([{ type: 'tool_result' }, { type: 'text', text: 'Hi' }])
  })

  test('that ends in a begun answer is continued where the model can, without the white space Anthropic refuses', () => {
    const begun = [user, { role: 'assistant', content: ' The answer is \n' }]
    expect(turns(begun)[1]).toEqual({ role: 'assistant', content: ' The answer is' })
    expect(turns([user, { role: 'assistant', content: ' ' }])).toHaveLength(1)
    expect(turns(begun, 'claude-opus-4-7').at(-1)).toMatchObject({ role: 'user' })
  })

  test('of instructions alone still asks something', () => {
    expect(turns([{ role: 'system', content: 'Say hello.' }])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Say hello.' }] },
    ])
  })
})

describe('any OpenAI conversation', () => {
  const text = fc.constantFrom('', 'a', ' b ')
  const turn = fc.oneof(
    fc.record({ role: fc.constantFrom('user', 'system', 'developer', 'assistant'), content: text }),
    fc.record({
      role: fc.constant('user'),
      content: fc.array(fc.record({ type: fc.constant('text'), text }), { maxLength: 3 }),
    }),
  )
  const calls = fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }).map((ids) => [
    {
      role: 'assistant',
      content: null,
      tool_calls: ids.map((id, at) => ({
        id: `c.${id}.${at}`,
        type: 'function',
        function: { name: 'f', arguments: '{}' },
      })),
    },
    ...ids.map((id, at) => ({ role: 'tool', tool_call_id: `c.${id}.${at}`, content: 'r' })),
  ])
  const conversation = fc
    .array(
      fc.oneof(
        turn.map((one) => [one]),
        calls,
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.flat())

  test('begins with the user, alternates, is never empty, and answers each call at once', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom('claude-sonnet-4-5', 'claude-opus-4-7'), (messages, model) => {
        const turns = toAnthropic({ messages }, model).body.messages as { role: string; content: string | Json[] }[]
        expect(turns[0]?.role).toBe('user')
        let open: unknown[] = []
        for (const [at, { role, content }] of turns.entries()) {
          expect(role).not.toBe(turns[at - 1]?.role)
          const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
          expect(blocks.length).toBeGreaterThan(0)
          for (const block of blocks) if (block.type === 'text') expect(block.text).not.toBe('')
          const results = blocks.filter(({ type }) => type === 'tool_result')
          expect(results.map((block) => block.tool_use_id)).toEqual(open)
          expect(blocks.slice(0, results.length)).toEqual(results)
          open = blocks.filter(({ type }) => type === 'tool_use').map((block) => block.id)
        }
        expect(open).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('streams', () => {
  const openai = () => createOpenaiFromAnthropicStream({ model: 'm', id: 'c', created: 1, includeUsage: false })
  const anthropicStream = () => createAnthropicFromOpenaiStream({ model: 'm', id: 'msg_1' })

  test('say nothing more once they are done or have failed', () => {
    const stream = anthropicStream()
    stream.push({ event: undefined, data: '{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}' })
    stream.push({ event: undefined, data: '[DONE]' })
    expect(stream.state()).toBe('done')
    expect(stream.push({ event: undefined, data: '{"choices":[]}' }) + stream.end()).toBe('')
    const failing = openai()
    failing.push({ event: 'error', data: '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}' })
    expect(failing.state()).toBe('failed')
    expect(failing.failure()).toMatchObject({ status: 429, message: 'slow', retryable: true })
    expect(failing.end()).toBe('')
  })

  test('whose every fragment repeats the name of the tool name it once', () => {
    const stream = anthropicStream()
    const part = (args: string) => ({
      choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'look', arguments: args } }] } }],
    })
    const out = ['', '{}'].map((args) => stream.push({ event: undefined, data: JSON.stringify(part(args)) })).join('')
    expect(out).toContain('"name":"look"')
  })

  test('that never began are failures, not empty answers', () => {
    expect(anthropicStream().end()).toContain('event: error')
    expect(anthropicStream().push({ event: undefined, data: '[DONE]' })).toContain('event: error')
    expect(openai().end()).toContain('"error"')
  })

  test('without a wish for usage carry none, and one reason to finish', () => {
    const stream = openai()
    const out = [
      '{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":0}}}',
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}',
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
      '{"type":"message_stop"}',
    ]
      .map((data) => stream.push({ event: undefined, data }))
      .join('')
    expect(out).not.toContain('usage')
    expect(out.match(/"finish_reason":"stop"/g)).toHaveLength(1)
    expect(out.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('of any mixture of text, thinking and interleaved calls show one open block at a time and lose nothing', () => {
    const piece = fc.oneof(
      fc.record({ content: fc.constantFrom('a', 'b') }),
      fc.record({ reasoning_content: fc.constantFrom('x', 'y') }),
      fc.nat(2).map((index) => ({ index })),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const { out, tools } = played(pieces)
        checkBlocks(out, pieces, tools)
      }),
      { numRuns: 500 },
    )
  })
})

const argumentPieces = ['{"k', '":"', 'v}"', '}']

/** Sends the pieces as chunks; a number stands for the next fragment of the call with that index. */
function played(pieces: (Json | { index: number })[]): { out: string; tools: number[] } {
  const stream = createAnthropicFromOpenaiStream({ model: 'm', id: 'msg_1' })
  const left = new Map<number, string[]>()
  const send = (delta: Json, finish: string | null = null) =>
    stream.push({ event: undefined, data: JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] }) })
  const call = (index: number) => {
    const rest = left.get(index)
    left.set(index, rest?.slice(1) ?? argumentPieces)
    if (rest !== undefined) return send({ tool_calls: [{ index, function: { arguments: rest[0] ?? '' } }] })
    return send({ tool_calls: [{ index, id: `c${index}`, function: { name: `f${index}`, arguments: '' } }] })
  }
  let out = send({ role: 'assistant' })
  for (const piece of pieces) out += typeof piece.index === 'number' ? call(piece.index) : send(piece)
  for (const [index, rest] of left) out += send({ tool_calls: [{ index, function: { arguments: rest.join('') } }] })
  return { out: out + send({}, 'stop') + stream.push({ event: undefined, data: '[DONE]' }), tools: [...left.keys()] }
}

type Delta = { type: string; text?: string; thinking?: string; partial_json?: string }
type StreamEvent = { type: string; index?: number; content_block?: { type: string; name?: string }; delta?: Delta }

function checkBlocks(out: string, pieces: object[], tools: number[]): void {
  const events = [...out.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as StreamEvent)
  let open: number | undefined
  let next = 0
  const said = { text: '', thinking: '', inputs: [] as string[] }
  for (const { type, index, delta, content_block } of events) {
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([undefined, next++])
      open = index
      if (content_block?.type === 'tool_use') said.inputs.push(`${content_block.name}=`)
    }
    if (type === 'content_block_delta') {
      expect(index).toBe(open)
      said.text += delta?.text ?? ''
      said.thinking += delta?.thinking ?? ''
      if (delta?.partial_json) said.inputs.push(`${said.inputs.pop()}${delta.partial_json}`)
    }
    if (type === 'content_block_stop') {
      expect(index).toBe(open)
      open = undefined
    }
  }
  expect(open).toBeUndefined()
  const sent = (key: string) => pieces.map((piece) => (piece as Record<string, string>)[key] ?? '').join('')
  expect(said.text).toBe(sent('content'))
  expect(said.thinking).toBe(sent('reasoning_content'))
  expect(said.inputs.toSorted()).toEqual(tools.map((index) => `f${index}={"k":"v}"}`).toSorted())
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop'])
}

test('the text of an answer can be counted in either dialect', () => {
  const anthropic = {
    content: [
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Yes' },
      { type: 'tool_use', input: { a: 1 } },
    ],
  }
  expect(textOfAnswer(anthropic)).toBe('Hm\nYes\n{"a":1}')
  const openai = {
    choices: [{ message: { content: 'Yes', reasoning_content: 'Hm', tool_calls: [{ function: { name: 'f' } }] } }],
  }
  expect(textOfAnswer(openai)).toBe('Yes\nHm\n{"name":"f"}')
})
