/** Calls whose matter is not text: what each asks of its model, and what it may use before and has used after. */
import type { BilledUnit } from '@cockpit/policy'
import { unpricedUnit } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { estimatedUsage, estimateInputTokens, type Usage } from '../dialects/index.ts'
import { isMedia } from '../providers/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { reportOf } from './report.ts'
import { secondsOf } from './sound.ts'

/** Output tokens of one picture, of a model that says no maximum of its own: what the dearest ones take, and some. */
const pictureTokens = 8_192
/** Of what is said in a recording. */
const transcriptTokens = 4_096
/** Tokens of a second of sound, and of a picture that is to be changed. */
const secondTokens = 10
const editedPictureTokens = 8_192
const documentsASearch = 100
/** Longer documents count for more than one. */
const documentTokens = 500

type Ask = { unit: BilledUnit; inputTokens: number; outputTokens: number }

/** What a call may use, or what is wrong with it. Called once its model is known. */
export const askOf = (call: Call): Ask | Refusal => {
  const body = call.scan?.body ?? {}
  switch (call.operation) {
    case 'images':
    case 'image_edits':
      return pictures(call, body)
    case 'speech':
      return typeof body.input === 'string' && body.input !== ''
        ? {
            unit: { unit: 'character', quantity: lettersIn(body.input) },
            inputTokens: typedTokens(call),
            outputTokens: 0,
          }
        : refusal('input.invalid', "'input' must be the text to say.", 'input')
    case 'rerank':
      return search(call, body)
    default:
      return recording(call)
  }
}

const pictures = (call: Call, body: Record<string, unknown>): Ask | Refusal => {
  const { n = 1, prompt } = body
  const count = typeof n === 'string' && /^\d{1,3}$/.test(n) ? Number(n) : n
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 128)
    return refusal('input.invalid', "'n' must be a whole number from 1 to 128.", 'n')
  if (call.operation === 'images' && (typeof prompt !== 'string' || prompt === ''))
    return refusal('input.invalid', "'prompt' must be a text.", 'prompt')
  const given = call.form?.parts.filter(({ filename }) => filename !== null).length ?? 0
  if (call.operation === 'image_edits' && given === 0)
    return refusal('input.invalid', "'image' must be a file.", 'image')
  if (call.stream && count > 1) return refusal('input.invalid', "'n' must be 1 in a stream.", 'n')
  const most = call.entry?.plan.model?.outputTokensMax ?? pictureTokens
  return {
    unit: { unit: 'image', quantity: count, ...named('size', body.size), ...named('quality', body.quality) },
    inputTokens: typedTokens(call) + given * editedPictureTokens,
    outputTokens: most * count,
  }
}

/** Of what is written in it. */
const typedTokens = ({ scan }: Call): number => (scan ? estimateInputTokens(scan) : 0)

/** What is left to the model may be anything. */
const named = (word: 'size' | 'quality', value: unknown) =>
  typeof value === 'string' && value !== 'auto' && value !== '' ? { [word]: value } : null

const lettersIn = (text: string): number => {
  let letters = 0
  for (const _ of text) letters++
  return letters
}

const search = (call: Call, { query, documents }: Record<string, unknown>): Ask | Refusal => {
  if (typeof query !== 'string') return refusal('input.invalid', "'query' must be a text.", 'query')
  if (!Array.isArray(documents) || documents.length === 0)
    return refusal('input.invalid', "'documents' must be a list of texts.", 'documents')
  const pieces = documents.length + Math.floor(typedTokens(call) / documentTokens)
  const queryTokens = Math.ceil(query.length / 2) * documents.length
  return {
    unit: { unit: 'search', quantity: Math.ceil(pieces / documentsASearch) },
    inputTokens: typedTokens(call) + queryTokens,
    outputTokens: 0,
  }
}

const recording = (call: Call): Ask | Refusal => {
  const { form } = call
  const file = form?.parts.find(({ name, filename }) => name === 'file' && filename !== null)
  if (!form || !file) return refusal('input.invalid', "'file' must be a recording.", 'file')
  if (call.stream && call.entry?.guard?.output)
    return refusal(
      'input.invalid',
      'A guardrail reads the answers of this model, so they cannot be streamed.',
      'stream',
    )
  const { most } = secondsOf(form.bytes.subarray(file.from, file.to))
  return {
    unit: { unit: 'audio_second', quantity: most },
    inputTokens: typedTokens(call) + most * secondTokens,
    outputTokens: call.entry?.plan.model?.outputTokensMax ?? transcriptTokens,
  }
}

/**
 * Puts on the call what it may use. By the piece where that has a price, and also where nothing else would bill it: then
 * it is refused, for what nobody has put a price on is not given away.
 */
export const prepareMedia = (call: Call): Refusal | null => {
  const ask = askOf(call)
  if ('code' in ask) return ask
  const price = call.entry?.plan.price
  const reports = call.operation !== 'speech'
  const otherwise = price && (price.units?.request !== undefined || (reports && (price.input > 0 || price.output > 0)))
  call.units = !otherwise || unpricedUnit(price, [ask.unit]) === null ? [ask.unit] : null
  call.inputTokens = ask.inputTokens
  call.outputTokens = ask.outputTokens
  return null
}

/** What an answer used by its provider's word, else by what was asked for. `body` is null where nothing can be read. */
export const usageOfMedia = (call: Call, body: Buffer | null): Usage => {
  const { operation } = call
  const said = body === null || !isMedia(operation) ? null : reportOf(operation, body)
  const probably = call.units === null ? null : (call.units.map((one) => unitOf(call, one)) as readonly BilledUnit[])
  const tokens = said?.tokens ?? estimatedUsage(tokensLikely(call, operation), call.outputTokens)
  if (probably === null) return tokens
  const units = probably.map((one) => ({ ...one, ...said?.unit }))
  const isSaid = said !== null && (said.tokens !== null || said.unit !== null)
  return { ...tokens, units, source: isSaid ? 'reported' : 'estimated' }
}

const unitOf = (call: Call, unit: BilledUnit): BilledUnit =>
  unit.unit === 'audio_second' && call.soundSeconds !== null ? { ...unit, quantity: call.soundSeconds } : unit

const tokensLikely = (call: Call, operation: Call['operation']): number =>
  operation === 'transcriptions' || operation === 'translations'
    ? Math.min(call.inputTokens, (call.soundSeconds ?? 0) * secondTokens)
    : call.inputTokens
