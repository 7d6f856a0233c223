/** Answers in OpenAI's wire format. */
import { type Answer, piecesOf, type StreamEvent, tokensOf, type Usage, usageOf } from './answer.ts'
import type { Recorded } from './record.ts'

const CREATED = 1_760_000_000

export function chatBody(reply: Answer, request: Recorded, id: string): object {
  const usage = usageOf(reply, request.body?.messages)
  const message = {
    role: 'assistant',
    content: reply.text || (reply.tools.length ? null : ''),
    ...(reply.thinking !== undefined && { reasoning_content: reply.thinking }),
    refusal: null,
    ...(reply.tools.length && {
      tool_calls: reply.tools.map((tool) => ({ id: tool.id, type: 'function', function: functionOf(tool) })),
    }),
  }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishOf(reply) }]
  const head = { id: `chatcmpl-${id}`, object: 'chat.completion', created: CREATED, model: request.model }
  return { ...head, choices, ...(usage && { usage: wireUsage(usage) }), system_fingerprint: 'fp_test', ...reply.extra }
}

export function chatEvents(reply: Answer, request: Recorded, id: string): StreamEvent[] {
  const usage = usageOf(reply, request.body?.messages)
  const asked = request.body?.stream_options?.include_usage === true
  const own =
    usage && (reply.usageAt === 'always' || ((reply.usageAt === 'asked' || reply.usageAt === 'azure') && asked))
  const head = {
    id: `chatcmpl-${id}`,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: request.model,
    system_fingerprint: 'fp_test',
  }
  const chunk = (rest: object): StreamEvent => ({
    data: JSON.stringify({ ...head, ...(own && { usage: null }), ...rest }),
  })
  const delta = (delta: object, rest: object = {}) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: null }], ...rest })
  const last = { choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: finishOf(reply) }] }

  return [
    ...(reply.usageAt === 'azure' ? [chunk({ id: '', model: '', choices: [], prompt_filter_results: [] })] : []),
    delta({ role: 'assistant', content: reply.tools.length && !reply.text ? null : '' }, reply.extra),
    ...(reply.thinking === undefined ? [] : [delta({ reasoning_content: reply.thinking })]),
    ...piecesOf(reply).map((content) => delta({ content })),
    ...toolDeltas(reply).map((tool_calls) => delta({ tool_calls: [tool_calls] })),
    chunk(usage && reply.usageAt === 'last-choice' ? { ...last, usage: wireUsage(usage) } : last),
    ...(own && usage ? [chunk({ choices: [], usage: wireUsage(usage) })] : []),
    { data: '[DONE]' },
  ]
}

/** Tools open one after the other; then their arguments come in fragments that alternate between them. */
function toolDeltas(reply: Answer): object[] {
  const opened = reply.tools.map((tool, index) => ({
    index,
    id: tool.id,
    type: 'function',
    function: { name: tool.name, arguments: '' },
  }))
  const fragments = reply.tools.map((tool) => JSON.stringify(tool.arguments).match(/[\s\S]{1,7}/g) ?? [])
  const longest = Math.max(0, ...fragments.map((list) => list.length))
  const deltas: object[] = [...opened]
  for (let at = 0; at < longest; at++) {
    fragments.forEach((list, index) => {
      const fragment = list[at]
      if (fragment !== undefined) deltas.push({ index, function: { arguments: fragment } })
    })
  }
  return deltas
}

export function embeddingsBody(request: Recorded, usage: Usage | null | undefined): object {
  const { input, encoding_format: format, dimensions = 8 } = request.body ?? {}
  const inputs: unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  const data = inputs.map((text, index) => {
    const vector = vectorOf(JSON.stringify(text), dimensions)
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
    return { object: 'embedding', index, embedding }
  })
  const tokens =
    usage === undefined ? inputs.reduce<number>((sum, text) => sum + tokensOf(JSON.stringify(text)), 0) : usage?.input
  return {
    object: 'list',
    data,
    model: request.model,
    ...(tokens !== undefined && { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  }
}

/** A unit vector that depends on every character of the text. */
function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (let at = 0; at < text.length; at++)
    vector[at % dimensions] = ((vector[at % dimensions] ?? 0) * 31 + text.charCodeAt(at)) % 997
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}

export function modelsBody(models: string[]): object {
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'tests' })) }
}

export function errorBody(status: number, message: string, code: string | null): object {
  const types: Record<number, string> = { 401: 'authentication_error', 429: 'requests' }
  const type = types[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
  return { error: { message, type, param: null, code } }
}

function functionOf(tool: { name: string; arguments: unknown }): object {
  return { name: tool.name, arguments: JSON.stringify(tool.arguments) }
}

function finishOf(reply: Answer): string {
  return reply.finish ?? (reply.tools.length ? 'tool_calls' : 'stop')
}

function wireUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    ...(usage.cached !== undefined && { prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 } }),
    ...(usage.reasoning !== undefined && {
      completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0 },
    }),
  }
}
