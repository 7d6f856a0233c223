/**
 * Texts in the events of a response. Each comes in pieces, and again whole when it is done, when its item is done and when
 * all is done: what went out in pieces is what the later events repeat.
 */
import type { Look, TextPass } from '@cockpit/policy'
import { asList, asRecord, asText, isRecord, type Json, parseJson } from '../dialects/index.ts'
import type { StreamEditor } from './stream.ts'
import { inspectBody } from './whole.ts'

type Channel = { stream: TextPass; first: Json; said: string }

/** Which field of the last event of a text holds it whole. */
const wholeIn: Readonly<Record<string, string>> = {
  'response.output_text': 'text',
  'response.refusal': 'refusal',
  'response.reasoning_summary_text': 'text',
  'response.reasoning_text': 'text',
  'response.function_call_arguments': 'arguments',
}
const argumentsOf = 'response.function_call_arguments'

export const createResponsesEditor = (inspection: Look): StreamEditor => {
  const channels = new Map<string, Channel>()
  /** Items that are done, by their place. */
  const items = new Map<unknown, Json>()
  // events left out or put in move the numbers of those that follow
  let shift = 0

  const channelOf = (kind: string, data: Json): Channel | null => {
    const key = keyOf(kind, data)
    const known = channels.get(key)
    if (known) return known
    const isJson = kind === argumentsOf
    const stream = inspection.stream(isJson ? 'tool_calls' : 'output', isJson)
    if (!stream) return null
    const fresh = { stream, first: data, said: '' }
    channels.set(key, fresh)
    return fresh
  }

  const went = (kind: string, data: Json): Json | null => {
    const channel = channelOf(kind, data)
    const text = asText(data.delta) ?? ''
    const after = channel ? channel.stream.push(text) : text
    if (channel) channel.said += after
    if (after === text) return data
    return after === '' ? null : { ...data, delta: after }
  }

  const saidIn = (kinds: readonly string[], place: Json): string | null => {
    for (const kind of kinds) {
      const channel = channels.get(keyOf(kind, place))
      if (channel) return channel.said
    }
    return null
  }

  /** A part of an item as it went out; what never came in pieces is looked through whole. */
  const partDone = (part: unknown, place: Json): unknown => {
    if (!isRecord(part)) return part
    if (part.type === 'refusal') return withText(part, 'refusal', saidIn(['response.refusal'], place))
    return withText(part, 'text', saidIn(textKinds, place))
  }

  const withText = (record: Json, field: string, said: string | null): Json => {
    if (said === null) return wholly(record)
    return said === record[field] ? record : { ...record, [field]: said }
  }

  const itemDone = (item: Json, output_index: unknown): Json => {
    const place = { item_id: item.id, output_index }
    if (item.type === 'function_call') return withText(item, 'arguments', saidIn([argumentsOf], place))
    if (item.type !== 'message' && item.type !== 'reasoning') return wholly(item)
    const parts = (field: string, index: string) =>
      Array.isArray(item[field])
        ? { [field]: asList(item[field]).map((part, at) => partDone(part, { ...place, [index]: at })) }
        : {}
    return { ...item, ...parts('content', 'content_index'), ...parts('summary', 'summary_index') }
  }

  const wholly = (record: Json): Json => {
    const body = Buffer.from(JSON.stringify(record))
    const after = inspectBody(body, 'answer', inspection)
    return after === body ? record : asRecord(parseJson(after.toString('utf8')))
  }

  const edited = (data: Json): Json | null => {
    const type = asText(data.type) ?? ''
    const kind = type.replace(/\.(?:delta|done)$/, '')
    const field = wholeIn[kind]
    if (field !== undefined && type.endsWith('.delta')) return went(kind, data)
    if (field !== undefined && kind !== type) return withText(data, field, saidIn([kind], data))
    if (type.endsWith('_part.done')) return { ...data, part: partDone(data.part, data) }
    if (type === 'response.output_item.done') {
      const item = itemDone(asRecord(data.item), data.output_index)
      items.set(data.output_index, item)
      return { ...data, item }
    }
    const response = asRecord(data.response)
    if (!Array.isArray(response.output) || response.output.length === 0) return data
    const output = response.output.map((item: unknown, at) => items.get(at) ?? itemDone(asRecord(item), at))
    return { ...data, response: { ...response, output } }
  }

  const renumbered = (data: Json): Json =>
    shift === 0 || typeof data.sequence_number !== 'number'
      ? data
      : { ...data, sequence_number: data.sequence_number + shift }

  return {
    edit(data) {
      const after = edited(data)
      if (after === null) shift--
      return after && renumbered(after)
    },
    before(data) {
      const type = asText(data.type) ?? ''
      const kind = type.replace(/\.done$/, '')
      if (wholeIn[kind] === undefined || kind === type) return []
      const channel = channels.get(keyOf(kind, data))
      const rest = channel?.stream.end() ?? ''
      if (!channel || rest === '') return []
      channel.said += rest
      const event = renumbered({ ...channel.first, sequence_number: data.sequence_number, delta: rest })
      shift++
      return [event]
    },
    // whatever ends well ends with events that repeat the texts
    rest: () => [],
  }
}

const textKinds = ['response.output_text', 'response.reasoning_summary_text', 'response.reasoning_text']

const keyOf = (kind: string, { output_index: at, content_index: part, summary_index: summary }: Json): string =>
  `${kind} ${at} ${part ?? ''} ${summary ?? ''}`
