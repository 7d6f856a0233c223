/** Where the texts of a request or an answer stand in its bytes, and what each of them is. */
import type { GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import { endOfString, parseJson } from '../dialects/index.ts'

/** `from` and `to` include the quotes. `isJson`: its text is JSON itself, as the arguments of a tool call are. */
export type PlacedText = { from: number; to: number; direction: GuardrailDirection; isJson: boolean }

type Frame = { parent: Frame | null; isList: boolean; under: string; key: string; type: string; role: string }
type Place = { frame: Frame | null; keyComes: boolean }
type Pending = { from: number; to: number; frame: Frame; key: string }

/** What a request says to a model, in small letters, for some providers read capitals alike; the rest are settings and definitions. */
const requestFields = new Set([
  ...['messages', 'system', 'prompt', 'suffix', 'input', 'instructions', 'query', 'documents', 'texts'],
  ...['contents', 'systeminstruction', 'system_instruction'],
])

/** Names, marks and encoded bytes: nothing that anybody reads as a text. */
const noTexts = new Set([
  ...['type', 'role', 'id', 'object', 'model', 'name', 'status', 'index', 'format', 'detail', 'ttl'],
  ...['finish_reason', 'finishReason', 'stop_reason', 'stop_sequence', 'system_fingerprint', 'service_tier'],
  ...['tool_call_id', 'tool_use_id', 'call_id', 'item_id', 'file_id', 'previous_response_id', 'container'],
  ...['media_type', 'mime_type', 'mimeType', 'data', 'file_data', 'b64_json', 'embedding', 'encoding_format'],
  ...['signature', 'thought_signature', 'thoughtSignature', 'encrypted_content', 'encrypted_index'],
  ...['responseId', 'modelVersion', 'usage'],
])

const QUOTE = 0x22

/** `body` must be JSON. Texts come in their order. */
export const textsIn = (body: Buffer, of: 'request' | 'answer'): PlacedText[] => {
  const found: Pending[] = []
  walk(body, (text) => {
    if (of === 'answer' || requestFields.has(topOf(text).toLowerCase())) found.push(text)
  })
  // what an object is may stand behind what it holds, so nothing is left out before its end
  const texts = found.filter((text) => !isHidden(text, body))
  return texts.map(({ from, to, frame, key }) => ({
    from,
    to,
    direction: directionOf(frame, key, of),
    isJson: key === 'arguments',
  }))
}

/** Visits the values that are texts. Neither depth nor size of the body is ours to choose, so nothing calls itself. */
const walk = (body: Buffer, visit: (text: Pending) => void): void => {
  // one character a byte, so that places in the text are places in the bytes
  const text = body.toString('latin1')
  const place: Place = { frame: null, keyComes: false }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== QUOTE) {
      step(place, code)
      continue
    }
    const to = endOfString(text, at)
    const { frame } = place
    if (frame && place.keyComes) {
      frame.key = decoded(body, at, to)
      place.keyComes = false
    } else if (frame) take(body, { from: at, to, frame, key: nameIn(frame) }, visit)
    at = to - 1
  }
}

/** Into what opens here, out of what ends here, on to the next key. */
const step = (place: Place, code: number): void => {
  const { frame } = place
  if (code === 0x7b || code === 0x5b) {
    const under = frame ? nameIn(frame) : ''
    place.frame = { parent: frame, isList: code === 0x5b, under, key: '', type: '', role: '' }
    place.keyComes = code === 0x7b
  } else if (code === 0x7d || code === 0x5d) {
    place.frame = frame?.parent ?? null
    place.keyComes = false
  } else if (code === 0x2c) place.keyComes = frame !== null && !frame.isList
}

const take = (body: Buffer, text: Pending, visit: (text: Pending) => void) => {
  const { frame, key, from, to } = text
  if (!frame.isList && key === 'type') frame.type = decoded(body, from, to)
  if (!frame.isList && key === 'role') frame.role = decoded(body, from, to)
  visit(text)
}

/** Entries of a list are known by the name of the list. */
const nameIn = (frame: Frame): string => (frame.isList ? frame.under : frame.key)

const topOf = ({ frame, key }: Pending): string => {
  let name = key
  for (let at: Frame | null = frame; at; at = at.parent) name = at.parent ? at.under : nameIn(at)
  return name
}

/**
 * A name that says nothing inside of a message may be an argument's name inside of a tool's input or result. Files may be
 * texts in spite of their name, and addresses may be their own content.
 */
const isHidden = ({ frame, key, from }: Pending, body: Buffer): boolean => {
  if (isInFreeForm(frame) || (key === 'data' && frame.type === 'text')) return false
  return noTexts.has(key) || (addresses.has(key) && body.toString('latin1', from + 1, from + 6) === 'data:')
}

const addresses = new Set(['url', 'image_url', 'file_url'])

const isInFreeForm = (frame: Frame): boolean => {
  for (let at: Frame | null = frame; at; at = at.parent) if (isToolInput(at) || isFreeResult(at)) return true
  return false
}

const isInInput = (frame: Frame): boolean => {
  for (let at: Frame | null = frame; at; at = at.parent) if (isToolInput(at)) return true
  return false
}

const isToolInput = ({ under, parent }: Frame): boolean =>
  (under === 'input' && parent?.type.endsWith('tool_use') === true) ||
  (under === 'args' && parent?.under === 'functionCall')

const isFreeResult = ({ under, parent }: Frame): boolean => under === 'response' && parent?.under === 'functionResponse'

const isResult = ({ type, role, under }: Frame): boolean =>
  type.endsWith('tool_result') ||
  type.endsWith('_call_output') ||
  role === 'tool' ||
  role === 'function' ||
  under === 'functionResponse'

const directionOf = (frame: Frame, key: string, of: 'request' | 'answer'): GuardrailDirection => {
  for (let at: Frame | null = frame; at; at = at.parent) if (isResult(at)) return 'tool_results'
  if (of === 'request') return 'input'
  return key === 'arguments' || isInInput(frame) ? 'tool_calls' : 'output'
}

export const decoded = (body: Buffer, from: number, to: number): string => {
  const written = body.toString('utf8', from + 1, to - 1)
  if (!written.includes('\\')) return written
  const text = parseJson(`"${written}"`)
  return typeof text === 'string' ? text : written
}
