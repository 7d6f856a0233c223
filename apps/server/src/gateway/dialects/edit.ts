/** Changes single top-level fields of a JSON object in its bytes, so that a large body is never serialised again. */
import { asText, parseJson } from './json.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a
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
  return missing.length === 0 ? Buffer.concat(parts) : addInFront(Buffer.concat(parts), fields, missing)
}

export const setField = (body: Buffer, key: string, json: string): Buffer => setFields(body, { [key]: json })

/** Gives the body the name under which the provider knows the model. */
export const replaceModel = (body: Buffer, to: string): Buffer => setField(body, 'model', JSON.stringify(to))

function addInFront(body: Buffer, fields: Readonly<Record<string, string>>, missing: string[]): Buffer {
  const open = body.indexOf(OPEN_BRACE) + 1
  const added = missing.map((key) => `${JSON.stringify(key)}:${fields[key]}`).join(',')
  const comma = body[skipSpace(body, open)] === CLOSE_BRACE ? '' : ','
  return Buffer.concat([body.subarray(0, open), Buffer.from(added + comma), body.subarray(open)])
}

/** Where the values of the wanted keys stand, in order. */
function topLevel(body: Buffer, wanted: Readonly<Record<string, string>>): Span[] {
  const spans: Span[] = []
  let i = skipSpace(body, body.indexOf(OPEN_BRACE) + 1)
  while (i < body.length && body[i] === QUOTE) {
    const keyEnd = endOfString(body, i)
    const key = readKey(body, i, keyEnd)
    const from = skipSpace(body, indexOrEnd(body, COLON, keyEnd) + 1)
    const to = endOfValue(body, from)
    if (Object.hasOwn(wanted, key)) spans.push({ key, from, to })
    i = skipSpace(body, to)
    if (body[i] !== COMMA) break
    i = skipSpace(body, i + 1)
  }
  return spans
}

/** A key may be written with escapes and still be the same key. */
function readKey(body: Buffer, from: number, to: number): string {
  const text = body.toString('utf8', from + 1, to - 1)
  return text.includes('\\') ? (asText(parseJson(`"${text}"`)) ?? text) : text
}

function endOfValue(body: Buffer, from: number): number {
  const first = body[from]
  if (first === QUOTE) return endOfString(body, from)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfNested(body, from)
  let i = from
  while (i < body.length && body[i] !== COMMA && body[i] !== CLOSE_BRACE && !isSpace(body[i])) i++
  return i
}

function endOfNested(body: Buffer, from: number): number {
  let depth = 0
  for (let i = from; i < body.length; i++) {
    const byte = body[i]
    if (byte === QUOTE) i = endOfString(body, i) - 1
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return i + 1
  }
  return body.length
}

/** Past the closing quote. Jumps from quote to quote, since prompts are long and quotes in them are few. */
function endOfString(body: Buffer, open: number): number {
  let quote = open
  for (;;) {
    quote = body.indexOf(QUOTE, quote + 1)
    if (quote < 0) return body.length
    let slashes = 0
    while (body[quote - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
  }
}

function indexOrEnd(body: Buffer, byte: number, from: number): number {
  const at = body.indexOf(byte, from)
  return at < 0 ? body.length : at
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function skipSpace(body: Buffer, from: number): number {
  let i = from
  while (isSpace(body[i])) i++
  return i
}
