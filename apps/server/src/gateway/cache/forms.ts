/** An answer in another form than it came in, in the same dialect. Null for what cannot be said so: then it is no answer. */
import {
  asList,
  asRecord,
  asText,
  type CallerDialectId,
  createSseParser,
  encodeData,
  isRecord,
  type Json,
  parseJson,
  type Usage,
} from '../dialects/index.ts'
import { usageToOpenai } from '../dialects/usage.ts'
import type { Form, Kept } from './store.ts'

export const inForm = (kept: Kept, form: Form, dialect: CallerDialectId): Buffer | null => {
  if (kept.form === form) return kept.body
  if (dialect !== 'openai' && dialect !== 'anthropic') return null
  const whole =
    kept.form === 'whole' ? parseJson(kept.body.toString('utf8')) : wholeOf[dialect](eventsOf(kept.body), kept.usage)
  if (!isRecord(whole)) return null
  if (form === 'whole') return Buffer.from(JSON.stringify(whole))
  const events = streamOf[dialect](whole, form === 'stream_with_usage')
  return events === null ? null : Buffer.from(events)
}

/** A streamed answer in one piece; null where that cannot be said. */
export const wholeOfStream = (body: Buffer, dialect: CallerDialectId, usage: Usage): Buffer | null =>
  inForm({ ...{ form: 'stream', body, usage }, contentType: '', at: 0, until: 0 }, 'whole', dialect)

const eventsOf = (body: Buffer): Json[] => {
  const parser = createSseParser()
  const events = [...parser.push(body), ...parser.end()]
  return events.flatMap(({ data }) => {
    const event = parseJson(data)
    return isRecord(event) ? [event] : []
  })
}

type Choice = { index: number; message: Json; calls: Map<number, Json>; finish: unknown; logprobs: Json | null }

const textFields = new Set(['content', 'refusal', 'reasoning_content', 'reasoning'])

const openaiWhole = (events: readonly Json[], usage: Usage): Json | null => {
  const choices = new Map<number, Choice>()
  const head = events[0]
  if (!head) return null
  for (const event of events)
    for (const part of asList(event.choices)) {
      const piece = asRecord(part)
      const index = Number(piece.index ?? 0)
      const choice = choices.get(index) ?? newChoice(index)
      choices.set(index, choice)
      if (!addDelta(choice, asRecord(piece.delta))) return null
      choice.finish = piece.finish_reason ?? choice.finish
      if (isRecord(piece.logprobs)) choice.logprobs = joined(choice.logprobs, piece.logprobs)
    }
  const { id, created, model, service_tier, system_fingerprint } = head
  return {
    ...{ id, object: 'chat.completion', created, model, service_tier, system_fingerprint },
    choices: [...choices.values()].map(({ index, message, calls, finish, logprobs }) => ({
      index,
      message: {
        ...{ role: 'assistant', content: null, refusal: null, ...message },
        ...(calls.size > 0 && { tool_calls: [...calls.values()] }),
      },
      logprobs,
      finish_reason: finish,
    })),
    usage: usageToOpenai(usage),
  }
}

const newChoice = (index: number): Choice => ({ index, message: {}, calls: new Map(), finish: null, logprobs: null })

const joined = (before: Json | null, more: Json): Json => ({
  content: [...asList(before?.content), ...asList(more.content)],
  refusal: more.refusal ?? null,
})

const addDelta = ({ message, calls }: Choice, delta: Json): boolean => {
  for (const [field, value] of Object.entries(delta)) {
    if (value == null) continue
    if (field === 'role') message.role = value
    else if (field === 'tool_calls') for (const part of asList(value)) addCall(calls, asRecord(part))
    else if (textFields.has(field) && typeof value === 'string') message[field] = (asText(message[field]) ?? '') + value
    else return false
  }
  return true
}

const addCall = (calls: Map<number, Json>, { index, function: told, ...call }: Json): void => {
  const at = Number(index ?? 0)
  const before = calls.get(at) ?? { id: null, type: 'function', function: { name: '', arguments: '' } }
  const known = asRecord(before.function)
  const { name, arguments: more } = asRecord(told)
  calls.set(at, {
    ...before,
    ...call,
    function: { ...known, ...(name != null && { name }), arguments: `${known.arguments}${more ?? ''}` },
  })
}

