/** Reads a request without building what it says: its few small fields are parsed, the rest is only stepped over. */
import { asRecord, type Json, parseJson } from './json.ts'

/** The fields of a request that decide about a call. */
export const deciding = new Set([
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'user',
  'metadata',
  'service_tier',
])
const fieldBytesMax = 4_096
/** Requests have a dozen fields. */
const fieldsMax = 64

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const SMALL_F = 0x66
const SMALL_T = 0x74
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** What a glance at a request finds: its deciding fields, and the bytes of all its texts as they are written. */
export type Skimmed = { fields: Json; textBytes: number; tools: boolean }

/**
 * Null whenever a parser has to look: something is not plainly JSON, a key is written in capitals, with escapes or twice, or there are
 * pictures, files or token numbers to be weighed. Between strings nothing but JSON's own signs is stepped over, so that no
 * reader of other habits finds other strings, and with them another model, in the same bytes.
 */
export const skim = (bytes: Buffer): Skimmed | null => {
  // one character a byte: searching it is fast, and positions are those of the bytes
  const walk = { text: bytes.toString('latin1'), at: 0, textBytes: 0 }
  const fields: Json = {}
  let tools = false
  const seen: string[] = []
  if (signAt(walk) !== OPEN_BRACE) return null
  let sign = COMMA
  while (sign === COMMA) {
    walk.at++
    const key = keyAt(walk)
    if (key === null || seen.includes(key) || seen.push(key) > fieldsMax) return null
    signAt(walk)
    const start = walk.at
    if (!stepOverValue(walk)) return null
    if (key === 'tools') tools = isFilledList(walk, start)
    if (deciding.has(key)) {
      const value = walk.at - start > fieldBytesMax ? undefined : writtenAt(walk, start, bytes)
      if (value === undefined) return null
      fields[key] = value
    }
    sign = signAt(walk)
  }
  if (sign !== CLOSE_BRACE) return null
  walk.at++
  return Number.isNaN(signAt(walk)) ? { fields: asRecord(fields), textBytes: walk.textBytes, tools } : null
}

/** The key that comes next, and past its colon; null where there is none that is plainly written. */
const keyAt = (walk: Walk): string | null => {
  if (signAt(walk) !== QUOTE) return null
  const { text } = walk
  const from = walk.at + 1
  let to = from
  for (let code = text.charCodeAt(to); code !== QUOTE; code = text.charCodeAt(++to))
    if (!isPlainInKey(code)) return null
  if (mustBeWeighed(text, from)) return null
  walk.textBytes += to - from
  walk.at = to + 1
  if (signAt(walk) !== COLON) return null
  walk.at++
  return text.slice(from, to)
}

/** No escapes, no capitals and nothing that some reader takes for another letter. */
const isPlainInKey = (code: number): boolean =>
  (code >= 0x20 && code <= 0x40) || code === OPEN_BRACKET || (code >= CLOSE_BRACKET && code <= 0x7e)

/** The value that stands from `start` up to here. Words and plain texts are what they look like; the rest is parsed. */
const writtenAt = ({ text, at }: Walk, start: number, bytes: Buffer): unknown => {
  const first = text.charCodeAt(start)
  if (first === SMALL_T || first === SMALL_F) return first === SMALL_T
  const inner = first === QUOTE ? text.slice(start + 1, at - 1) : null
  return inner !== null && isPlain.test(inner) ? inner : parseJson(bytes.toString('utf8', start, at))
}

/** Definitions of tools are long, and all that is asked of them here is whether there are any. */
const isFilledList = ({ text, at }: Walk, start: number): boolean =>
  text.charCodeAt(start) === OPEN_BRACKET && text.slice(start + 1, at - 1).trim() !== ''

const isPlain = /^[ !#-[\]-~]*$/

type Walk = { readonly text: string; at: number; textBytes: number }

/** The next sign that is not white space; NaN at the end. */
const signAt = (walk: Walk): number => {
  let code = walk.text.charCodeAt(walk.at)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = walk.text.charCodeAt(++walk.at)
  return code
}

/** Past the closing quote. Jumps from quote to quote, since prompts are long and quotes in them are few. */
const stepOverString = (walk: Walk): boolean => {
  const { text, at } = walk
  let quote = at
  for (;;) {
    quote = text.indexOf('"', quote + 1)
    if (quote < 0) return false
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) break
  }
  if (mustBeWeighed(text, at + 1)) return false
  walk.textBytes += quote - at - 1
  walk.at = quote + 1
  return true
}

/** Past one value, however deep; false where it is not written as JSON is. */
const stepOverValue = (walk: Walk): boolean => {
  // the signs that close the lists and objects one is in
  const nesting: number[] = []
  do {
    if (!stepIn(walk, nesting) || !stepOut(walk, nesting)) return false
  } while (nesting.length > 0)
  return true
}

/** Into all that opens here, and past what stands first inside of it. */
const stepIn = (walk: Walk, nesting: number[]): boolean => {
  for (;;) {
    const code = signAt(walk)
    if (code === QUOTE) return stepOverString(walk)
    if (code !== OPEN_BRACE && code !== OPEN_BRACKET) return stepOverWord(walk)
    walk.at++
    const next = signAt(walk)
    if (next === code + 2) {
      walk.at++
      return true
    }
    // numbers in a list may be tokens
    if (code === OPEN_BRACE ? !stepOverKey(walk) : isNumber(next)) return false
    nesting.push(code + 2)
  }
}

/** Behind a value: past all that ends here, and to where the next one begins. */
const stepOut = (walk: Walk, nesting: number[]): boolean => {
  while (nesting.length > 0) {
    const closing = nesting[nesting.length - 1]
    const code = signAt(walk)
    walk.at++
    if (code === COMMA) return closing === CLOSE_BRACKET || stepOverKey(walk)
    if (code !== closing) return false
    nesting.pop()
  }
  return true
}

const stepOverKey = (walk: Walk): boolean => {
  if (signAt(walk) !== QUOTE || !stepOverString(walk) || signAt(walk) !== COLON) return false
  walk.at++
  return true
}

const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

const stepOverWord = (walk: Walk): boolean => {
  word.lastIndex = walk.at
  if (!word.test(walk.text)) return false
  walk.at = word.lastIndex
  return true
}

const isNumber = (code: number) => code === 0x2d || (code >= 0x30 && code <= 0x39)

/** Pictures, sounds and files announce themselves by one of these words, or by an address that is their content. */
const announcements = [
  'image',
  'input_image',
  'input_audio',
  'audio',
  'base64',
  'data',
  'file',
  'document',
  'input_file',
]

const mustBeWeighed = (text: string, from: number): boolean => {
  const first = text.charCodeAt(from)
  // of the words above only these begin them
  if (first !== 0x69 && first !== 0x61 && first !== 0x62 && first !== 0x64 && first !== 0x66) return false
  return announcements.some((word) => {
    if (!text.startsWith(word, from)) return false
    const after = text.charCodeAt(from + word.length)
    return after === QUOTE || after === COLON || after === 0x5f
  })
}
