/** OpenAI's stream of chunks as Anthropic's stream of events. */
import { anthropic } from '../anthropic.ts'
import { readStreamError, type UpstreamError } from '../errors.ts'
import { asNumber, asRecord, asText, filled, isRecord, type Json, parseJson, records } from '../json.ts'
import { encodeEvent } from '../sse.ts'
import { estimateTokens } from '../tokens.ts'
import { estimatedUsage, type Usage, usageFromOpenai, usageToAnthropic } from '../usage.ts'
import { madeUpToolId } from './answer-to-anthropic.ts'
import { createBlockQueue, type ToolBlock } from './block-queue.ts'
import { textOf } from './media.ts'
import { thoughtIn } from './reasoning.ts'
import { stopReasonOf } from './stop.ts'
import { cutShort, encodeStreamError, garbled, type StreamTelling, type StreamTranslator } from './stream.ts'

/** `inputTokens` is what the start of the message claims until the provider reports the truth at its end. */
export type AnthropicStreamOptions = StreamTelling & { model: string; id: string; inputTokens?: number }

export function createAnthropicFromOpenaiStream(options: AnthropicStreamOptions): StreamTranslator {
  const queue = createBlockQueue()
  const calls = new Map<number, ToolBlock>()
  let callCount = 0
  let usage: Usage | null = null
  let generatedBytes = 0
  let finish: { reason: string; matched: unknown } | undefined
  let refused = false
  let started = false
  let state: 'open' | 'done' | 'failed' = 'open'
  let failure: UpstreamError | undefined

  function push({ event, data }: { event: string | undefined; data: string }): string {
    if (state !== 'open' || data === '') return ''
    if (data.trim() === '[DONE]') return complete()
    const failed = readStreamError(event, data)
    if (failed !== undefined) return fail(failed)
    const chunk = parseJson(data)
    if (!isRecord(chunk)) return fail(garbled())
    // usage may stand in the last chunk alone, in one with content, or in every one: the latest counts
    usage = usageFromOpenai(chunk.usage) ?? usageFromOpenai(asRecord(chunk.x_groq).usage) ?? usage
    const choice = records(chunk.choices).find(({ index }) => index === 0 || index === undefined)
    return start() + (choice === undefined ? '' : translate(choice))
  }

  function start(): string {
    if (started) return ''
    started = true
    const counted = usageToAnthropic(usage ?? estimatedUsage(options.inputTokens ?? 0, 0))
    const message = {
      id: options.id,
      type: 'message',
      role: 'assistant',
      model: options.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...counted, output_tokens: 0 },
    }
    return encodeEvent('message_start', JSON.stringify({ type: 'message_start', message }))
  }

  function translate(choice: Json): string {
    const bytes = said(asRecord(choice.delta ?? choice.message))
    const reason = filled(choice.finish_reason)
    if (reason === undefined) return bytes
    finish ??= { reason, matched: choice.stop_reason }
    return bytes + queue.flush()
  }

  function said(delta: Json): string {
    let bytes = ''
    for (const block of records(delta.thinking_blocks)) bytes += queue.signed(block)
    const thought = thoughtIn(delta)
    if (thought !== undefined) bytes += queue.thinking(counted(thought))
    const text = filled(textOf(delta.content))
    if (text !== undefined) bytes += queue.text(counted(text))
    const refusal = filled(delta.refusal)
    if (refusal !== undefined) {
      refused = true
      bytes += queue.text(counted(refusal))
    }
    for (const call of records(delta.tool_calls)) bytes += toolCall(call)
    return bytes
  }

  function counted(fragment: string): string {
    generatedBytes += Buffer.byteLength(fragment)
    return fragment
  }

  function toolCall(call: Json): string {
    const definition = asRecord(call.function)
    const name = asText(definition.name) ?? ''
    const args = counted(argumentsOf(definition))
    const at = asNumber(call.index) ?? 0
    const known = calls.get(at)
    // some servers give every parallel call the same index, and only the id tells them apart
    const another = known === undefined || (filled(call.id) !== undefined && call.id !== known.id && name !== '')
    if (!another) {
      // the name may come in pieces, or be repeated whole with every fragment
      if (!known.opened && name !== known.name) known.name += name
      return args === '' ? '' : queue.argument(known, args)
    }
    const { block, bytes } = queue.tool(filled(call.id) ?? madeUpToolId(options.id, callCount), name)
    callCount++
    calls.set(at, block)
    return bytes + (args === '' ? '' : queue.argument(block, args))
  }

  function complete(): string {
    if (!started) return fail(cutShort())
    state = 'done'
    const reason = stopReasonOf(finish?.reason ?? 'stop', {
      toolCalls: callCount > 0,
      refusal: refused,
      matched: finish?.matched,
    })
    const counted = usage ?? estimatedUsage(options.inputTokens ?? 0, estimateTokens(generatedBytes))
    const delta = { type: 'message_delta', delta: reason, usage: usageToAnthropic(counted) }
    return (
      queue.flush() +
      encodeEvent('message_delta', JSON.stringify(delta)) +
      encodeEvent('message_stop', JSON.stringify({ type: 'message_stop' }))
    )
  }

  function fail(error: UpstreamError): string {
    state = 'failed'
    failure = options.tell?.(error) ?? error
    return encodeStreamError(failure, {
      from: 'openai',
      to: 'anthropic',
      requestId: options.requestId ?? options.id,
      encode: anthropic.errorEvent,
    })
  }

  function end(): string {
    if (state !== 'open') return ''
    return finish === undefined ? fail(cutShort()) : complete()
  }

  return { push, end, state: () => state, failure: () => failure }
}

/** Fragments are text; a server that sends the whole object at once is understood too. */
const argumentsOf = (definition: Json): string =>
  isRecord(definition.arguments) ? JSON.stringify(definition.arguments) : (asText(definition.arguments) ?? '')
