/** Changes single top-level fields of a JSON object in its bytes, so that a large body is never serialised again. */
import { asText, parseJson } from './json.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c

type Span = { key: string; from: number; to: number }

/**
 * Sets top-level fields to the given JSON texts. Every occurrence of a repeated key is changed, because readers differ in which
 * one they believe and a smuggled second `model` must not survive; a missing key is added in front.
 * `body` must be a JSON object that has been parsed before.
 */
export function setFields(body: Buffer, fields: Readonly<Record<string, string>>): Buffer {
  const spans = topLevel(body, fields)
  const parts: Buffer[] = []
  let copied = 0
  for (const span of spans) {
    parts.push(body.subarray(copied, span.from), Buffer.from(fields[span.key] ?? ''))
    copied = span.to
  }
  parts.push(body.subarray(copied))
  const missing = Object.keys(fields).filter((key) => !spans.some((span) => span.key === key))
  const changed = spans.length === 0 ? body : Buffer.concat(parts)
  return missing.length === 0 ? changed : addInFront(changed, fields, missing)
}

export const setField = (body: Buffer, key: string, json: string): Buffer => setFields(body, { [key]: json })

/** Gives the body the name under which the provider knows the model. */
export const replaceModel = (body: Buffer, to: string): Buffer => setField(body, 'model', JSON.stringify(to))

function addInFront(body: Buffer, fields: Readonly<Record<string, string>>, missing: string[]): Buffer {
  const open = body.indexOf('{') + 1
  const added = missing.map((key) => `${JSON.stringify(key)}:${fields[key]}`).join(',')
  let first = open
  while (isSpace(body[first] ?? 0)) first++
  const empty = body[first] === CLOSE_BRACE
  return Buffer.concat([body.subarray(0, open), Buffer.from(empty ? added : `${added},`), body.subarray(open)])
}

/** Where the values of the wanted keys stand, in order. */
function topLevel(body: Buffer, wanted: Readonly<Record<string, string>>): Span[] {
  const spans: Span[] = []
  eachField(body, (span) => {
    if (Object.hasOwn(wanted, span.key)) spans.push(span)
  })
  return spans
}

/** Visits the top-level fields in order, one that is written twice also twice. */
export function eachField(body: Buffer, visit: (span: Span) => void): void {
  // one character a byte, so that positions in the text are positions in the bytes, and searching it is fast
  const text = body.toString('latin1')
  let i = skipSpace(text, text.indexOf('{') + 1)
  while (text.charCodeAt(i) === QUOTE) {
    const keyEnd = endOfString(text, i)
    const key = readKey(body, i, keyEnd)
    const from = skipSpace(text, indexOrEnd(text, ':', keyEnd) + 1)
    const to = endOfValue(text, from)
    visit({ key, from, to })
    i = skipSpace(text, to)
    if (text.charCodeAt(i) !== COMMA) break
    i = skipSpace(text, i + 1)
  }
}

/** A key may be written with escapes and still be the same key. */
function readKey(body: Buffer, from: number, to: number): string {
  const text = body.toString('utf8', from + 1, to - 1)
  return text.includes('\\') ? (asText(parseJson(`"${text}"`)) ?? text) : text
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === QUOTE) return endOfString(text, from)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfNested(text, from)
  let i = from
  while (i < text.length && !endsScalar(text.charCodeAt(i))) i++
  return i
}

const endsScalar = (code: number): boolean => code === COMMA || code === CLOSE_BRACE || isSpace(code)

function endOfNested(text: string, from: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i) - 1
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return i + 1
  }
  return text.length
}

/** Past the closing quote. Jumps from quote to quote, since prompts are long and quotes in them are few. */
export function endOfString(text: string, open: number): number {
  let quote = open
  for (;;) {
    quote = text.indexOf('"', quote + 1)
    if (quote < 0) return text.length
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
  }
}

function indexOrEnd(text: string, char: string, from: number): number {
  const at = text.indexOf(char, from)
  return at < 0 ? text.length : at
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

function skipSpace(text: string, from: number): number {
  let i = from
  while (isSpace(text.charCodeAt(i))) i++
  return i
}
