/** The hub's stream as a caller's: what the dialects that share OpenAI's words need to read chunks, ends and failures. */
import type { DialectId, StreamFacts } from '../dialect.ts'
import { type GatewayError, gatewayErrorFrom, readStreamError, type UpstreamError } from '../errors.ts'
import { filled, isRecord, type Json, parseJson, records } from '../json.ts'
import { estimateTokens } from '../tokens.ts'
import { estimatedUsage, type Usage, usageFromOpenai } from '../usage.ts'
import { cutShort, garbled, type StreamTranslator, streamErrorCode } from './stream.ts'

/** How one dialect says what the hub says. */
export type Saying = {
  /** One chunk; called for the first before anything else. */
  say(chunk: Json): string
  /** The end of a complete answer. */
  close(usage: Usage): string
  fail(error: GatewayError): string
  /** Bytes of text said so far: the basis of an estimate where no usage is reported. */
  generatedBytes(): number
}

export function createFromHubStream(facts: StreamFacts, to: DialectId, saying: Saying): StreamTranslator {
  let state: 'open' | 'done' | 'failed' = 'open'
  let failure: UpstreamError | undefined
  let usage: Usage | null = null
  let started = false
  let finished = false

  const fail = (error: UpstreamError): string => {
    state = 'failed'
    failure = facts.tell?.(error) ?? error
    return saying.fail(
      gatewayErrorFrom(failure, { from: 'openai', to }, { requestId: facts.requestId, code: streamErrorCode }),
    )
  }

  const complete = (): string => {
    if (!started) return fail(cutShort())
    state = 'done'
    return saying.close(usage ?? estimatedUsage(facts.inputTokens, estimateTokens(saying.generatedBytes())))
  }

  return {
    push({ event, data }) {
      if (state !== 'open' || data === '') return ''
      if (data.trim() === '[DONE]') return complete()
      const failed = readStreamError(event, data)
      if (failed !== undefined) return fail(failed)
      const chunk = parseJson(data)
      if (!isRecord(chunk)) return fail(garbled())
      // usage may stand in the last chunk alone, in one with content, or in every one: the latest counts
      usage = usageFromOpenai(chunk.usage) ?? usage
      started = true
      finished ||= records(chunk.choices).some(({ finish_reason }) => filled(finish_reason) !== undefined)
      return saying.say(chunk)
    },
    end() {
      if (state !== 'open') return ''
      return finished ? complete() : fail(cutShort())
    },
    state: () => state,
    failure: () => failure,
  }
}
