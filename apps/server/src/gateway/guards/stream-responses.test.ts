/** Guardrails over streams of responses: what is masked in the pieces is masked wherever the text is repeated. */
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { guardOf } from '@cockpit/policy'
import { expect, test } from 'vitest'
import { createStreamTranslator } from '../dialects/index.ts'
import { createStreamGuard } from './stream.ts'

const masking: SliceGuardrail = {
  id: 'grd_1',
  name: 'No addresses',
  position: 0,
  scope: { type: 'account' },
  onFailure: 'closed',
  checks: [{ kind: 'pii', kinds: ['email'], action: 'mask', on: ['output', 'tool_calls'] }],
}

const address = 'ada@example.com'
const pieces = ['Write to a', 'da@exam', 'ple.com', ' or wait.']

/** A response that thinks, speaks and calls, each with an address in it that comes in pieces. */
const streamed = (): Buffer => {
  const facts = { model: 'm', id: '1', created: 1, includeUsage: true, inputTokens: 1, requestId: 'req_1' }
  const way = { caller: 'responses', provider: 'openai', operation: 'chat' } as const
  const translator = createStreamTranslator(way, facts)
  const deltas = [
    ...pieces.map((text) => ({ reasoning_content: text })),
    ...pieces.map((text) => ({ content: text })),
    { tool_calls: [{ index: 0, id: 'call_a', function: { name: 'mail', arguments: '{"to":"' } }] },
    ...pieces.map((text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
    { tool_calls: [{ index: 0, function: { arguments: '"}' } }] },
  ]
  const say = (data: object | string) =>
    translator?.push({ event: undefined, data: typeof data === 'string' ? data : JSON.stringify(data) }) ?? ''
  const said = deltas.map((delta) => say({ choices: [{ index: 0, delta }] }))
  const end = say({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }) + say('[DONE]')
  return Buffer.from(said.join('') + end)
}

const guarded = (bytes: Buffer, cuts: readonly Buffer[]): string => {
  const guard = guardOf([masking])
  if (!guard) throw new Error('it looks at answers')
  const stream = createStreamGuard(guard, 'responses')
  const out = cuts.map((cut) => stream.push(cut)).join('') + stream.end()
  expect(bytes.length).toBeGreaterThan(0)
  return out
}

const eventsOf = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []))

test('an address is masked in thought, text and call, in pieces and wherever they are repeated, and events stay numbered', () => {
  const bytes = streamed()
  const out = guarded(bytes, [bytes])
  expect(bytes.toString()).toContain(address)
  expect(out).not.toContain(address)
  const events = eventsOf(out)
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
  const masked = 'Write to [EMAIL] or wait.'
  const whole = (type: string) =>
    events
      .filter((event) => event.type === type)
      .map(({ delta }) => delta)
      .join('')
  expect(whole('response.reasoning_summary_text.delta')).toBe(masked)
  expect(whole('response.output_text.delta')).toBe(masked)
  expect(JSON.parse(whole('response.function_call_arguments.delta'))).toEqual({ to: masked })
  const { response } = events.at(-1)
  expect(response.output).toMatchObject([
    { type: 'reasoning', summary: [{ text: masked }] },
    { type: 'message', content: [{ type: 'output_text', text: masked }] },
    { type: 'function_call', arguments: JSON.stringify({ to: masked }) },
  ])
  const done = (type: string) => events.filter((event) => event.type === type)
  expect(done('response.output_text.done')).toMatchObject([{ text: masked }])
  expect(done('response.output_item.done').map(({ item }) => item)).toEqual(response.output)
})

test('what goes out is the same wherever the stream is cut', () => {
  const bytes = streamed()
  const whole = guarded(bytes, [bytes])
  expect(
    guarded(
      bytes,
      Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
    ),
  ).toBe(whole)
  for (let at = 1; at < bytes.length; at += 7)
    expect(guarded(bytes, [bytes.subarray(0, at), bytes.subarray(at)])).toBe(whole)
})

test('a response without anything to mask says what it said', () => {
  const plain = Buffer.from(streamed().toString().replaceAll('exam', 'ex am'))
  const { response } = eventsOf(plain.toString()).at(-1)
  expect(eventsOf(guarded(plain, [plain])).at(-1)?.response).toEqual(response)
})
