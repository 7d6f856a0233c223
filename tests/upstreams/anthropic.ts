/** Answers in Anthropic's wire format. */
import { type Answer, piecesOf, type StreamEvent, tokensOf, type Usage, usageOf } from './answer.ts'
import type { Recorded } from './record.ts'

export const SIGNATURE = 'c2lnbmVkLWJ5LXRoZS10ZXN0LXVwc3RyZWFt'

export function messageBody(reply: Answer, request: Recorded, id: string): object {
  const usage = usageOf(reply, request.body?.messages)
  const content = [
    ...(reply.thinking === undefined ? [] : [{ type: 'thinking', thinking: reply.thinking, signature: SIGNATURE }]),
    ...(reply.text ? [{ type: 'text', text: reply.text }] : []),
    ...reply.tools.map((tool) => ({ type: 'tool_use', id: tool.id, name: tool.name, input: tool.arguments })),
  ]
  const head = { id: `msg_${id}`, type: 'message', role: 'assistant', model: request.model, content }
  return { ...head, ...stopOf(reply), ...(usage && { usage: wireUsage(usage) }), ...reply.extra }
}

export function messageEvents(reply: Answer, request: Recorded, id: string): StreamEvent[] {
  const usage = usageOf(reply, request.body?.messages)
  const start = usage && { ...wireUsage(usage), output_tokens: Math.min(1, usage.output) }
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...(start && { usage: start }),
    ...reply.extra,
  }
  const blocks: StreamEvent[] = []
  let index = 0
  const block = (opened: object, deltas: object[]) => {
    blocks.push(event('content_block_start', { index, content_block: opened }))
    blocks.push(...deltas.map((delta) => event('content_block_delta', { index, delta })))
    blocks.push(event('content_block_stop', { index }))
    index++
  }
  if (reply.thinking !== undefined) {
    const thinking = { type: 'thinking_delta', thinking: reply.thinking }
    block({ type: 'thinking', thinking: '', signature: '' }, [
      thinking,
      { type: 'signature_delta', signature: SIGNATURE },
    ])
  }
  if (reply.text)
    block(
      { type: 'text', text: '' },
      piecesOf(reply).map((text) => ({ type: 'text_delta', text })),
    )
  for (const tool of reply.tools) {
    const fragments = ['', ...(JSON.stringify(tool.arguments).match(/[\s\S]{1,7}/g) ?? [])]
    const deltas = fragments.map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    block({ type: 'tool_use', id: tool.id, name: tool.name, input: {} }, deltas)
  }
  return [
    event('message_start', { message }),
    event('ping', {}),
    ...blocks,
    event('message_delta', { delta: stopOf(reply), ...(usage && { usage: { output_tokens: usage.output } }) }),
    event('message_stop', {}),
  ]
}

export function countBody(request: Recorded): object {
  return { input_tokens: tokensOf(JSON.stringify([request.body?.system, request.body?.messages, request.body?.tools])) }
}

export function modelsBody(models: string[]): object {
  const data = models.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }))
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
}

export function errorBody(status: number, message: string): object {
  const types: Record<number, string> = {
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    503: 'overloaded_error',
    529: 'overloaded_error',
  }
  const type = types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message }, request_id: 'req_upstream' }
}

function event(name: string, rest: object): StreamEvent {
  return { name, data: JSON.stringify({ type: name, ...rest }) }
}

function stopOf(reply: Answer): { stop_reason: string; stop_sequence: string | null } {
  if (reply.stopSequence !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: reply.stopSequence }
  const reasons = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal' }
  return { stop_reason: reasons[reply.finish ?? (reply.tools.length ? 'tool_calls' : 'stop')], stop_sequence: null }
}

/** Anthropic's `input_tokens` are the ones neither read from nor written to a cache. */
function wireUsage(usage: Usage) {
  const { cached = 0, cacheWrite = 0 } = usage
  return {
    input_tokens: usage.input - cached - cacheWrite,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: usage.output,
  }
}
