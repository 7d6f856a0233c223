/** Anthropic shows one content block at a time; what arrives for later blocks waits here until its turn. */
import { filled, type Json } from '../json.ts'
import { encodeEvent } from '../sse.ts'
import { createJsonDepth, type JsonDepth } from './json-depth.ts'

type Common = { waiting: string[]; opened: boolean }
type TextBlock = Common & { kind: 'text' }
type ThinkingBlock = Common & { kind: 'thinking'; signature: string | undefined }
type RedactedBlock = Common & { kind: 'redacted'; data: unknown }
export type ToolBlock = Common & { kind: 'tool'; id: string; name: string; json: JsonDepth }
type Block = TextBlock | ThinkingBlock | RedactedBlock | ToolBlock

export type BlockQueue = {
  text(fragment: string): string
  thinking(fragment: string): string
  /** A whole signed or redacted thinking block, as other gateways pass it on. */
  signed(block: Json): string
  tool(id: string, name: string): { block: ToolBlock; bytes: string }
  argument(block: ToolBlock, fragment: string): string
  /** Shows and closes everything that still waits. */
  flush(): string
}

const fresh = (): Common => ({ waiting: [], opened: false })

export function createBlockQueue(): BlockQueue {
  const blocks: Block[] = []
  let index = 0

  function append<B extends Block>(block: B): B {
    blocks.push(block)
    return block
  }

  function lastOrNew<B extends Block>(fits: (block: Block) => block is B, make: () => B): B {
    const last = blocks.at(-1)
    return last !== undefined && fits(last) ? last : append(make())
  }

  /** Only the head of the queue is on the wire; it goes when it can grow no more. */
  function advance(everything: boolean): string {
    let bytes = ''
    for (;;) {
      const head = blocks[0]
      if (head === undefined) return bytes
      const last = blocks.length === 1
      // the name of a tool may come in pieces, so the block opens with its first argument or when something follows
      if (everything || !last || head.kind !== 'tool' || head.waiting.length > 0 || head.opened) bytes += show(head)
      const done = head.kind !== 'tool' || head.json.complete()
      if (!everything && (last || !done)) return bytes
      bytes += close(head)
      blocks.shift()
    }
  }

  function show(block: Block): string {
    let bytes = ''
    if (!block.opened) {
      block.opened = true
      bytes = encodeEvent(
        'content_block_start',
        JSON.stringify({ type: 'content_block_start', index, content_block: contentOf(block) }),
      )
    }
    for (const fragment of block.waiting) bytes += delta(deltaOf(block, fragment))
    block.waiting = []
    return bytes
  }

  const delta = (content: Json): string =>
    encodeEvent('content_block_delta', JSON.stringify({ type: 'content_block_delta', index, delta: content }))

  function close(block: Block): string {
    const signature = block.kind === 'thinking' ? filled(block.signature) : undefined
    const signed = signature === undefined ? '' : delta({ type: 'signature_delta', signature })
    return signed + encodeEvent('content_block_stop', JSON.stringify({ type: 'content_block_stop', index: index++ }))
  }

  function grow(block: Block, fragment: string): string {
    block.waiting.push(fragment)
    return advance(false)
  }

  function signed(block: Json): string {
    if (block.type === 'redacted_thinking') {
      append({ ...fresh(), kind: 'redacted', data: block.data })
      return advance(false)
    }
    const open = lastOrNew(isUnsigned, makeThinking)
    const known = open.opened || open.waiting.length > 0
    open.signature = filled(block.signature) ?? ''
    // its text has already come as reasoning, or comes only here
    return known ? advance(false) : grow(open, filled(block.thinking) ?? '')
  }

  return {
    text: (fragment) =>
      grow(
        lastOrNew(isText, () => ({ ...fresh(), kind: 'text' })),
        fragment,
      ),
    thinking: (fragment) => grow(lastOrNew(isUnsigned, makeThinking), fragment),
    signed,
    tool: (id, name) => {
      const block = append({ ...fresh(), kind: 'tool', id, name, json: createJsonDepth() })
      return { block, bytes: advance(false) }
    },
    argument: (block, fragment) => {
      if (!blocks.includes(block)) return ''
      block.json.feed(fragment)
      return grow(block, fragment)
    },
    flush: () => advance(true),
  }
}

const isText = (block: Block): block is TextBlock => block.kind === 'text'
const isUnsigned = (block: Block): block is ThinkingBlock => block.kind === 'thinking' && block.signature === undefined
const makeThinking = (): ThinkingBlock => ({ ...fresh(), kind: 'thinking', signature: undefined })

function contentOf(block: Block): Json {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'redacted':
      return { type: 'redacted_thinking', data: block.data }
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} }
  }
}

function deltaOf(block: Block, fragment: string): Json {
  if (block.kind === 'tool') return { type: 'input_json_delta', partial_json: fragment }
  if (block.kind === 'thinking') return { type: 'thinking_delta', thinking: fragment }
  return { type: 'text_delta', text: fragment }
}
