/** A conversation of the hub as Gemini's contents: instructions apart, results by the name of their call. */
import { asList, asRecord, asText, filled, isRecord, type Json, records } from '../json.ts'
import { inputOf } from '../translate/tools.ts'
import { refuse } from '../untranslatable.ts'
import { partsOf, resultOf } from './parts.ts'
import { signaturesOf } from './signature.ts'

type Content = { role: 'user' | 'model'; parts: Json[]; results?: boolean }

export function contentsOf(messages: unknown): { system: Json[]; contents: Json[] } {
  const system: Json[] = []
  const contents: Content[] = []
  const names = new Map<string, string>()
  for (const [at, message] of asList(messages).entries()) {
    const path = `messages[${at}]`
    if (!isRecord(message)) return refuse(path, 'A message must be an object.')
    if (message.role === 'system' || message.role === 'developer') system.push(...partsOf(message.content, path))
    else if (message.role === 'user') add(contents, { role: 'user', parts: partsOf(message.content, path) })
    else if (message.role === 'assistant') add(contents, { role: 'model', parts: answerOf(message, path, names) })
    else if (message.role === 'tool')
      add(contents, { role: 'user', parts: resultParts(message, path, names), results: true })
    else return refuse(`${path}.role`, `There is no role '${String(message.role)}'.`)
  }
  // instructions alone still ask something
  if (contents.length === 0) return { system: [], contents: [{ role: 'user', parts: system }] }
  return { system, contents: contents.map(({ role, parts }) => ({ role, parts })) }
}

/** Results stand apart from what else the user says: their number is compared with that of the calls. */
function add(contents: Content[], content: Content): void {
  if (content.parts.length === 0) return
  const last = contents.at(-1)
  if (last?.role === content.role && last.results === content.results) last.parts.push(...content.parts)
  else contents.push(content)
}

function answerOf(message: Json, path: string, names: Map<string, string>): Json[] {
  if (message.function_call) return refuse(`${path}.function_call`, 'function_call is deprecated; use tool_calls.')
  const calls = records(message.tool_calls)
  const signatures = signaturesOf(message, calls)
  return [
    ...partsOf(message.content, path),
    ...partsOf(filled(message.refusal) ?? '', path),
    ...calls.map((call, at) => callOf(call, `${path}.tool_calls[${at}]`, { names, signature: signatures[at] })),
  ]
}

function callOf(
  call: Json,
  path: string,
  { names, signature }: { names: Map<string, string>; signature: string | undefined },
): Json {
  if (call.type === 'custom')
    return refuse(`${path}.type`, 'Calls of custom tools cannot be translated; use function tools.')
  const { name, arguments: args } = asRecord(call.function)
  names.set(asText(call.id) ?? '', asText(name) ?? '')
  const part = { functionCall: { name, args: inputOf(args) } }
  return signature === undefined ? part : { ...part, thoughtSignature: signature }
}

function resultParts(message: Json, path: string, names: Map<string, string>): Json[] {
  const id = filled(message.tool_call_id)
  if (id === undefined) return refuse(`${path}.tool_call_id`, 'A tool message must name the call it answers.')
  const name = names.get(id)
  if (name === undefined)
    return refuse(`${path}.tool_call_id`, `No call '${id}' stands before this result, so its tool has no name.`)
  const pictures = Array.isArray(message.content)
    ? partsOf(message.content, path).filter((part) => part.text === undefined)
    : []
  return [{ functionResponse: { name, response: resultOf(message) } }, ...pictures]
}
