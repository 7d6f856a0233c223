/** Blocks of an Anthropic message as Converse takes them, and back: the two differ in names, not in kind. */
import { asRecord, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'

/** `documents` counts them over the whole request, because each needs a name of its own. */
export type BlockOptions = { caches: boolean; documents: { count: number } }

export function blocksToConverse(content: unknown, path: string, options: BlockOptions): Json[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  return records(content).flatMap((block) => {
    const converted = blockToConverse(block, path, options)
    return options.caches && block.cache_control !== undefined ? [...converted, cachePoint] : converted
  })
}

const cachePoint: Json = { cachePoint: { type: 'default' } }

function blockToConverse(block: Json, path: string, options: BlockOptions): Json[] {
  switch (block.type) {
    case 'text':
      return [{ text: block.text }]
    case 'image':
      return [{ image: pictureOf(asRecord(block.source), path) }]
    case 'document':
      return [{ document: documentOf(block, ++options.documents.count) }]
    case 'tool_use':
      return [{ toolUse: { toolUseId: block.id, name: block.name, input: block.input } }]
    case 'tool_result':
      return [{ toolResult: resultOf(block, path, options) }]
    case 'thinking':
      return [{ reasoningContent: { reasoningText: { text: block.thinking, signature: block.signature } } }]
    case 'redacted_thinking':
      return [{ reasoningContent: { redactedContent: block.data } }]
    default:
      return refuse(path, `Content of type '${block.type}' cannot be sent to a model on Bedrock.`)
  }
}

function pictureOf(source: Json, path: string): Json {
  if (source.type !== 'base64')
    return refuse(path, 'A model on Bedrock takes pictures as data (a data: URL), not by their address.')
  return { format: (asText(source.media_type) ?? '').replace(/^image\//, ''), source: { bytes: source.data } }
}

function documentOf(block: Json, nth: number): Json {
  const source = asRecord(block.source)
  const isText = source.type === 'text'
  // other signs are refused, and so are two spaces
  const title = (filled(block.title) ?? '').replace(/[^a-zA-Z0-9()[\]-]+/g, ' ').trim()
  return {
    format: isText ? 'txt' : 'pdf',
    name: title === '' ? `document ${nth}` : `${title} ${nth}`,
    source: { bytes: isText ? Buffer.from(asText(source.data) ?? '').toString('base64') : source.data },
  }
}

function resultOf(block: Json, path: string, options: BlockOptions): Json {
  const content = blocksToConverse(block.content, path, { ...options, caches: false })
  return present({
    toolUseId: block.tool_use_id,
    content: content.length > 0 ? content : [{ text: ' ' }],
    status: block.is_error === true ? 'error' : undefined,
  })
}

/** One block of an answer; undefined for kinds no other dialect has. */
export function blockToAnthropic(block: Json): Json | undefined {
  if (typeof block.text === 'string') return { type: 'text', text: block.text }
  if (isRecord(block.toolUse)) {
    const { toolUseId, name, input } = block.toolUse
    return { type: 'tool_use', id: toolUseId, name, input }
  }
  if (!isRecord(block.reasoningContent)) return undefined
  const { reasoningText, redactedContent } = block.reasoningContent
  if (redactedContent !== undefined) return { type: 'redacted_thinking', data: redactedContent }
  const { text, signature } = asRecord(reasoningText)
  return { type: 'thinking', thinking: asText(text) ?? '', signature: asText(signature) ?? '' }
}

const stops: Record<string, string> = {
  guardrail_intervened: 'refusal',
  content_filtered: 'refusal',
  malformed_model_output: 'end_turn',
  malformed_tool_use: 'end_turn',
}

/** Most reasons have the same name. */
export const stopOf = (reason: unknown): string => {
  const word = asText(reason) ?? 'end_turn'
  return stops[word] ?? word
}
