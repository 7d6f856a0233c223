/** Pictures and documents in both directions. */
import { asRecord, asText, filled, type Json, present } from '../json.ts'
import { refuse } from '../untranslatable.ts'

function readDataUrl(url: string): { mediaType: string; data: string } | undefined {
  const found = /^data:([^;,]+)(?:;[^;,]+)*;base64,/.exec(url.slice(0, 200))
  return found?.[1] === undefined ? undefined : { mediaType: found[1], data: url.slice(found[0].length) }
}

/** One part of an OpenAI message as Anthropic blocks. What carries meaning and has no equivalent is refused, never left out. */
export function partToAnthropic(part: Json, at: string): Json[] {
  const cache = present({ cache_control: part.cache_control })
  if (part.type === 'text' || part.type === 'refusal') {
    const text = filled(part.text) ?? filled(part.refusal)
    // Anthropic refuses empty text
    return text === undefined ? [] : [{ type: 'text', text, ...cache }]
  }
  if (part.type === 'image_url') return [{ ...imageToAnthropic(part, at), ...cache }]
  if (part.type === 'file') return [{ ...fileToAnthropic(asRecord(part.file), at), ...cache }]
  return refuse(at, `Content of type '${part.type}' cannot be sent to a model that speaks Anthropic's dialect.`)
}

function imageToAnthropic(part: Json, at: string): Json {
  const url = filled(asRecord(part.image_url).url) ?? filled(part.image_url)
  if (url === undefined) return refuse(`${at}.image_url.url`, 'The picture has no URL.')
  const inline = readDataUrl(url)
  if (inline === undefined) return { type: 'image', source: { type: 'url', url } }
  return { type: 'image', source: { type: 'base64', media_type: inline.mediaType, data: inline.data } }
}

function fileToAnthropic(file: Json, at: string): Json {
  const data = filled(file.file_data)
  if (data === undefined)
    return refuse(`${at}.file.file_id`, 'A file kept at one provider cannot be sent to another; send its data.')
  const inline = readDataUrl(data) ?? { mediaType: 'application/pdf', data }
  const title = present({ title: filled(file.filename) })
  if (inline.mediaType === 'text/plain') {
    const text = Buffer.from(inline.data, 'base64').toString('utf8')
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title }
  }
  if (inline.mediaType !== 'application/pdf') {
    return refuse(
      `${at}.file.file_data`,
      `Files of type ${inline.mediaType} cannot be sent to this model; PDF and plain text can.`,
    )
  }
  return { type: 'document', source: { type: 'base64', media_type: inline.mediaType, data: inline.data }, ...title }
}

/** One Anthropic block of a user turn or tool result as OpenAI parts; undefined for kinds that are no content. */
export function blockToOpenai(block: Json, at: string): Json[] | undefined {
  switch (block.type) {
    case 'text':
      return filled(block.text) === undefined ? [] : [{ type: 'text', text: block.text }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: imageUrl(asRecord(block.source), at) } }]
    case 'document':
      return documentToOpenai(block, at)
    case 'search_result':
      return [{ type: 'text', text: [block.title, block.source, textOf(block.content)].filter(Boolean).join('\n') }]
    default:
      return undefined
  }
}

function imageUrl(source: Json, at: string): string {
  if (source.type === 'url') return asText(source.url) ?? ''
  if (source.type === 'base64') return `data:${source.media_type};base64,${source.data}`
  return refuse(`${at}.source`, 'A picture kept at one provider cannot be sent to another; send its data or a URL.')
}

function documentToOpenai(block: Json, at: string): Json[] {
  const source = asRecord(block.source)
  const title = filled(block.title)
  if (source.type === 'base64') {
    const data = `data:${source.media_type};base64,${source.data}`
    return [{ type: 'file', file: { filename: title ?? 'document.pdf', file_data: data } }]
  }
  if (source.type === 'text' || source.type === 'content') {
    const body = source.type === 'text' ? asText(source.data) : textOf(source.content)
    return [{ type: 'text', text: title === undefined ? (body ?? '') : `${title}\n\n${body}` }]
  }
  return refuse(
    `${at}.source`,
    'A document by URL or file id cannot be sent to a model that speaks OpenAI’s dialect; send its data.',
  )
}

/** The text of a content field, whether it is one string or a list of blocks. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.flatMap((block) => filled(asRecord(block).text) ?? []).join('\n')
}
