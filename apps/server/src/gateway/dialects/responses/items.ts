/** Items of the Responses dialect: what a model is told and what it says, as messages of a chat. */
import type { RequestOptions } from '../dialect.ts'
import { asList, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import { partsToHub } from './parts.ts'
import { openedThinking } from './thinking.ts'

type Assistant = { text: Json[]; refusal: string[]; calls: Json[]; thoughts: string[]; blocks: Json[] }
type Talk = { messages: Json[]; said: Assistant | null }

/** The input as messages; what one turn of the model brought forth stands in one message. */
export function itemsToHub(input: unknown, options: RequestOptions): Json[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (!Array.isArray(input)) return refuse('input', "'input' must be a text or a list of items.")
  const talk: Talk = { messages: [], said: null }
  for (const [at, item] of input.entries()) {
    const path = `input[${at}]`
    if (!isRecord(item)) return refuse(path, 'An item must be an object.')
    place(item, path, talk, options)
  }
  close(talk, options)
  return talk.messages
}

function place(item: Json, path: string, talk: Talk, options: RequestOptions): void {
  const type = item.type ?? 'message'
  if (type === 'reasoning') think(item, turnOf(talk))
  else if (type === 'function_call') turnOf(talk).calls.push(callToHub(item))
  else if (type === 'message' && item.role === 'assistant') say(item, path, turnOf(talk))
  else {
    close(talk, options)
    talk.messages.push(...heard(item, path))
  }
}

/** What the model is told. */
function heard(item: Json, path: string): Json[] {
  if (item.type === 'function_call_output') return resultToHub(item, path)
  if (item.type !== undefined && item.type !== 'message')
    return refuse(`${path}.type`, `Items of type '${String(item.type)}' cannot be sent to this model.`)
  return [{ role: roleOf(item, path), content: partsToHub(item.content, `${path}.content`) }]
}

const roles = new Set(['user', 'system', 'developer'])

/** Other servers know the older word only. */
function roleOf({ role }: Json, path: string): string {
  if (typeof role !== 'string' || !roles.has(role)) return refuse(`${path}.role`, `There is no role '${String(role)}'.`)
  return role === 'developer' ? 'system' : role
}

function turnOf(talk: Talk): Assistant {
  talk.said ??= { text: [], refusal: [], calls: [], thoughts: [], blocks: [] }
  return talk.said
}

function say(item: Json, path: string, turn: Assistant): void {
  const content = typeof item.content === 'string' ? [{ type: 'output_text', text: item.content }] : item.content
  for (const [at, part] of asList(content).entries()) {
    const one = isRecord(part) ? part : {}
    if (one.type === 'refusal') turn.refusal.push(asText(one.refusal) ?? '')
    else if (one.type === 'output_text' || one.type === 'input_text' || one.type === 'text')
      turn.text.push({ type: 'text', text: asText(one.text) ?? '' })
    else refuse(`${path}.content[${at}].type`, `A model does not say content of type '${String(one.type)}'.`)
  }
}

/** What was thought in another dialect cannot be opened here and says nothing to this model. */
function think(item: Json, turn: Assistant): void {
  for (const part of [...records(item.summary), ...records(item.content)])
    if (filled(part.text) !== undefined) turn.thoughts.push(asText(part.text) ?? '')
  turn.blocks.push(...openedThinking(item.encrypted_content))
}

const callToHub = (item: Json): Json => ({
  id: item.call_id,
  type: 'function',
  function: { name: item.name, arguments: asText(item.arguments) ?? '{}' },
})

/** Tool messages hold text only, so pictures follow in a message of the user, with a word about their origin. */
function resultToHub(item: Json, path: string): Json[] {
  if (typeof item.output === 'string') return [{ role: 'tool', tool_call_id: item.call_id, content: item.output }]
  const parts = partsToHub(item.output, `${path}.output`)
  if (typeof parts === 'string') return [{ role: 'tool', tool_call_id: item.call_id, content: parts }]
  const text = parts.flatMap((part) => (part.type === 'text' ? [asText(part.text) ?? ''] : [])).join('\n')
  const others = parts.filter((part) => part.type !== 'text')
  const result = { role: 'tool', tool_call_id: item.call_id, content: text }
  if (others.length === 0) return [result]
  const note = { type: 'text', text: `Attached by the result of tool call ${String(item.call_id)}:` }
  return [result, { role: 'user', content: [note, ...others] }]
}

function close(talk: Talk, { keepsAll = false }: RequestOptions): void {
  const { said } = talk
  talk.said = null
  if (!said || (said.text.length === 0 && said.refusal.length === 0 && said.calls.length === 0)) return
  const text = said.text.map((part) => asText(part.text) ?? '').join('')
  talk.messages.push(
    present({
      role: 'assistant',
      content: said.text.length > 0 ? text : null,
      refusal: said.refusal.length > 0 ? said.refusal.join('\n') : undefined,
      reasoning_content: keepsAll && said.thoughts.length > 0 ? said.thoughts.join('\n') : undefined,
      thinking_blocks: keepsAll && said.blocks.length > 0 ? said.blocks : undefined,
      tool_calls: said.calls.length > 0 ? said.calls : undefined,
    }),
  )
}
