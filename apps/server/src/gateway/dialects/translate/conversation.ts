/** The last shape of an Anthropic conversation: who begins, who ends, and text as plain as it can be. */
import { asText, type Json } from '../json.ts'
import type { ClaudeAbilities } from './abilities.ts'
import type { Turn } from './messages-to-anthropic.ts'

const carryOn: Turn = { role: 'user', content: [{ type: 'text', text: 'Continue.' }] }

/** A conversation starts with the user, and ends with them where the model does not continue a begun answer. */
export function conversation(system: Json[], turns: Turn[], abilities: ClaudeAbilities, thinks: boolean): Json {
  if (turns.length === 0) return { messages: [{ role: 'user', content: system.length > 0 ? system : carryOn.content }] }
  const started = turns[0]?.role === 'user' ? turns : [carryOn, ...turns]
  const last = started.at(-1)
  const begun = last?.role === 'assistant'
  const ended = begun && (thinks || !abilities.prefill) ? [...started, carryOn] : begun ? trimmed(started) : started
  return { system: systemOf(system), messages: ended.map(plainWherePossible) }
}

const systemOf = (system: Json[]): unknown => {
  if (system.length === 0) return undefined
  return system.length === 1 ? plainText(system) : system
}

const plainWherePossible = (turn: Turn): Json => ({ role: turn.role, content: plainText(turn.content) })

function plainText(blocks: Json[]): unknown {
  const only = blocks.length === 1 ? blocks[0] : undefined
  return only?.type === 'text' && only.cache_control === undefined ? only.text : blocks
}

/** Anthropic refuses a begun answer that ends in white space. */
function trimmed(turns: Turn[]): Turn[] {
  const last = turns.at(-1)
  if (last === undefined) return turns
  const content = last.content.flatMap((block, at) => {
    if (at < last.content.length - 1 || block.type !== 'text') return [block]
    const text = (asText(block.text) ?? '').trimEnd()
    return text === '' ? [] : [{ ...block, text }]
  })
  return content.length === 0 ? turns.slice(0, -1) : [...turns.slice(0, -1), { role: last.role, content }]
}
