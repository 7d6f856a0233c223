/** What a call used when its provider does not say, and what a call must remember until then. */
import { holdForMore } from './billing.ts'
import type { Call } from './call.ts'
import {
  countMessages,
  countTokens,
  dialects,
  estimatedUsage,
  type Json,
  textOfAnswer,
  Untranslatable,
  type Usage,
} from './dialects/index.ts'
import type { Extension } from './funds/index.ts'
import type { Journey } from './journey.ts'

/** A longer request is not kept for a count: without a report its stream is billed by the estimate of its hold. */
export const promptBytesMax = 256 << 10

/** After the first byte nothing can be tried again, and a large prompt must not stay in memory as long as its stream. */
export const forgetRequest = (journey: Journey, contentBytesMax: number) => {
  const { call } = journey
  journey.request = null
  call.scan = null
  if (call.bytes === null) return
  call.requestBytes = call.bytes.length
  call.prompt = call.bytes.length <= promptBytesMax ? call.bytes : null
  call.bytes = call.entry?.plan.logContent ? Buffer.from(call.bytes.subarray(0, contentBytesMax)) : null
}

export const extendHold = async (call: Call, tokens: number): Promise<Extension> => {
  const { hold, entry } = call
  if (!hold || !entry) return 'extended'
  const more = holdForMore(call, tokens)
  if (more === null) return 'denied'
  const extension = await hold.purse.extend(hold, more)
  if (extension === 'extended') call.outputTokens += tokens
  return extension
}

/** What an answer without a report must have used: counted, not guessed. */
export const countedUsage = async (call: Call, body: Buffer): Promise<Usage> => {
  const answer = parse(body)
  const input = await countedInput(call)
  if (call.operation !== 'chat' || answer === null) return estimatedUsage(input, 0)
  return estimatedUsage(input, await countTokens(textOfAnswer(answer)))
}

export const countedInput = async (call: Call): Promise<number> => {
  if (call.operation !== 'chat') return call.inputTokens
  const body = call.scan?.body ?? (call.prompt && parse(call.prompt))
  call.prompt = null
  return body ? countedPrompt(call, body) : call.inputTokens
}

/** Requests are counted as the messages they are, in whatever dialect they came. */
const countedPrompt = async (call: Call, body: Json): Promise<number> => {
  if (call.dialect === 'anthropic' || call.dialect === 'openai') return countMessages(body, call.dialect)
  try {
    const asked = dialects[call.dialect].caller?.requestToHub(body, { model: call.model })
    return asked ? await countMessages(asked.body, 'openai') : call.inputTokens
  } catch (error) {
    if (error instanceof Untranslatable) return call.inputTokens
    throw error
  }
}

const parse = (body: Buffer): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}
