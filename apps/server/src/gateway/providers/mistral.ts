/** Mistral refuses every field it does not know, and ids of tool calls that it could not have given. */
import { hash } from 'node:crypto'
import { kindFacts } from '@cockpit/contract/provider-kinds'
import { isRecord, type Json } from '../dialects/index.ts'
import { openaiCompatibleProvider } from './openai.ts'
import type { Provider } from './provider.ts'

const takes = new Set([
  ...['model', 'messages', 'stream', 'temperature', 'top_p', 'max_tokens', 'stop', 'random_seed', 'n'],
  ...['response_format', 'tools', 'tool_choice', 'parallel_tool_calls', 'presence_penalty', 'frequency_penalty'],
  ...['prediction', 'prompt_mode', 'safe_prompt', 'reasoning_effort'],
  ...['input', 'encoding_format', 'output_dimension', 'output_dtype'],
])

const idForm = /^[A-Za-z0-9]{9}$/

/** The same id for the same call wherever it stands, so that a result still finds it. */
const shortId = (id: unknown): unknown =>
  typeof id !== 'string' || idForm.test(id) ? id : hash('sha256', id, 'hex').slice(0, 9)

const messageFields = ['role', 'content', 'tool_calls', 'tool_call_id', 'prefix']

/** Answers come back in the next request as they were given, with fields that only their giver knows. */
const plainMessage = (message: unknown): unknown => {
  if (!isRecord(message)) return message
  const known = message.role === 'tool' ? [...messageFields, 'name'] : messageFields
  const plain: Json = Object.fromEntries(Object.entries(message).filter(([field]) => known.includes(field)))
  const { tool_calls: calls, tool_call_id: answered } = plain
  if (answered !== undefined) plain.tool_call_id = shortId(answered)
  if (Array.isArray(calls))
    plain.tool_calls = calls.map((call: unknown) => (isRecord(call) ? { ...call, id: shortId(call.id) } : call))
  return plain
}

export const mistralProvider: Provider = {
  ...openaiCompatibleProvider,
  id: 'mistral',
  baseUrl: kindFacts('mistral').baseUrl,
  realtime: null,
  continues: { message: { prefix: true }, echoes: true },
  fit: {
    takes,
    renames: { max_completion_tokens: 'max_tokens', seed: 'random_seed', dimensions: 'output_dimension' },
    mends: {
      messages: {
        marks: ['"tool_calls"', '"tool_call_id"', '"name"', '"refusal"', '"annotations"', '"audio"', '"reasoning'],
        mend: (messages) => (Array.isArray(messages) ? messages.map(plainMessage) : messages),
      },
    },
    reportsUnasked: true,
  },
}
