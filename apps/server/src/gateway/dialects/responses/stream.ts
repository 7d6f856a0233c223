/** A stream of chat chunks as the events of a response, in their order and numbered. */
import type { StreamFacts } from '../dialect.ts'
import { asNumber, asRecord, asText, filled, isRecord, type Json, records } from '../json.ts'
import { createFromHubStream } from '../translate/from-hub-stream.ts'
import { textOf } from '../translate/media.ts'
import type { StreamTranslator } from '../translate/stream.ts'
import { createItemWriter, type OpenCall } from './item-writer.ts'
import { incompleteOf, type Progress, responseOf } from './response.ts'
import { errorEventOf, numberedEvent } from './words.ts'

export function responsesStreamFromHub(facts: StreamFacts): StreamTranslator {
  let next = 0
  let finish = 'stop'
  let begun = false
  const emit = (type: string, fields: Json): string => numberedEvent(type, next++, fields)
  const writer = createItemWriter(facts.id, emit)
  const calls = createCallIndex(writer.call)

  const response = (progress: Omit<Progress, 'output'>): Json => ({
    response: responseOf(facts, { ...progress, output: writer.items() }),
  })

  const begin = (): string => {
    if (begun) return ''
    begun = true
    const begins = response({ status: 'in_progress', usage: null })
    return emit('response.created', begins) + emit('response.in_progress', begins)
  }

  const say = (choice: Json): string => {
    const delta = asRecord(choice.delta ?? choice.message)
    finish = filled(choice.finish_reason) ?? finish
    let out = ''
    const thought = filled(delta.reasoning_content) ?? filled(delta.reasoning)
    if (thought !== undefined) out += writer.thought(thought)
    for (const block of records(delta.thinking_blocks)) out += writer.signed(block)
    const text = filled(textOf(delta.content))
    if (text !== undefined) out += writer.text(text)
    const refusal = filled(delta.refusal)
    if (refusal !== undefined) out += writer.refusal(refusal)
    for (const call of records(delta.tool_calls)) out += calls.take(call)
    return out
  }

  const translator = createFromHubStream(facts, 'responses', {
    say(chunk) {
      const choice = records(chunk.choices).find(({ index }) => index === 0 || index === undefined)
      return begin() + (choice === undefined ? '' : say(choice))
    },
    close(usage) {
      const reason = incompleteOf(finish)
      const status = reason === undefined ? 'completed' : 'incomplete'
      return writer.finish(status) + emit(`response.${status}`, response({ status, usage, reason }))
    },
    fail(error) {
      const { code, message } = error
      const failed = begun
        ? emit('response.failed', response({ status: 'failed', usage: null, error: { code, message } }))
        : ''
      return failed + errorEventOf({ ...error, sequence: next++ })
    },
    generatedBytes: writer.generatedBytes,
  })
  return { ...translator, sequence: () => next }
}

/** Which call a fragment belongs to, however its server counts. */
function createCallIndex(open: (id: string | undefined) => OpenCall) {
  const known = new Map<number, OpenCall>()
  return {
    take(call: Json): string {
      const definition = asRecord(call.function)
      const name = asText(definition.name) ?? ''
      const args = isRecord(definition.arguments)
        ? JSON.stringify(definition.arguments)
        : (asText(definition.arguments) ?? '')
      const at = asNumber(call.index) ?? 0
      const current = known.get(at)
      // some servers give every parallel call the same index, and only the id tells them apart
      if (current && (filled(call.id) === undefined || call.id === current.id || name === ''))
        return current.grow(name, args)
      const fresh = open(filled(call.id))
      known.set(at, fresh)
      return fresh.grow(name, args)
    },
  }
}