const openaiStream = (whole: Json, withUsage: boolean): string => {
  const { choices, usage, ...rest } = whole
  const head = { ...rest, object: 'chat.completion.chunk' }
  const chunk = (index: unknown, delta: Json, finish: unknown, logprobs: unknown = null) =>
    dataOf({ ...head, choices: [{ index, delta, logprobs, finish_reason: finish }], ...(withUsage && { usage: null }) })
  const parts = asList(choices).map((part) => {
    const { index, message, finish_reason, logprobs } = asRecord(part)
    const { tool_calls, ...said } = asRecord(message)
    const calls = asList(tool_calls).map((call, at) => ({ index: at, ...asRecord(call) }))
    const delta = { ...said, ...(calls.length > 0 && { tool_calls: calls }) }
    return chunk(index, delta, null, logprobs ?? null) + chunk(index, {}, finish_reason)
  })
  const last = withUsage ? dataOf({ ...head, choices: [], usage }) : ''
  return `${parts.join('')}${last}data: [DONE]\n\n`
}

const anthropicWhole = (events: readonly Json[]): Json | null => {
  let message: Json = {}
  const blocks: Json[] = []
  for (const event of events) {
    const at = Number(event.index ?? 0)
    if (event.type === 'message_start') message = asRecord(event.message)
    else if (event.type === 'content_block_start') blocks[at] = asRecord(event.content_block)
    else if (event.type === 'content_block_delta') {
      const block = withDelta(blocks[at] ?? {}, asRecord(event.delta))
      if (!block) return null
      blocks[at] = block
    } else if (event.type === 'content_block_stop' && blocks[at]?.type === 'tool_use')
      blocks[at] = withInput(blocks[at])
    else if (event.type === 'message_delta')
      message = {
        ...message,
        ...asRecord(event.delta),
        usage: { ...asRecord(message.usage), ...asRecord(event.usage) },
      }
  }
  return message.id === undefined ? null : { ...message, content: blocks }
}

const withDelta = (block: Json, delta: Json): Json | null => {
  const more = (field: string, text: unknown) => ({
    ...block,
    [field]: (asText(block[field]) ?? '') + (asText(text) ?? ''),
  })
  if (delta.type === 'text_delta') return more('text', delta.text)
  if (delta.type === 'thinking_delta') return more('thinking', delta.thinking)
  if (delta.type === 'signature_delta') return more('signature', delta.signature)
  if (delta.type === 'input_json_delta' && block.type === 'tool_use') return more(writtenInput, delta.partial_json)
  return null
}

/** While it comes in, beside the empty one it began with. */
const writtenInput = 'input_json'

const withInput = ({ [writtenInput]: written, ...block }: Json): Json =>
  typeof written === 'string' && written !== '' ? { ...block, input: parseJson(written) ?? {} } : block

const anthropicStream = (whole: Json): string | null => {
  const { content, usage, stop_reason, stop_sequence, ...head } = whole
  const event = (type: string, fields: Json) => `event: ${type}\n${dataOf({ type, ...fields })}`
  const start = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...asRecord(usage), output_tokens: 0 },
  }
  let out = event('message_start', { message: start })
  for (const [index, part] of asList(content).entries()) {
    const said = piecesOf(asRecord(part))
    if (!said) return null
    out += event('content_block_start', { index, content_block: said.empty })
    for (const delta of said.deltas) out += event('content_block_delta', { index, delta })
    out += event('content_block_stop', { index })
  }
  return out + event('message_delta', { delta: { stop_reason, stop_sequence }, usage }) + event('message_stop', {})
}

const piecesOf = (block: Json): { empty: Json; deltas: Json[] } | null => {
  if (block.type === 'text' && !block.citations)
    return { empty: { ...block, text: '' }, deltas: [{ type: 'text_delta', text: block.text }] }
  if (block.type === 'tool_use') {
    const written = { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
    return { empty: { ...block, input: {} }, deltas: [written] }
  }
  if (block.type === 'redacted_thinking') return { empty: block, deltas: [] }
  if (block.type !== 'thinking') return null
  const deltas = [
    { type: 'thinking_delta', thinking: block.thinking },
    ...(block.signature ? [{ type: 'signature_delta', signature: block.signature }] : []),
  ]
  return { empty: { type: 'thinking', thinking: '', signature: '' }, deltas }
}

const dataOf = (event: Json): string => encodeData(JSON.stringify(event))

const wholeOf = { openai: openaiWhole, anthropic: anthropicWhole }
const streamOf = { openai: openaiStream, anthropic: anthropicStream }
