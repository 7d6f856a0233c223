/** The events of ConverseStream as the hub's chunks, by way of Anthropic's events, which they resemble. */
import type { StreamFacts } from '../dialect.ts'
import { asRecord, asText, isRecord, type Json, parseJson } from '../json.ts'
import { hubId } from '../translate/hub-stream.ts'
import type { StreamTranslator } from '../translate/stream.ts'
import { createOpenaiFromAnthropicStream } from '../translate/stream-to-openai.ts'
import { stopOf } from './blocks.ts'
import { usageAsAnthropic } from './usage.ts'

export function createHubFromConverseStream(facts: StreamFacts): StreamTranslator {
  const inner = createOpenaiFromAnthropicStream({ ...facts, id: hubId(facts.id) })
  let open: unknown
  let stop: string | undefined

  const tell = (type: string, fields: Json): string =>
    inner.push({ event: type, data: JSON.stringify({ type, ...fields }) })

  const start = (index: unknown, block: Json): string => {
    open = index
    return tell('content_block_start', { index, content_block: block })
  }

  /** Only calls announce their block; text and thoughts begin with their first piece. */
  function grow({ contentBlockIndex: index, delta }: Json): string {
    const { text, toolUse, reasoningContent } = asRecord(delta)
    const reasoning = asRecord(reasoningContent)
    if (reasoning.redactedContent !== undefined)
      return start(index, { type: 'redacted_thinking', data: reasoning.redactedContent })
    const begun = open === index ? '' : start(index, text === undefined ? emptyThought : emptyText)
    const piece = (fields: Json) => begun + tell('content_block_delta', { index, delta: fields })
    if (text !== undefined) return piece({ type: 'text_delta', text })
    if (isRecord(toolUse)) return piece({ type: 'input_json_delta', partial_json: asText(toolUse.input) ?? '' })
    if (reasoning.signature !== undefined) return piece({ type: 'signature_delta', signature: reasoning.signature })
    return piece({ type: 'thinking_delta', thinking: asText(reasoning.text) ?? '' })
  }

  function close(): string {
    open = undefined
    return tell('content_block_stop', {})
  }

  function read(event: string | undefined, body: Json): string {
    switch (event) {
      case 'messageStart':
        return tell('message_start', { message: {} })
      case 'contentBlockStart': {
        const { toolUseId, name } = asRecord(asRecord(body.start).toolUse)
        return start(body.contentBlockIndex, { type: 'tool_use', id: toolUseId, name, input: {} })
      }
      case 'contentBlockDelta':
        return grow(body)
      case 'contentBlockStop':
        return close()
      case 'messageStop':
        stop = stopOf(body.stopReason)
        return ''
      case 'metadata': {
        const delta = { stop_reason: stop ?? 'end_turn' }
        return tell('message_delta', { delta, usage: usageAsAnthropic(body.usage) }) + tell('message_stop', {})
      }
      default:
        return ''
    }
  }

  return {
    push({ event, data }) {
      if (inner.state() !== 'open' || data === '') return ''
      if (event === 'error') return inner.push({ event, data })
      const parsed = parseJson(data)
      // the inner translator says that this is no JSON
      return isRecord(parsed) ? read(event, parsed) : inner.push({ event, data })
    },
    end: () => inner.end(),
    state: () => inner.state(),
    failure: () => inner.failure(),
  }
}

const emptyText = { type: 'text', text: '' }
const emptyThought = { type: 'thinking', thinking: '', signature: '' }
