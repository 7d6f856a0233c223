/** Token counts where the provider gives none: a cheap upper estimate for holds, and a real count for the rest. */

import { asList, asRecord, asText, isRecord, type Json } from './json.ts'

// English takes 4.5 bytes a token, source code 3.5, Chinese 4.5, digits 3, emoji 2.2, random hex 1.8: three seldom holds too little
const bytesPerToken = 3

export const estimateTokens = (textBytes: number): number => Math.ceil(textBytes / bytesPerToken)

/** Merging is quadratic in the length of an unbroken word, so text is counted in pieces. */
const pieceChars = 2048
const piecesBetweenPauses = 16
/** Beyond this the rest is taken to be like the beginning: a megabyte more must not cost seconds of the process. */
const exactCharsMax = 512 * 1024

/** Tokens of a text in o200k_base. Words like `<|endoftext|>` count as the text they are. */
export async function countTokens(text: string): Promise<number> {
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base')
  const head = text.slice(0, exactCharsMax)
  let tokens = 0
  let pieces = 0
  for (let from = 0; from < head.length; pieces++) {
    const to = cutAt(head, from)
    tokens += count(head.slice(from, to), { disallowedSpecial: new Set() })
    from = to
    if (pieces % piecesBetweenPauses === piecesBetweenPauses - 1) await new Promise((resume) => setImmediate(resume))
  }
  return head.length === text.length ? tokens : Math.ceil((tokens * text.length) / head.length)
}

/** The end of a piece, before the last space in it when there is one, since tokens begin with their space. */
function cutAt(text: string, from: number): number {
  const end = from + pieceChars
  if (end >= text.length) return text.length
  const space = text.lastIndexOf(' ', end)
  return space > from + pieceChars / 2 ? space : end
}

const perMessage = { openai: 3, anthropic: 4 } as const
type CountedDialect = keyof typeof perMessage
const perRequest = 3
const perTool = 8
const perImage = { openai: 765, anthropic: 1600 } as const
const documentBytesPerToken = 40

/** Input tokens of a whole request body, for `count_tokens` and for answers that came without usage. */
export async function countMessages(body: Json, dialect: CountedDialect): Promise<number> {
  const messages = asList(body.messages)
  const tools = asList(body.tools)
  const found: Found = { texts: [], images: 0, documentBytes: 0 }
  collect(body.system, found)
  for (const message of messages) collectMessage(asRecord(message), found)
  for (const tool of tools) found.texts.push(JSON.stringify(tool))
  const text = await countTokens(found.texts.join('\n'))
  const documents = Math.ceil(found.documentBytes / documentBytesPerToken)
  const frame = perRequest + messages.length * perMessage[dialect] + tools.length * perTool
  return text + frame + found.images * perImage[dialect] + documents
}

type Found = { texts: string[]; images: number; documentBytes: number }

function collectMessage(message: Json, found: Found): void {
  for (const field of ['role', 'name']) collect(message[field], found)
  collect(message.content, found)
  for (const call of asList(message.tool_calls)) found.texts.push(JSON.stringify(asRecord(call).function ?? call))
}

const textFields = ['text', 'thinking', 'refusal', 'name', 'title', 'context'] as const

function collect(content: unknown, found: Found): void {
  if (typeof content === 'string') found.texts.push(content)
  for (const part of asList(content)) {
    if (isRecord(part)) collectPart(part, found)
    else collect(part, found)
  }
}

function collectPart(part: Json, found: Found): void {
  for (const field of textFields) collect(part[field], found)
  if (part.input !== undefined) found.texts.push(JSON.stringify(part.input))
  collect(part.content, found)
  if (part.type === 'image' || part.type === 'image_url') found.images++
  if (part.type === 'document') collectDocument(asRecord(part.source), found)
  if (part.type === 'file') found.documentBytes += asText(asRecord(part.file).file_data)?.length ?? 0
}

function collectDocument(source: Json, found: Found): void {
  if (source.type === 'text') collect(source.data, found)
  else if (source.type === 'content') collect(source.content, found)
  else found.documentBytes += asText(source.data)?.length ?? 0
}
