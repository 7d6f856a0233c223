/** Finds usage in answers and streams that pass through unchanged, without parsing what need not be parsed. */
import { asRecord, isRecord, parseJson } from './json.ts'
import type { SseEvent } from './sse.ts'
import { serviceOf, type Usage, usageFromAnthropic, usageFromOpenai } from './usage.ts'

/** The dialects whose passing answers are read here. */
type PassingDialect = 'openai' | 'anthropic' | 'completions'

const usageKey = '"usage"'
const tailBytesMax = 4096

/** Usage of a complete answer: chat completion, embedding or message. */
export function usageOfAnswer(dialect: PassingDialect, body: Buffer): Usage | null {
  // one character a byte, which is searched ten times as fast as bytes are; names and numbers look the same
  const tail = body.toString('latin1', Math.max(0, body.length - tailBytesMax))
  const sliced = lastUsage(tail)
  if (dialect === 'anthropic') return usageFromAnthropic(sliced ?? asRecord(parseJson(body.toString('utf8'))).usage)
  if (sliced === undefined) {
    const answer = asRecord(parseJson(body.toString('utf8')))
    return served(usageFromOpenai(answer.usage), answer.service_tier)
  }
  // it stands behind the usage, and what stands before a long answer is not looked for
  const beside = tail.includes(endOfServiceKey) ? serviceWord.exec(tail) : null
  return served(usageFromOpenai(sliced), beside?.[1])
}

const serviceWord = /"service_tier"\s*:\s*"(\w+)"/
/** Looked for first: short, and beginning with a letter that texts hardly have. */
const endOfServiceKey = '_tier"'

/** With how urgently it was answered. */
export const served = (usage: Usage | null, word: unknown): Usage | null => {
  const service = serviceOf(word)
  return usage && service !== undefined ? { ...usage, service } : usage
}

/**
 * The last `"usage"` of a body's end, when what follows proves that it stands at the top level; else undefined.
 * In a JSON string the quotes would be escaped, so `"usage"` followed by a colon is always a key.
 */
function lastUsage(tail: string): unknown {
  const key = tail.lastIndexOf(usageKey)
  if (key < 0) return undefined
  colon.lastIndex = key + usageKey.length
  if (!colon.test(tail)) return undefined
  const from = colon.lastIndex
  const value = closingOf(tail, from)
  if (value === undefined || tail[from] !== '{') return undefined
  return endsOneObject(tail, value) ? parseJson(tail.slice(from, value)) : undefined
}

const colon = /\s*:\s*/y

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** `[` and `{`, which differ in one bit as their ends do. */
const opens = (code: number): boolean => (code | 0x20) === 0x7b
const closes = (code: number): boolean => (code | 0x20) === 0x7d

/** Where the object that opens at `from` ends. */
function closingOf(text: string, from: number): number | undefined {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (opens(code)) depth++
    else if (closes(code) && --depth === 0) return i + 1
  }
  return undefined
}

function endsOneObject(text: string, from: number): boolean {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (opens(code)) depth++
    else if (closes(code) && --depth < 0) return text[i] === '}' && text.slice(i + 1).trim() === ''
  }
  return false
}

function endOfString(text: string, quote: number): number {
  for (let i = quote + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  return text.length
}

export type UsageReader = {
  read(event: SseEvent): void
  /** The latest report, or null when the provider has said nothing yet. */
  usage(): Usage | null
  /** Bytes of generated text seen so far: the basis of an estimate when the report never comes. */
  generatedBytes(): number
}

/** Watches a passing stream. Feed it every event of the provider, in the provider's dialect. */
export function createUsageReader(dialect: PassingDialect): UsageReader {
  let usage: Usage | null = null
  let bytes = 0
  const textKeys = dialect === 'completions' ? completionTextKeys : openaiTextKeys

  function readOpenai(data: string): void {
    bytes += generatedIn(data, textKeys)
    if (!data.includes(usageKey) || !/"usage"\s*:\s*\{/.test(data)) return
    const chunk = asRecord(parseJson(data))
    // later reports replace earlier ones: some providers send running totals
    const said = usageFromOpenai(chunk.usage) ?? usageFromOpenai(asRecord(chunk.x_groq).usage)
    usage = said ? served(said, chunk.service_tier) : usage
  }

  function readAnthropic(event: string | undefined, data: string): void {
    if (event === 'content_block_delta' || data.includes('"content_block_delta"')) {
      bytes += generatedIn(data, anthropicTextKeys)
      return
    }
    if (!data.includes(usageKey)) return
    const parsed = asRecord(parseJson(data))
    const at = isRecord(parsed.message) ? parsed.message : parsed
    usage = usageFromAnthropic(at.usage, usage)
  }

  return {
    read: ({ event, data }) => (dialect === 'anthropic' ? readAnthropic(event, data) : readOpenai(data)),
    usage: () => usage,
    generatedBytes: () => bytes,
  }
}

const openaiTextKeys = ['"content":', '"arguments":', '"reasoning_content":', '"reasoning":']
const completionTextKeys = ['"text":']
const anthropicTextKeys = ['"text":', '"partial_json":', '"thinking":']

export function generatedIn(data: string, keys: readonly string[]): number {
  let bytes = 0
  for (const key of keys) {
    for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at + key.length)) {
      const open = data[at + key.length] === ' ' ? at + key.length + 1 : at + key.length
      if (data[open] === '"') bytes += Buffer.byteLength(data.slice(open + 1, endOfString(data, open)))
    }
  }
  return bytes
}

/**
 * What a client that did not ask for usage may see of a chunk for which the gateway did ask:
 * nothing of the extra last chunk, and the rest without the `"usage":null` that only the asking brought. Null means: leave out.
 */
export function withoutAskedUsage(event: SseEvent): Buffer | null {
  if (!event.data.includes(usageKey)) return event.raw
  if (/"usage"\s*:\s*null/.test(event.data)) {
    const text = event.raw.toString('utf8')
    const bare = text.replace(/,\s*"usage"\s*:\s*null(?=\s*[,}])/, '')
    return Buffer.from(bare === text ? text.replace(/"usage"\s*:\s*null\s*,\s*/, '') : bare)
  }
  const chunk = asRecord(parseJson(event.data))
  const onlyUsage = Array.isArray(chunk.choices) && chunk.choices.length === 0 && isRecord(chunk.usage)
  // Azure opens with an empty chunk that carries filter results and must reach the client
  return onlyUsage && chunk.prompt_filter_results === undefined ? null : event.raw
}
