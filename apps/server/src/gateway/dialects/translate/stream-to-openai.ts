/** Anthropic's stream of events as OpenAI's stream of chunks. */
import { readStreamError, type UpstreamError } from '../errors.ts'
import { asRecord, asText, filled, isRecord, type Json, parseJson } from '../json.ts'
import { openai } from '../openai.ts'
import { encodeData } from '../sse.ts'
import { type Usage, usageFromAnthropic, usageToOpenai } from '../usage.ts'
import { type AnswerIdentity, refusalOf } from './answer-to-openai.ts'
import { finishReasonOf } from './stop.ts'
import { cutShort, encodeStreamError, garbled, type StreamTelling, type StreamTranslator } from './stream.ts'

export type OpenaiStreamOptions = StreamTelling &
  AnswerIdentity & {
    includeUsage: boolean
    /** Signed thinking as soon as it is whole, for who reads on; else once and whole at the end. */
    signsAtOnce?: boolean
  }

type OpenBlock = {
  type: string
  thinking: string
  signature: string
  toolIndex: number
  inputSeen: boolean
  input: unknown
}

export function createOpenaiFromAnthropicStream(options: OpenaiStreamOptions): StreamTranslator {
  // every chunk begins alike, so the beginning is written once
  const head = JSON.stringify({
    id: options.id,
    object: 'chat.completion.chunk',
    created: options.created,
    model: options.model,
  })
  const prefix = `${head.slice(0, -1)},"choices":[{"index":0,"delta":`
  const suffix = options.includeUsage ? ',"usage":null}' : '}'
  const thinkingBlocks: Json[] = []
  let block: OpenBlock | undefined
  let toolCalls = 0
  let usage: Usage | null = null
  let started = false
  let finished = false
  let state: 'open' | 'done' | 'failed' = 'open'
  let failure: UpstreamError | undefined

  const chunk = (delta: Json, finish: string | null = null): string =>
    encodeData(`${prefix}${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${suffix}`)

  function push({ event, data }: { event: string | undefined; data: string }): string {
    if (state !== 'open' || data === '') return ''
    const failed = readStreamError(event, data)
    if (failed !== undefined) return fail(failed)
    const parsed = parseJson(data)
    return isRecord(parsed) ? start() + translate(parsed) : fail(garbled())
  }

  function start(): string {
    if (started) return ''
    started = true
    return chunk({ role: 'assistant', content: '', refusal: null })
  }

  function translate(event: Json): string {
    switch (event.type) {
      case 'message_start':
        usage = usageFromAnthropic(asRecord(event.message).usage)
        return ''
      case 'content_block_start':
        return open(asRecord(event.content_block))
      case 'content_block_delta':
        return block === undefined ? '' : grow(block, asRecord(event.delta))
      case 'content_block_stop':
        return close()
      case 'message_delta':
        usage = usageFromAnthropic(event.usage, usage)
        return finish(asRecord(event.delta))
      case 'message_stop':
        return finish({ stop_reason: 'end_turn' }) + complete()
      default:
        return ''
    }
  }

  function open(content: Json): string {
    const before = close()
    const type = asText(content.type) ?? ''
    block = { type, thinking: '', signature: '', toolIndex: toolCalls, inputSeen: false, input: content.input }
    if (type === 'text') return before + textDelta(content.text)
    if (type === 'thinking') return before + grow(block, { ...content, type: 'thinking_delta' })
    if (type === 'redacted_thinking') return before + signed({ type, data: content.data })
    if (type !== 'tool_use') return before
    const call = {
      index: toolCalls++,
      id: content.id,
      type: 'function',
      function: { name: content.name, arguments: '' },
    }
    return before + chunk({ tool_calls: [call] })
  }

  const textDelta = (text: unknown): string => (filled(text) === undefined ? '' : chunk({ content: text }))

  function grow(current: OpenBlock, delta: Json): string {
    if (delta.type === 'text_delta') return textDelta(delta.text)
    if (delta.type === 'input_json_delta' && current.type === 'tool_use')
      return toolInput(current, asText(delta.partial_json) ?? '')
    if (delta.type === 'signature_delta') current.signature = asText(delta.signature) ?? ''
    if (delta.type !== 'thinking_delta') return ''
    const thinking = asText(delta.thinking) ?? ''
    current.thinking += thinking
    current.signature = filled(delta.signature) ?? current.signature
    return thinking === '' ? '' : chunk({ reasoning_content: thinking })
  }

  function toolInput(current: OpenBlock, fragment: string): string {
    if (fragment === '') return ''
    current.inputSeen = true
    return chunk({ tool_calls: [{ index: current.toolIndex, function: { arguments: fragment } }] })
  }

  function close(): string {
    const closed = block
    block = undefined
    if (closed?.type === 'thinking')
      return signed({ type: 'thinking', thinking: closed.thinking, signature: closed.signature })
    // a call without arguments streams none, and one may come whole at its start; OpenAI's clients parse what they collected
    const whole = closed?.type === 'tool_use' && !closed.inputSeen
    return whole ? toolInput(closed, JSON.stringify(isRecord(closed.input) ? closed.input : {})) : ''
  }

  function signed(thinking: Json): string {
    if (options.signsAtOnce) return chunk({ thinking_blocks: [thinking] })
    thinkingBlocks.push(thinking)
    return ''
  }

  function finish(delta: Json): string {
    const reason = filled(delta.stop_reason)
    if (finished || reason === undefined) return ''
    const before = close()
    finished = true
    // sent once and whole: the SDK keeps the last value of a field it does not know
    const thought = thinkingBlocks.length > 0 ? chunk({ thinking_blocks: thinkingBlocks }) : ''
    const refusal = reason === 'refusal' ? refusalOf(delta) : null
    return before + thought + chunk(refusal === null ? {} : { refusal }, finishReasonOf(reason))
  }

  function complete(): string {
    state = 'done'
    const withUsage = options.includeUsage && usage !== null
    return (withUsage ? usageChunk(head, usage) : '') + openai.doneBytes
  }

  function fail(error: UpstreamError): string {
    state = 'failed'
    failure = options.tell?.(error) ?? error
    return encodeStreamError(failure, {
      from: 'anthropic',
      to: 'openai',
      requestId: options.requestId ?? options.id,
      encode: openai.errorEvent,
    })
  }

  function end(): string {
    if (state !== 'open') return ''
    return finished ? complete() : fail(cutShort())
  }

  return { push, end, state: () => state, failure: () => failure }
}

const usageChunk = (head: string, usage: Usage | null): string =>
  usage === null ? '' : encodeData(`${head.slice(0, -1)},"choices":[],"usage":${JSON.stringify(usageToOpenai(usage))}}`)
