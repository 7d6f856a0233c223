/** Gemini's stream of whole answers in pieces as the hub's stream of chunks. */
import type { StreamFacts } from '../dialect.ts'
import { asNumber, asRecord, asText, filled, type Json, records } from '../json.ts'
import { type Chunk, createHubStream, type StreamReading } from '../translate/hub-stream.ts'
import type { StreamTranslator } from '../translate/stream.ts'
import type { Usage } from '../usage.ts'
import { blockOf, callOf, finishOf } from './answer.ts'
import { geminiReading } from './reading.ts'
import { signedThinking } from './signature.ts'
import { usageFromGemini } from './usage.ts'

type Candidate = { calls: number; signed: boolean; finish: string | null }

export const createHubFromGeminiStream = (facts: StreamFacts): StreamTranslator =>
  createHubStream(
    {
      facts,
      from: 'gemini',
      readError: ({ event, data }) => geminiReading.readStreamError({ event, data, raw: nothing }),
    },
    (chunk) => readingOf(chunk, facts),
  )

const nothing = Buffer.alloc(0)

function readingOf(chunk: Chunk, facts: StreamFacts): StreamReading {
  const candidates = new Map<number, Candidate>()
  let calls = 0
  let usage: Usage | null = null
  let blocked = false

  const seen = (index: number): Candidate => {
    const known = candidates.get(index) ?? { calls: 0, signed: false, finish: null }
    candidates.set(index, known)
    return known
  }

  function grow(part: Json, index: number): string {
    const candidate = seen(index)
    if (part.functionCall !== undefined) {
      const signature = filled(part.thoughtSignature)
      const thought =
        signature === undefined || candidate.signed
          ? ''
          : chunk({ thinking_blocks: [signedThinking('', signature)] }, null, index)
      candidate.signed ||= signature !== undefined
      const call = callOf(part, calls++, facts)
      return thought + chunk({ tool_calls: [{ index: candidate.calls++, ...call }] }, null, index)
    }
    const text = filled(part.text)
    if (text === undefined) return ''
    return chunk(part.thought === true ? { reasoning_content: text } : { content: text }, null, index)
  }

  return {
    read(event) {
      usage = usageFromGemini(event.usageMetadata, usage)
      let out = ''
      for (const candidate of records(event.candidates)) {
        const index = asNumber(candidate.index) ?? 0
        for (const part of records(asRecord(candidate.content).parts)) out += grow(part, index)
        const known = seen(index)
        known.finish = filled(asText(candidate.finishReason)) ?? known.finish
      }
      const block = candidates.size === 0 ? blockOf(event) : undefined
      if (block === undefined || blocked) return out
      blocked = true
      return out + chunk({ refusal: block })
    },
    // a reason may come before the last count, and before the last call
    finish() {
      if (blocked) return chunk({}, 'content_filter')
      let out = ''
      for (const [index, { finish, calls: made }] of candidates)
        out += chunk({}, finishOf(finish ?? 'STOP', made), index)
      return out
    },
    progress: () => (blocked || [...candidates.values()].some(({ finish }) => finish !== null) ? 'complete' : 'open'),
    usage: () => usage,
  }
}
