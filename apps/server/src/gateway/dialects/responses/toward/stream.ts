/** The events of a provider's response as the hub's stream of chunks. */
import type { StreamFacts } from '../../dialect.ts'
import { asRecord, asText, filled, type Json, records } from '../../json.ts'
import { type Chunk, createHubStream, type StreamReading } from '../../translate/hub-stream.ts'
import type { StreamTranslator } from '../../translate/stream.ts'
import type { Usage } from '../../usage.ts'
import { nameOf, responsesReading, usageFromResponses } from '../reading.ts'
import { callToHub, createSources, finishOf } from './answer.ts'

export const createHubFromResponsesStream = (facts: StreamFacts): StreamTranslator =>
  createHubStream(
    {
      facts,
      from: 'responses',
      readError: ({ event, data }) => responsesReading.readStreamError({ event, data, raw: nothing }),
    },
    readingOf,
  )

const nothing = Buffer.alloc(0)

/** A call as far as it was told; some servers tell it in pieces and some only at its end. */
type Call = { index: number; told: string }

function readingOf(chunk: Chunk): StreamReading {
  const calls = new Map<unknown, Call>()
  const spoken = new Set<unknown>()
  const sources = createSources()
  const found: Json[] = []
  let usage: Usage | null = null
  let finish: string | null = null

  const begin = (place: unknown, item: Json): string => {
    const call = { index: calls.size, told: asText(item.arguments) ?? '' }
    calls.set(place, call)
    return chunk({ tool_calls: [{ index: call.index, ...callToHub(item) }] })
  }
  const grow = (call: Call, piece: string): string => {
    call.told += piece
    return piece === '' ? '' : chunk({ tool_calls: [{ index: call.index, function: { arguments: piece } }] })
  }

  const added = (place: unknown, item: Json): string => (item.type === 'function_call' ? begin(place, item) : '')

  /** What of an item no event before has told. */
  function done(place: unknown, item: Json): string {
    if (item.type === 'function_call') {
      const call = calls.get(place)
      const whole = asText(item.arguments) ?? ''
      if (call === undefined) return begin(place, item)
      return whole.startsWith(call.told) ? grow(call, whole.slice(call.told.length)) : ''
    }
    const parts = item.type === 'message' ? records(item.content) : []
    const text = spoken.has(place) ? '' : parts.map((part) => asText(part.text) ?? '').join('')
    const cited = parts.flatMap(sources.cited)
    if (item.type === 'search_results') found.push(item)
    return (text === '' ? '' : chunk({ content: text })) + (cited.length === 0 ? '' : chunk({ annotations: cited }))
  }

  function read(event: Json, name: string): string {
    const { output_index: place } = event
    const delta = asText(event.delta) ?? ''
    switch (name) {
      case 'response.output_text.delta':
        spoken.add(place)
        return chunk({ content: delta })
      case 'response.refusal.delta':
        spoken.add(place)
        return chunk({ refusal: delta })
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return chunk({ reasoning_content: delta })
      case 'response.output_item.added':
        return added(place, asRecord(event.item))
      case 'response.function_call_arguments.delta': {
        const call = calls.get(place)
        return call === undefined ? '' : grow(call, delta)
      }
      case 'response.output_item.done':
        return done(place, asRecord(event.item))
      case 'response.completed':
      case 'response.incomplete': {
        const response = asRecord(event.response)
        usage = usageFromResponses(response.usage)
        finish = finishOf(response, calls.size)
        return ''
      }
      default:
        return ''
    }
  }

  return {
    read: (event, name) => read(event, nameOf({ event: name, data: `"type":"${filled(event.type) ?? ''}"` })),
    finish() {
      // what is cited at a place stands before what was read only
      const read = found.flatMap(sources.found)
      return (read.length === 0 ? '' : chunk({ annotations: read })) + chunk({}, finish ?? 'stop')
    },
    progress: () => (finish === null ? 'open' : 'over'),
    usage: () => usage,
  }
}
