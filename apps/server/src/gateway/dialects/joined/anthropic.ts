import { asList, asRecord, asText, filled, isRecord, type Json, parseJson } from '../json.ts'
import { encodeEvent, type SseEvent } from '../sse.ts'
import { claudeAbilities } from '../translate/abilities.ts'
import { type Usage, usageToAnthropic } from '../usage.ts'
import { type Joining, type Speech, textMax } from './joining.ts'
import { givenOf, type RestText } from './rest-text.ts'

export const anthropicJoining: Joining = {
  createSpeech,
  requestForRest({ body, model, text, continues }) {
    const given = givenOf(text)
    if (given === '') return body
    if (!claudeAbilities(model).prefill || thinks(body) || prescribes(body)) return null
    const messages = asList(body.messages)
    const last = asRecord(messages.at(-1))
    if (last.role !== 'assistant')
      return {
        ...body,
        ...continues.fields,
        messages: [...messages, { role: 'assistant', content: given, ...continues.message }],
      }
    // its caller has begun the answer, and what was said goes on with that
    if (typeof last.content !== 'string') return null
    return {
      ...body,
      ...continues.fields,
      messages: [...messages.slice(0, -1), { ...last, content: last.content + given }],
    }
  },
}

const thinks = ({ thinking }: Json): boolean => isRecord(thinking) && thinking.type !== 'disabled'

/** A form, or a call of a tool. */
const prescribes = ({ output_format: format, output_config: config, tool_choice: choice }: Json): boolean =>
  format != null || asRecord(config).format != null || ['any', 'tool'].includes(asText(asRecord(choice).type) ?? '')

function createSpeech(): Speech {
  let text = ''
  let isMore = false
  let isOver = false
  /** The block of text that has not ended. */
  let open: number | null = null
  let blocks = 0

  const hear = (said: Json) => {
    switch (said.type) {
      case 'content_block_start': {
        const { type, text: begins } = asRecord(said.content_block)
        if (type !== 'text') isMore = true
        text += asText(begins) ?? ''
        open = blocks++
        return
      }
      case 'content_block_delta': {
        const { type, text: more } = asRecord(said.delta)
        if (type !== 'text_delta') isMore = true
        text += asText(more) ?? ''
        return
      }
      case 'content_block_stop':
        open = null
        return
      case 'message_delta':
        isOver ||= filled(asRecord(said.delta).stop_reason) !== undefined
        return
      case 'message_stop':
        isOver = true
    }
  }

  return {
    hear: ({ data }) => hear(asRecord(parseJson(data))),
    text: () => (isMore || isOver || text.length > textMax ? null : text),
    join: (rest) => createJoin(rest, { open, blocks }),
  }
}

/** Its message has begun, and the block that was open goes on with the first text of the rest. */
const createJoin = (rest: RestText, begun: { open: number | null; blocks: number }) => {
  let { open, blocks } = begun
  const places = new Map<unknown, number>()

  const begin = (said: Json): Json[] => {
    const block = asRecord(said.content_block)
    if (open !== null && block.type === 'text') {
      places.set(said.index, open)
      open = null
      const text = rest.push(asText(block.text) ?? '')
      return text === '' ? [] : [textAt(places.get(said.index), text)]
    }
    const ends = closed()
    places.set(said.index, blocks)
    return [...ends, { ...said, index: blocks++ }]
  }

  const closed = (): Json[] => {
    if (open === null) return []
    const index = open
    open = null
    return [{ type: 'content_block_stop', index }]
  }

  const goOn = (said: Json): Json[] => {
    const delta = asRecord(said.delta)
    const index = places.get(said.index) ?? said.index
    if (delta.type !== 'text_delta') return [{ ...said, index }]
    const text = rest.push(asText(delta.text) ?? '')
    return text === '' ? [] : [{ ...said, index, delta: { ...delta, text } }]
  }

  const joined = (said: Json, used: Usage | null): Json[] => {
    switch (said.type) {
      case 'message_start':
        return []
      case 'content_block_start':
        return begin(said)
      case 'content_block_delta':
        return goOn(said)
      case 'content_block_stop':
        return [{ ...said, index: places.get(said.index) ?? said.index }]
      case 'message_delta':
        return [...closed(), used ? { ...said, usage: { ...asRecord(said.usage), ...usageToAnthropic(used) } } : said]
      default:
        return [said]
    }
  }

  return (event: SseEvent, used: Usage | null): SseEvent[] => {
    const said = parseJson(event.data)
    if (!isRecord(said)) return [event]
    return joined(said, used).map((one) => (one === said ? event : eventOf(one)))
  }
}

const textAt = (index: number | undefined, text: string): Json => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
})

const eventOf = (said: Json): SseEvent => {
  const event = asText(said.type) ?? 'message'
  const data = JSON.stringify(said)
  return { event, data, raw: Buffer.from(encodeEvent(event, data)) }
}
