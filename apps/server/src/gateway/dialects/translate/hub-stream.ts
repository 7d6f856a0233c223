/** A provider's stream as the hub's: what every dialect but the hub's own needs to write chunks, ends and failures. */
import type { DialectId, StreamFacts } from '../dialect.ts'
import type { UpstreamError } from '../errors.ts'
import { isRecord, type Json, parseJson } from '../json.ts'
import { openai } from '../openai.ts'
import { encodeData, type SseEvent } from '../sse.ts'
import { type Usage, usageToOpenai } from '../usage.ts'
import { cutShort, encodeStreamError, garbled, type StreamTranslator } from './stream.ts'

export type Chunk = (delta: Json, finish?: string | null, index?: number) => string

/** How one dialect's events are understood. */
export type StreamReading = {
  /** The chunks for one event. */
  read(event: Json, name: string | undefined): string
  /** What was still held back, once the answer is complete. */
  finish(): string
  /** `open` while more must come, `complete` when the stream may end here, `over` when nothing more comes. */
  progress(): 'open' | 'complete' | 'over'
  usage(): Usage | null
}

export const hubId = (id: string): string => `chatcmpl-${id}`

/** The id of a call whose provider gives it none: the same each time the same answer is read. */
export const madeUpCallId = (id: string, at: number): string => `call_${id}_${at}`

type Options = {
  facts: StreamFacts
  from: DialectId
  readError: (event: Pick<SseEvent, 'event' | 'data'>) => UpstreamError | undefined
}

export function createHubStream(
  { facts, from, readError }: Options,
  reading: (chunk: Chunk) => StreamReading,
): StreamTranslator {
  // every chunk begins alike, so the beginning is written once
  const head = JSON.stringify({
    id: hubId(facts.id),
    object: 'chat.completion.chunk',
    created: facts.created,
    model: facts.model,
  }).slice(0, -1)
  const suffix = facts.includeUsage ? ',"usage":null}' : '}'
  let state: 'open' | 'done' | 'failed' = 'open'
  let failure: UpstreamError | undefined
  const started = new Set<number>()

  const written = (delta: Json, finish: string | null, index: number): string =>
    encodeData(
      `${head},"choices":[{"index":${index},"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${suffix}`,
    )
  const chunk: Chunk = (delta, finish = null, index = 0) => {
    if (started.has(index)) return written(delta, finish, index)
    started.add(index)
    return written({ role: 'assistant', content: '', refusal: null }, null, index) + written(delta, finish, index)
  }
  const speech = reading(chunk)

  const complete = (): string => {
    state = 'done'
    const usage = facts.includeUsage ? speech.usage() : null
    const counted =
      usage === null ? '' : encodeData(`${head},"choices":[],"usage":${JSON.stringify(usageToOpenai(usage))}}`)
    return speech.finish() + counted + openai.doneBytes
  }

  const fail = (error: UpstreamError): string => {
    state = 'failed'
    failure = facts.tell?.(error) ?? error
    return encodeStreamError(failure, {
      from,
      to: 'openai',
      requestId: facts.requestId,
      encode: openai.errorEvent,
    })
  }

  return {
    push(event) {
      if (state !== 'open' || event.data === '') return ''
      const failed = readError(event)
      if (failed !== undefined) return fail(failed)
      const parsed = parseJson(event.data)
      if (!isRecord(parsed)) return fail(garbled())
      const text = speech.read(parsed, event.event)
      return speech.progress() === 'over' ? text + complete() : text
    },
    end() {
      if (state !== 'open') return ''
      return speech.progress() === 'open' ? fail(cutShort()) : complete()
    },
    state: () => state,
    failure: () => failure,
  }
}
