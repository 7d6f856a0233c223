/** An Anthropic conversation as OpenAI messages: tool results become messages of their own, right behind the calls. */
import { asList, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import type { Drops } from './drops.ts'
import { blockToOpenai, textOf } from './media.ts'
import { isReplayable } from './reasoning.ts'

export type MessagesOptions = {
  /** Send earlier thinking back as `reasoning_content`, for servers whose models need it; OpenAI itself refuses the field. */
  replayReasoning: boolean
  /** Keep signed thinking and marks for the cache beside what they belong to, for a dialect beyond the hub. */
  keepsBlocks: boolean
}

export function messagesToOpenai(request: Json, options: MessagesOptions, drops: Drops): Json[] {
  const messages = systemMessages(request.system, options, drops)
  for (const [at, message] of asList(request.messages).entries()) {
    const path = `messages[${at}]`
    if (!isRecord(message)) return refuse(path, 'A message must be an object.')
    if (message.role === 'user') messages.push(...userMessages(message, path, { options, drops }))
    else if (message.role === 'assistant') messages.push(...assistantMessages(message, options, drops))
    else if (message.role === 'system') messages.push({ role: 'system', content: systemText(message.content, drops) })
    else return refuse(`${path}.role`, `There is no role '${String(message.role)}'.`)
  }
  return messages
}

function systemMessages(system: unknown, { keepsBlocks }: MessagesOptions, drops: Drops): Json[] {
  const marked = keepsBlocks && records(system).some((block) => block.cache_control !== undefined)
  const content = marked
    ? records(system).map(({ text, cache_control }) => present({ type: 'text', text, cache_control }))
    : systemText(system, drops)
  return content === '' ? [] : [{ role: 'system', content }]
}

function systemText(system: unknown, drops: Drops): string {
  if (typeof system === 'string') return system
  const blocks = records(system)
  if (blocks.some((block) => block.cache_control !== undefined)) drops.add('cache_control')
  return blocks.flatMap((block) => filled(block.text) ?? []).join('\n\n')
}

type How = { options: MessagesOptions; drops: Drops }

function userMessages(message: Json, path: string, { options, drops }: How): Json[] {
  if (typeof message.content === 'string') return [{ role: 'user', content: message.content }]
  const results: Json[] = []
  const parts: Json[] = []
  for (const [at, block] of records(message.content).entries()) {
    const where = `${path}.content[${at}]`
    const marked = block.cache_control !== undefined
    const kept = marked && options.keepsBlocks && block.type !== 'tool_result'
    if (marked && !kept) drops.add('cache_control')
    if (block.type === 'tool_result') {
      const { result, pictures } = toolMessage(block, where)
      results.push(result)
      parts.push(...pictures)
    } else {
      const said =
        blockToOpenai(block, where) ??
        refuse(`${where}.type`, `Content of type '${block.type}' cannot be sent to this model.`)
      parts.push(...(kept ? said.map((part) => ({ ...part, cache_control: block.cache_control })) : said))
    }
  }
  return parts.length === 0 ? results : [...results, { role: 'user', content: plain(parts) }]
}

const plain = (parts: Json[]): unknown => {
  const only = parts.length === 1 ? parts[0] : undefined
  return only?.type === 'text' && only.cache_control === undefined ? only.text : parts
}

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
    thinking_blocks: options.keepsBlocks ? signedIn(message) : undefined,
    tool_calls: said.calls.length > 0 ? said.calls : undefined,
  })
  const empty = said.text.length === 0 && said.calls.length === 0
  return empty ? [] : [answer]
}

function signedIn(message: Json): Json[] | undefined {
  const signed = records(message.content)
    .filter((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
    .filter(isReplayable)
  return signed.length > 0 ? signed : undefined
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
