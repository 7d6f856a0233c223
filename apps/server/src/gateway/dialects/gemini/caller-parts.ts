/** Contents of a Gemini caller as messages of the hub: calls get ids, results find theirs. */
import { asRecord, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import { signedCall } from './signature.ts'

/** Ids by the name of the function, in the order in which they were called. */
type Open = Map<string, string[]>

export function messagesOf(contents: unknown): Json[] {
  const open: Open = new Map()
  const given = Array.isArray(contents) ? contents : [contents]
  return given.flatMap((content, at) => {
    const path = `contents[${at}]`
    const parts = partsIn(content, path)
    const role = isRecord(content) ? (asText(content.role) ?? 'user') : 'user'
    if (role === 'model') return [modelMessage(parts, path, { at, open })]
    if (role === 'user' || role === 'function' || role === 'tool') return userMessages(parts, path, open)
    return refuse(`${path}.role`, `There is no role '${role}'.`)
  })
}

/** Texts of instructions, whether they come as content, as parts or as one string. */
export function textIn(content: unknown, path: string): string {
  return partsIn(content, path)
    .map((part) => asText(part.text) ?? refuse(path, 'Instructions are text.'))
    .join('\n\n')
}

function partsIn(content: unknown, path: string): Json[] {
  if (typeof content === 'string') return [{ text: content }]
  if (!isRecord(content)) return refuse(path, 'Contents are objects with parts.')
  if (content.parts === undefined && (content.text !== undefined || content.inlineData !== undefined)) return [content]
  return records(Array.isArray(content.parts) ? content.parts : [content.parts])
}

type Said = { text: string[]; thought: string; thinking: Json[]; calls: Json[] }

function modelMessage(parts: Json[], path: string, { at, open }: { at: number; open: Open }): Json {
  const said: Said = { text: [], thought: '', thinking: [], calls: [] }
  for (const [nth, part] of parts.entries()) {
    if (part.functionCall !== undefined)
      said.calls.push(callOf(part, `${path}.parts[${nth}]`, `call_${at}_${said.calls.length}`))
    else if (part.thought === true) addThought(said, part)
    else if (part.text !== undefined) said.text.push(asText(part.text) ?? '')
    else refuse(`${path}.parts[${nth}]`, `A turn of the model cannot hold '${Object.keys(part)[0] ?? 'nothing'}' here.`)
  }
  for (const call of said.calls) {
    const name = asText(asRecord(call.function).name) ?? ''
    open.set(name, [...(open.get(name) ?? []), asText(call.id) ?? ''])
  }
  return present({
    role: 'assistant',
    content: said.text.length > 0 ? said.text.join('') : null,
    thinking_blocks: said.thinking.length > 0 ? said.thinking : undefined,
    tool_calls: said.calls.length > 0 ? said.calls : undefined,
  })
}

const signatureOf = (part: Json): string | undefined => filled(part.thoughtSignature) ?? filled(part.thought_signature)

/** Streamed thoughts come in pieces, and the signature of all of them with the last. */
function addThought(said: Said, part: Json): void {
  said.thought += asText(part.text) ?? ''
  const signature = signatureOf(part)
  if (signature === undefined) return
  said.thinking.push({ type: 'thinking', thinking: said.thought, signature })
  said.thought = ''
}

function callOf(part: Json, where: string, otherwise: string): Json {
  const call = asRecord(part.functionCall)
  const name = asText(call.name) ?? refuse(`${where}.functionCall.name`, 'A call names its function.')
  const signature = signatureOf(part)
  return {
    id: filled(call.id) ?? otherwise,
    type: 'function',
    function: { name, arguments: JSON.stringify(call.args ?? {}) },
    ...(signature === undefined ? {} : signedCall(signature)),
  }
}

function userMessages(parts: Json[], path: string, open: Open): Json[] {
  const results: Json[] = []
  const content: Json[] = []
  for (const [nth, part] of parts.entries()) {
    const where = `${path}.parts[${nth}]`
    if (part.functionResponse !== undefined) results.push(resultOf(asRecord(part.functionResponse), where, open))
    else content.push(partToHub(part, where))
  }
  const only = content.length === 1 ? content[0] : undefined
  if (content.length === 0) return results
  return [...results, { role: 'user', content: only?.type === 'text' ? only.text : content }]
}

function resultOf(response: Json, where: string, open: Open): Json {
  const name = asText(response.name) ?? ''
  const waiting = open.get(name) ?? []
  const given = filled(response.id)
  const id = given ?? waiting[0]
  if (id === undefined)
    return refuse(`${where}.functionResponse.name`, `No call of '${name}' stands before this result.`)
  open.set(
    name,
    waiting.filter((other) => other !== id),
  )
  return { role: 'tool', tool_call_id: id, content: JSON.stringify(response.response ?? {}) }
}

function partToHub(part: Json, where: string): Json {
  if (typeof part.text === 'string') return { type: 'text', text: part.text }
  const data = asRecord(part.inlineData ?? part.inline_data)
  const type = asText(data.mimeType) ?? asText(data.mime_type)
  if (type !== undefined && typeof data.data === 'string') return inlineToHub(type, data.data)
  const file = asRecord(part.fileData ?? part.file_data)
  const uri = asText(file.fileUri) ?? asText(file.file_uri)
  if (uri?.startsWith('https://') && (asText(file.mimeType) ?? 'image/').startsWith('image/'))
    return { type: 'image_url', image_url: { url: uri } }
  if (uri !== undefined)
    return refuse(`${where}.fileData`, 'A file kept at one provider cannot be sent to another; send its data.')
  return refuse(where, `A part with '${Object.keys(part)[0] ?? 'nothing'}' cannot be sent to this model.`)
}

function inlineToHub(type: string, data: string): Json {
  if (type.startsWith('image/')) return { type: 'image_url', image_url: { url: `data:${type};base64,${data}` } }
  if (type.startsWith('audio/'))
    return {
      type: 'input_audio',
      input_audio: {
        data,
        format: type.slice('audio/'.length).replace(/^x-|^mpeg$/, (word) => (word === 'mpeg' ? 'mp3' : '')),
      },
    }
  return {
    type: 'file',
    file: { filename: `file.${type.split('/')[1] ?? 'bin'}`, file_data: `data:${type};base64,${data}` },
  }
}
