import { asList, asRecord, asText, filled, isRecord, type Json, parseJson, records } from '../json.ts'
import { encodeData, type SseEvent } from '../sse.ts'
import { type Usage, usageToOpenai } from '../usage.ts'
import { type Joining, type Speech, textMax } from './joining.ts'
import { givenOf, type RestText } from './rest-text.ts'

/** An answer whose form is prescribed would begin anew with it. */
const prescribes = ['guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'structured_outputs', 'grammar']

export const openaiJoining: Joining = {
  createSpeech,
  requestForRest({ body, text, continues }) {
    const form = asRecord(body.response_format).type
    if ((form !== undefined && form !== 'text') || prescribes.some((field) => body[field] != null)) return null
    const messages = asList(body.messages)
    if (asRecord(messages.at(-1)).role === 'assistant') return null
    const given = givenOf(text)
    if (given === '') return body
    const said = { role: 'assistant', content: given, ...continues.message }
    return { ...body, ...continues.fields, messages: [...messages, said] }
  },
}

function createSpeech(): Speech {
  /** By what the caller knows the answer. */
  let head: Json | null = null
  let text = ''
  let isMore = false
  let isOver = false

  const hearDelta = (delta: Json) => {
    for (const field in delta) {
      const value = delta[field]
      if (field === 'content' && typeof value === 'string') text += value
      else if (field !== 'role' && !isEmpty(value)) isMore = true
    }
  }

  return {
    hear({ data }) {
      const chunk = parseJson(data)
      if (!isRecord(chunk)) return
      head ??= headOf(chunk)
      for (const choice of records(chunk.choices)) {
        if ((choice.index ?? 0) !== 0) isMore = true
        hearDelta(asRecord(choice.delta))
        isOver ||= filled(choice.finish_reason) !== undefined
      }
    },
    text: () => (isMore || isOver || text.length > textMax ? null : text),
    join: (rest) => (event, used) => joined(event, { head, rest, used }),
  }
}

type Joined = { head: Json | null; rest: RestText; used: Usage | null }

const joined = (event: SseEvent, { head, rest, used }: Joined): SseEvent[] => {
  const chunk = parseJson(event.data)
  if (!isRecord(chunk)) return [event]
  const choices = records(chunk.choices).map((choice) => restOf(choice, rest))
  const tells = isRecord(chunk.usage) || isRecord(asRecord(chunk.x_groq).usage)
  const says = choices.some(({ delta, finish_reason }) => !isBare(delta) || filled(finish_reason) !== undefined)
  if (!says && !tells) return []
  const { x_groq: _, ...kept } = chunk
  const usage = tells && used ? { usage: usageToOpenai(used) } : null
  const data = JSON.stringify({ ...kept, ...head, choices, ...usage })
  return [{ event: event.event, data, raw: Buffer.from(encodeData(data)) }]
}

/** The role was told with the beginning. */
const restOf = (choice: Json, rest: RestText): Json => {
  const { role: _, content, ...more } = asRecord(choice.delta)
  const ends = filled(choice.finish_reason) !== undefined
  const text = rest.push(asText(content) ?? '') + (ends ? rest.end() : '')
  return { ...choice, delta: text === '' ? more : { content: text, ...more } }
}

const headOf = ({ id, created, model, system_fingerprint: build }: Json): Json => ({
  ...(id !== undefined && { id }),
  ...(created !== undefined && { created }),
  ...(model !== undefined && { model }),
  ...(build !== undefined && { system_fingerprint: build }),
})

const isEmpty = (value: unknown): boolean =>
  value == null || value === '' || (Array.isArray(value) && value.length === 0)
const isBare = (delta: unknown): boolean => Object.values(asRecord(delta)).every(isEmpty)
