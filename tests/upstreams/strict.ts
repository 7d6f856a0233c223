/** What the real providers refuse: a translation that forgets one of these rules fails here as it would there. */
import type { Recorded } from './record.ts'

type Block = { type: string; id?: string; tool_use_id?: string }
type AnthropicMessage = { role: string; content: string | Block[] }
type OpenaiMessage = { role: string; tool_call_id?: string; tool_calls?: { id: string }[] }

/** The first rule the request breaks, as a sentence; null when it breaks none. */
export function brokenRule(request: Recorded): string | null {
  if (request.operation === 'models' || request.operation === 'media') return null
  if (!request.body) return 'The body is not a JSON object.'
  if (!request.headers['content-type']?.startsWith('application/json'))
    return 'The content type must be application/json.'
  if (!request.model) return "Missing required parameter: 'model'."
  if (request.operation === 'embeddings')
    return request.body.input === undefined ? "Missing required parameter: 'input'." : null
  if (request.operation === 'responses') return brokenByResponses(request.body.input)
  const { messages } = request.body
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: at least one message is required'
  return request.dialect === 'anthropic'
    ? brokenByAnthropic(request, messages as AnthropicMessage[])
    : brokenByOpenai(messages as OpenaiMessage[])
}

function brokenByOpenai(messages: OpenaiMessage[]): string | null {
  let open = new Set<string>()
  for (const [at, message] of messages.entries()) {
    if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(message.role))
      return `messages[${at}].role: '${message.role}' is not a role`
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id ?? ''))
        return `messages[${at}]: a tool message must answer a preceding tool call`
      continue
    }
    if (open.size > 0) return `messages[${at}]: the tool calls ${[...open].join(', ')} have no answer`
    open = new Set(message.tool_calls?.map(({ id }) => id))
  }
  return open.size > 0 ? 'tool calls without an answer' : null
}

function brokenByResponses(input: unknown): string | null {
  if (typeof input === 'string') return null
  if (!Array.isArray(input) || input.length === 0) return "Missing required parameter: 'input'."
  const open = new Set<string>()
  for (const [at, { type, call_id: id }] of (input as { type: string; call_id: string }[]).entries()) {
    if (!['message', 'function_call', 'function_call_output', 'reasoning'].includes(type))
      return `input[${at}].type: '${type}' is not a kind of item`
    if (type === 'function_call') open.add(id)
    if (type === 'function_call_output' && !open.delete(id)) return `No tool call found for function call output ${id}.`
  }
  return open.size > 0 ? `No tool output found for function call ${[...open].join(', ')}.` : null
}

function brokenByAnthropic(request: Recorded, messages: AnthropicMessage[]): string | null {
  if (request.headers['anthropic-version'] === undefined) return 'anthropic-version: header is required'
  if (request.operation === 'chat' && !Number.isInteger(request.body?.max_tokens)) return 'max_tokens: Field required'
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role'
  let open = new Set<string>()
  for (const [at, message] of messages.entries()) {
    if (message.role !== 'user' && message.role !== 'assistant')
      return `messages.${at}.role: Input should be 'user' or 'assistant'`
    if (message.role === messages[at - 1]?.role)
      return `messages.${at}: roles must alternate between "user" and "assistant"`
    const blocks = typeof message.content === 'string' ? [{ type: 'text' } as Block] : message.content
    if (blocks.length === 0) return `messages.${at}: content must be non-empty`
    const results = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id }) => tool_use_id ?? '')
    const stranger = results.find((id) => !open.has(id))
    if (stranger !== undefined) return `messages.${at}: unexpected tool_use_id '${stranger}'`
    if (results.length < open.size)
      return `messages.${at}: tool_use ids were found without tool_result blocks immediately after`
    open = new Set(blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id ?? ''))
  }
  return null
}
