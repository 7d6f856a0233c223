/** Messages of a chat as items of the Responses dialect. */
import { asList, asRecord, asText, filled, isRecord, type Json, present, records } from '../../json.ts'
import { textOf } from '../../translate/media.ts'
import { refuse } from '../../untranslatable.ts'

export const itemsFromHub = (messages: unknown): Json[] =>
  asList(messages).flatMap((message, at) => {
    const path = `messages[${at}]`
    return isRecord(message) ? itemsOf(message, path) : refuse(path, 'A message must be an object.')
  })

function itemsOf(message: Json, path: string): Json[] {
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user':
      return [{ type: 'message', role: message.role, content: partsFromHub(message.content, `${path}.content`) }]
    case 'assistant':
      return saidBy(message, path)
    case 'tool':
      return [resultOf(message, path)]
    default:
      return refuse(`${path}.role`, `There is no role '${String(message.role)}'.`)
  }
}

/** What one turn of the model brought forth. Its thinking is sealed by whoever thought it, and is not sent to others. */
function saidBy(message: Json, path: string): Json[] {
  if (message.function_call) return refuse(`${path}.function_call`, 'function_call is deprecated; use tool_calls.')
  const said = filled(textOf(message.content)) ?? filled(message.refusal)
  const calls = records(message.tool_calls).map((call, at) => callFromHub(call, `${path}.tool_calls[${at}]`))
  return [...(said === undefined ? [] : [{ type: 'message', role: 'assistant', content: said }]), ...calls]
}

function callFromHub(call: Json, path: string): Json {
  if (call.type === 'custom')
    return refuse(`${path}.type`, 'Calls of custom tools cannot be translated; use function tools.')
  const { name, arguments: args } = asRecord(call.function)
  return { type: 'function_call', call_id: call.id, name, arguments: asText(args) ?? JSON.stringify(args ?? {}) }
}

function resultOf(message: Json, path: string): Json {
  const id = filled(message.tool_call_id)
  if (id === undefined) return refuse(`${path}.tool_call_id`, 'A tool message must name the call it answers.')
  return { type: 'function_call_output', call_id: id, output: textOf(message.content) }
}

/** Plain text stays plain. */
function partsFromHub(content: unknown, path: string): string | Json[] {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return refuse(path, 'Content must be a text or a list of parts.')
  return content.map((part, at) => partFromHub(asRecord(part), `${path}[${at}]`))
}

function partFromHub(part: Json, path: string): Json {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: asText(part.text) ?? '' }
    case 'image_url': {
      const url = filled(asRecord(part.image_url).url) ?? filled(part.image_url)
      if (url === undefined) return refuse(`${path}.image_url.url`, 'The picture has no URL.')
      return present({ type: 'input_image', image_url: url, detail: filled(asRecord(part.image_url).detail) })
    }
    case 'file': {
      const { filename, file_data: data } = asRecord(part.file)
      if (filled(data) === undefined)
        return refuse(`${path}.file.file_id`, 'A file kept at one provider cannot be sent to another; send its data.')
      return present({ type: 'input_file', filename: filled(filename), file_data: data })
    }
    default:
      return refuse(`${path}.type`, `Content of type '${String(part.type)}' cannot be sent to this model.`)
  }
}
