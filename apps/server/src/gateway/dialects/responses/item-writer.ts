/** Writes the items of a streamed response: each opens, grows and is done, with the events clients wait for. */
import { filled, type Json } from '../json.ts'
import { madeUpCallId } from '../translate/hub-stream.ts'
import {
  callItem,
  type ItemStatus,
  itemId,
  messageItem,
  reasoningItem,
  refusalPart,
  summaryPart,
  textPart,
} from './output.ts'
import { sealedThinking } from './thinking.ts'

type Emit = (type: string, fields: Json) => string
type Part = { kind: 'text' | 'refusal'; text: string }
type Place = { item_id: string; output_index: number }
type Thought = { kind: 'thought'; place: Place; text: string; blocks: Json[] }
type Message = { kind: 'message'; place: Place; parts: Part[] }
type Call = { kind: 'call'; place: Place | null; callId: string; name: string; args: string }
type Open = Thought | Message | Call

export type OpenCall = { readonly id: string; grow(name: string, args: string): string }

export function createItemWriter(answer: string, emit: Emit) {
  const items: Json[] = []
  /** At most one thought or message, or the calls the model makes side by side. */
  let open: Open[] = []
  let calls = 0
  let hasThought = false
  let bytes = 0

  const placeFor = (kind: 'msg' | 'rs' | 'fc', make: (id: string) => Json): { place: Place; out: string } => {
    const at = items.length
    const id = itemId(kind, answer, at)
    const item = make(id)
    items.push(item)
    return {
      place: { item_id: id, output_index: at },
      out: emit('response.output_item.added', { output_index: at, item }),
    }
  }

  const done = ({ output_index: at }: Place, item: Json): string => {
    items[at] = item
    return emit('response.output_item.done', { output_index: at, item })
  }

  const closeAll = (status: ItemStatus): string => {
    const closing = open
    open = []
    return closing.map((one) => closed(one, status)).join('')
  }

  const closed = (one: Open, status: ItemStatus): string => {
    if (one.kind === 'thought') return closedThought(one)
    if (one.kind === 'message') return closedMessage(one, status)
    const opened = openedCall(one)
    const { place, out } = opened
    return (
      out +
      emit('response.function_call_arguments.done', { ...place, name: one.name, arguments: one.args }) +
      done(place, callItem(place.item_id, one, status))
    )
  }

  const closedThought = ({ place, text, blocks }: Thought): string => {
    const part = summaryPart(text)
    const summed = { ...place, summary_index: 0 }
    const said =
      text === ''
        ? ''
        : emit('response.reasoning_summary_text.done', { ...summed, text }) +
          emit('response.reasoning_summary_part.done', { ...summed, part })
    return said + done(place, reasoningItem(place.item_id, text === '' ? [] : [part], sealedThinking(blocks)))
  }

  const written = ({ kind, text }: Part): Json => (kind === 'text' ? textPart(text) : refusalPart(text))

  const closedMessage = ({ place, parts }: Message, status: ItemStatus): string => {
    const last = parts.at(-1)
    const end = last ? closedPart(place, parts.length - 1, last) : ''
    return end + done(place, messageItem(place.item_id, parts.map(written), status))
  }

  const closedPart = (place: Place, index: number, part: Part): string => {
    const at = { ...place, content_index: index }
    const said =
      part.kind === 'text'
        ? emit('response.output_text.done', { ...at, text: part.text, logprobs: [] })
        : emit('response.refusal.done', { ...at, refusal: part.text })
    return said + emit('response.content_part.done', { ...at, part: written(part) })
  }

  const thoughtNow = (): { thought: Thought; out: string } => {
    const [current] = open
    if (current?.kind === 'thought') return { thought: current, out: '' }
    const ended = closeAll('completed')
    const { place, out } = placeFor('rs', (id) => reasoningItem(id, []))
    const thought: Thought = { kind: 'thought', place, text: '', blocks: [] }
    open = [thought]
    return { thought, out: ended + out }
  }

  const messageNow = (): { message: Message; out: string } => {
    const [current] = open
    if (current?.kind === 'message') return { message: current, out: '' }
    const ended = closeAll('completed')
    const { place, out } = placeFor('msg', (id) => messageItem(id, [], 'in_progress'))
    const message: Message = { kind: 'message', place, parts: [] }
    open = [message]
    return { message, out: ended + out }
  }

  const say = (kind: Part['kind'], text: string): string => {
    bytes += Buffer.byteLength(text)
    const now = messageNow()
    const { place, parts } = now.message
    let { out } = now
    let part = parts.at(-1)
    if (part?.kind !== kind) {
      if (part) out += closedPart(place, parts.length - 1, part)
      part = { kind, text: '' }
      parts.push(part)
      out += emit('response.content_part.added', { ...place, content_index: parts.length - 1, part: written(part) })
    }
    part.text += text
    const at = { ...place, content_index: parts.length - 1, delta: text }
    return (
      out +
      (kind === 'text'
        ? emit('response.output_text.delta', { ...at, logprobs: [] })
        : emit('response.refusal.delta', at))
    )
  }

  const think = (text: string): string => {
    bytes += Buffer.byteLength(text)
    hasThought = true
    const { thought, out } = thoughtNow()
    const at = { ...thought.place, summary_index: 0 }
    const begun =
      thought.text === '' ? emit('response.reasoning_summary_part.added', { ...at, part: summaryPart('') }) : ''
    thought.text += text
    return out + begun + emit('response.reasoning_summary_text.delta', { ...at, delta: text })
  }

  /** The name may come in pieces, so a call opens with its first argument or at its end. */
  const openedCall = (call: Call): { place: Place; out: string } => {
    if (call.place) return { place: call.place, out: '' }
    const opened = placeFor('fc', (id) => callItem(id, { ...call, args: '' }, 'in_progress'))
    call.place = opened.place
    return opened
  }

  const grow = (call: Call, name: string, args: string): string => {
    if (call.place === null && name !== call.name) call.name += name
    if (args === '' || !open.includes(call)) return ''
    bytes += Buffer.byteLength(args)
    call.args += args
    const { place, out } = openedCall(call)
    return out + emit('response.function_call_arguments.delta', { ...place, delta: args })
  }

  return {
    text: (text: string) => say('text', text),
    refusal: (text: string) => say('refusal', text),
    thought: think,
    /** Its text has already come as reasoning, or comes only here; the signature may come when the thought is long done. */
    signed(block: Json): string {
      const text = hasThought ? undefined : filled(block.thinking)
      const out = text === undefined ? '' : think(text)
      const now = thoughtNow()
      now.thought.blocks.push(block)
      return out + now.out
    },
    call(id: string | undefined): OpenCall {
      const call: Call = { kind: 'call', place: null, callId: id ?? madeUpCallId(answer, calls), name: '', args: '' }
      calls++
      let ended = open.some(({ kind }) => kind !== 'call') ? closeAll('completed') : ''
      open.push(call)
      return {
        id: call.callId,
        grow(name, args) {
          const out = ended + grow(call, name, args)
          ended = ''
          return out
        },
      }
    },
    finish: (status: ItemStatus) => closeAll(status),
    items: (): readonly Json[] => [...items],
    generatedBytes: () => bytes,
  }
}
export type ItemWriter = ReturnType<typeof createItemWriter>
