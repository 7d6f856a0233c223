/** What answers about pictures, sounds and searches say they used. Large ones are looked through and not parsed. */
import type { BilledUnit } from '@cockpit/policy'
import type { Usage } from '../dialects/index.ts'
import type { MediaOperation } from '../providers/index.ts'

export type Report = { tokens: Usage | null; unit: Partial<Pick<BilledUnit, 'quantity' | 'size' | 'quality'>> | null }

type Json = Record<string, unknown>
const tailBytes = 4_096

export const reportOf = (operation: MediaOperation, body: Buffer): Report => {
  if (operation === 'images' || operation === 'image_edits') return picturesIn(body)
  const answer = parsed(body)
  if (answer === null) return { tokens: null, unit: null }
  if (operation === 'rerank') return searchesIn(answer)
  return soundIn(answer)
}

/** How many pictures there are, which kind, and the tokens they took. They stand before what is said about them. */
const picturesIn = (body: Buffer): Report => {
  const tail = body.toString('latin1', Math.max(0, body.length - tailBytes))
  const word = (key: string) => new RegExp(`"${key}"\\s*:\\s*"([\\w.-]{1,40})"`).exec(tail)?.[1]
  const [size, quality] = [word('size'), word('quality')]
  const quantity = Math.max(keysIn(body, '"b64_json"'), keysIn(body, '"url"'))
  return {
    tokens: tokensOf(usageIn(body)),
    unit: quantity === 0 ? null : { quantity, ...(size && { size }), ...(quality && { quality }) },
  }
}

/** In a text its quotes would be escaped, so a word between plain ones before a colon is a key. */
const keysIn = (body: Buffer, key: string): number => {
  let count = 0
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + key.length))
    if (/^\s*:\s*"/.test(body.toString('latin1', at + key.length, at + key.length + 8))) count++
  return count
}

const usageIn = (body: Buffer): unknown => {
  const at = body.lastIndexOf('"usage"')
  if (at < 0) return null
  const rest = /^"usage"\s*:\s*/.exec(body.toString('latin1', at, at + 40))
  if (rest === null || body.length - at > tailBytes) return parsed(body)?.usage
  const text = body.toString('utf8', at + rest[0].length)
  // what closes the answer closes nothing of the usage
  for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}', end + 1)) {
    const usage = parsed(text.slice(0, end + 1))
    if (usage !== null) return usage
  }
  return null
}

const soundIn = (answer: Json): Report => {
  const { usage } = answer
  const tokens = tokensOf(usage)
  const seconds = countOf(isRecord(usage) && usage.type === 'duration' ? usage.seconds : answer.duration)
  return { tokens, unit: seconds === null ? null : { quantity: Math.ceil(seconds) } }
}

const searchesIn = (answer: Json): Report => {
  const meta = isRecord(answer.meta) ? answer.meta : {}
  const billed = isRecord(meta.billed_units) ? meta.billed_units : {}
  const searches = countOf(billed.search_units)
  const usage = isRecord(answer.usage) ? answer.usage : isRecord(meta.tokens) ? meta.tokens : {}
  const input = countOf(usage.prompt_tokens) ?? countOf(usage.input_tokens) ?? countOf(usage.total_tokens)
  return {
    tokens: input === null ? null : reported(Math.ceil(input), 0),
    unit: searches === null ? null : { quantity: Math.ceil(searches) },
  }
}

const tokensOf = (usage: unknown): Usage | null => {
  if (!isRecord(usage) || usage.type === 'duration') return null
  const input = countOf(usage.input_tokens) ?? countOf(usage.prompt_tokens)
  const output = countOf(usage.output_tokens) ?? countOf(usage.completion_tokens)
  if (input === null && output === null) return null
  const details = isRecord(usage.input_token_details) ? usage.input_token_details : {}
  const heard = countOf(details.audio_tokens)
  return { ...reported(input ?? 0, output ?? 0), ...(heard !== null && heard > 0 && { audioInputTokens: heard }) }
}

const reported = (inputTokens: number, outputTokens: number): Usage => ({
  ...{ inputTokens, outputTokens, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
  source: 'reported',
})

/** A number of things, also where it is written as a text. */
const countOf = (value: unknown): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 && number < 1e12 ? number : null
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const parsed = (text: Buffer | string): Json | null => {
  try {
    const value: unknown = JSON.parse(text.toString())
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}
