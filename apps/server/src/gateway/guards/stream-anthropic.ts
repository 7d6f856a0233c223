/** Texts in Anthropic's events: each content block is one, from its start to its stop. */
import type { Look, TextPass } from '@cockpit/policy'
import { asRecord, asText, type Json, parseJson } from '../dialects/index.ts'
import type { StreamEditor } from './stream.ts'
import { inspectBody } from './whole.ts'

type Kind = { delta: string; field: string }
type Block = { stream: TextPass; kind: Kind }

const kinds: Readonly<Record<string, Kind>> = {
  text: { delta: 'text_delta', field: 'text' },
  thinking: { delta: 'thinking_delta', field: 'thinking' },
  tool_use: { delta: 'input_json_delta', field: 'partial_json' },
  server_tool_use: { delta: 'input_json_delta', field: 'partial_json' },
}

export const createAnthropicEditor = (inspection: Look): StreamEditor => {
  const blocks = new Map<number, Block>()

  const open = (index: number, type: string): Block | null => {
    const kind = kinds[type]
    const isJson = kind?.field === 'partial_json'
    const stream = kind ? inspection.stream(isJson ? 'tool_calls' : 'output', isJson) : null
    if (!kind || !stream) return null
    const block = { stream, kind }
    blocks.set(index, block)
    return block
  }

  const started = (data: Json): Json => {
    const content = asRecord(data.content_block)
    const type = asText(content.type) ?? ''
    const block = open(indexOf(data), type)
    const field = block?.kind.field ?? ''
    const text = asText(content[field])
    if (block && text) {
      const after = block.stream.push(text)
      return after === text ? data : { ...data, content_block: { ...content, [field]: after } }
    }
    // what other blocks hold comes whole
    return kinds[type] ? data : { ...data, content_block: wholly(content) }
  }

  const wholly = (content: Json): Json => {
    const body = Buffer.from(JSON.stringify(content))
    const after = inspectBody(body, 'answer', inspection)
    return after === body ? content : asRecord(parseJson(after.toString('utf8')))
  }

  const went = (data: Json): Json | null => {
    const delta = asRecord(data.delta)
    const block = blocks.get(indexOf(data))
    if (!block || delta.type !== block.kind.delta)
      return delta.type === 'citations_delta' ? { ...data, delta: wholly(delta) } : data
    const { field } = block.kind
    const text = asText(delta[field]) ?? ''
    const after = block.stream.push(text)
    if (after === text) return data
    return after === '' ? null : { ...data, delta: { ...delta, [field]: after } }
  }

  const restOf = (index: number): Json[] => {
    const block = blocks.get(index)
    blocks.delete(index)
    const rest = block?.stream.end() ?? ''
    if (!block || rest === '') return []
    const { delta, field } = block.kind
    return [{ type: 'content_block_delta', index, delta: { type: delta, [field]: rest } }]
  }

  return {
    edit(data) {
      if (data.type === 'content_block_start') return started(data)
      return data.type === 'content_block_delta' ? went(data) : data
    },
    before(data) {
      if (data.type === 'content_block_stop') return restOf(indexOf(data))
      return data.type === 'message_stop' ? this.rest() : []
    },
    rest: () => [...blocks.keys()].flatMap(restOf),
  }
}

const indexOf = ({ index }: Json): number => (typeof index === 'number' ? index : 0)
