/** An Anthropic conversation as OpenAI messages: tool results become messages of their own, right behind the calls. */
import { asList, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import type { Drops } from './drops.ts'
import { blockToOpenai, textOf } from './media.ts'

export type MessagesOptions = {
  /** Send earlier thinking back as `reasoning_content`, for servers whose models need it; OpenAI itself refuses the field. */
  replayReasoning: boolean
}

export function messagesToOpenai(request: Json, options: MessagesOptions, drops: Drops): Json[] {
  const system = systemText(request.system, drops)
  const messages: Json[] = system === '' ? [] : [{ role: 'system', content: system }]
  for (const [at, message] of asList(request.messages).entries()) {
    const path = `messages[${at}]`
    if (!isRecord(message)) return refuse(path, 'A message must be an object.')
    if (message.role === 'user') messages.push(...userMessages(message, path, drops))
    else if (message.role === 'assistant') messages.push(...assistantMessages(message, options, drops))
    else if (message.role === 'system') messages.push({ role: 'system', content: systemText(message.content, drops) })
    else return refuse(`${path}.role`, `There is no role '${String(message.role)}'.`)
  }
  return messages
}

function systemText(system: unknown, drops: Drops): string {
  if (typeof system === 'string') return system
  const blocks = records(system)
  if (blocks.some((block) => block.cache_control !== undefined)) drops.add('cache_control')
  return blocks.flatMap((block) => filled(block.text) ?? []).join('\n\n')
}

function userMessages(message: Json, path: string, drops: Drops): Json[] {
  if (typeof message.content === 'string') return [{ role: 'user', content: message.content }]
  const results: Json[] = []
  const parts: Json[] = []
  for (const [at, block] of records(message.content).entries()) {
    const where = `${path}.content[${at}]`
    if (block.cache_control !== undefined) drops.add('cache_control')
    if (block.type === 'tool_result') {
      const { result, pictures } = toolMessage(block, where)
      results.push(result)
      parts.push(...pictures)
    } else {
      parts.push(
        ...(blockToOpenai(block, where) ??
          refuse(`${where}.type`, `Content of type '${block.type}' cannot be sent to this model.`)),
      )
    }
  }
  return parts.length === 0 ? results : [...results, { role: 'user', content: plain(parts) }]
}

const plain = (parts: Json[]): unknown => (parts.length === 1 && parts[0]?.type === 'text' ? parts[0].text : parts)

/** OpenAI's tool messages hold text only, so pictures follow in the user's next message, with a word about their origin. */
function toolMessage(block: Json, path: string): { result: Json; pictures: Json[] } {
  const parts =
    typeof block.content === 'string'
      ? [{ type: 'text', text: block.content }]
      : records(block.content).flatMap((part, at) => blockToOpenai(part, `${path}.content[${at}]`) ?? [])
  const text = textOf(parts)
  const others = parts.filter((part) => part.type !== 'text')
  const content = block.is_error === true && !/^error/i.test(text) ? `Error: ${text}` : text
  const note = { type: 'text', text: `Attached by the result of tool call ${block.tool_use_id}:` }
  return {
    result: { role: 'tool', tool_call_id: block.tool_use_id, content },
    pictures: others.length > 0 ? [note, ...others] : [],
  }
}

function assistantMessages(message: Json, options: MessagesOptions, drops: Drops): Json[] {
  if (typeof message.content === 'string') return [{ role: 'assistant', content: message.content }]
  const said: AssistantParts = { text: [], thinking: [], calls: [] }
  for (const block of records(message.content)) place(block, said, drops)
  if (said.thinking.length > 0 && !options.replayReasoning) drops.add('messages[].content[thinking]')
  const answer = present({
    role: 'assistant',
    content: said.text.length > 0 ? said.text.join('') : null,
    reasoning_content: options.replayReasoning && said.thinking.length > 0 ? said.thinking.join('\n') : undefined,
    tool_calls: said.calls.length > 0 ? said.calls : undefined,
  })
  const empty = said.text.length === 0 && said.calls.length === 0
  return empty ? [] : [answer]
}

type AssistantParts = { text: string[]; thinking: string[]; calls: Json[] }

function place(block: Json, said: AssistantParts, drops: Drops): void {
  switch (block.type) {
    case 'text':
      said.text.push(asText(block.text) ?? '')
      break
    case 'thinking':
      said.thinking.push(asText(block.thinking) ?? '')
      break
    case 'tool_use':
      said.calls.push({
        id: block.id,
        type: 'function',
        function: { name: block.name, arguments: JSON.stringify(block.input ?? {}) },
      })
      break
    default:
      drops.add(`messages[].content[${String(block.type)}]`)
  }
}
