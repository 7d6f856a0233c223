/** An OpenAI conversation as Anthropic turns: system apart, roles alternating, tool results first in the turn after their calls. */

import { isOfGemini } from '../gemini/signature.ts'
import { asList, asRecord, filled, isRecord, type Json, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import { partToAnthropic, textOf } from './media.ts'
import { isReplayable, thinkingOf } from './reasoning.ts'
import { inputOf, toolUseId } from './tools.ts'

export type Turn = { role: 'user' | 'assistant'; content: Json[] }

export function messagesToAnthropic(messages: unknown): { system: Json[]; turns: Turn[] } {
  const system: Json[] = []
  const turns: Turn[] = []
  for (const [at, message] of asList(messages).entries()) {
    const path = `messages[${at}]`
    if (!isRecord(message)) return refuse(path, 'A message must be an object.')
    // Anthropic keeps instructions apart, so those given in the middle move to the top, in order
    if (message.role === 'system' || message.role === 'developer') system.push(...partsOf(message, path))
    else add(turns, roleOf(message, path), blocksOf(message, path))
  }
  return { system, turns: turns.map(resultsFirst) }
}

function roleOf(message: Json, path: string): Turn['role'] {
  if (message.role === 'assistant') return 'assistant'
  if (message.role === 'user' || message.role === 'tool') return 'user'
  if (message.role === 'function')
    return refuse(`${path}.role`, 'Messages of role function are deprecated; use tools and role tool.')
  return refuse(`${path}.role`, `There is no role '${String(message.role)}'.`)
}

function add(turns: Turn[], role: Turn['role'], blocks: Json[]): void {
  if (blocks.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...blocks)
  else turns.push({ role, content: blocks })
}

const resultsFirst = ({ role, content }: Turn): Turn => ({
  role,
  content: [
    ...content.filter((block) => block.type === 'tool_result'),
    ...content.filter((block) => block.type !== 'tool_result'),
  ],
})

function blocksOf(message: Json, path: string): Json[] {
  if (message.role === 'tool') return [toolResult(message, path)]
  if (message.role === 'assistant') return assistantBlocks(message, path)
  return partsOf(message, path)
}

function partsOf(message: Json, path: string): Json[] {
  const { content } = message
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return records(content).flatMap((part, at) => partToAnthropic(part, `${path}.content[${at}]`))
}

function assistantBlocks(message: Json, path: string): Json[] {
  if (message.function_call) return refuse(`${path}.function_call`, 'function_call is deprecated; use tool_calls.')
  const refusal = filled(message.refusal)
  return [
    ...thinkingOf(message).filter((block) => isReplayable(block) && !isOfGemini(block)),
    ...partsOf(message, path),
    ...(refusal === undefined ? [] : [{ type: 'text', text: refusal }]),
    ...records(message.tool_calls).map((call, at) => toolUse(call, `${path}.tool_calls[${at}]`)),
  ]
}

function toolUse(call: Json, path: string): Json {
  if (call.type === 'custom')
    return refuse(`${path}.type`, 'Calls of custom tools cannot be translated; use function tools.')
  const { name, arguments: args } = asRecord(call.function)
  return { type: 'tool_use', id: toolUseId(call.id), name, input: inputOf(args) }
}

function toolResult(message: Json, path: string): Json {
  if (filled(message.tool_call_id) === undefined) {
    return refuse(`${path}.tool_call_id`, 'A tool message must name the call it answers.')
  }
  const parts = Array.isArray(message.content) ? partsOf(message, path) : []
  const content = parts.length > 0 ? parts : textOf(message.content)
  return { type: 'tool_result', tool_use_id: toolUseId(message.tool_call_id), content }
}
