/** Guardrails over what goes to tools and what comes back from them; the same object where nothing had to be changed. */
import type { Look } from '@cockpit/policy'
import { asRecord, isRecord, type Json, parseJson } from '../dialects/index.ts'

export const inspectArguments = (params: Json, inspection: Look): Json => {
  if (!inspection.looksAt('tool_calls') || params.arguments === undefined) return params
  const written = JSON.stringify(params.arguments)
  const after = inspection.text('tool_calls', written, true)
  return after === written ? params : { ...params, arguments: asRecord(parseJson(after)) }
}

/** Texts of a result: of a tool, a resource or a prompt. Pictures and sounds are nothing that anybody reads. */
export const inspectResult = (result: Json, inspection: Look): Json => {
  if (!inspection.looksAt('tool_results')) return result
  const changed: Json = {}
  for (const field of ['content', 'contents', 'messages'] as const) {
    const parts = result[field]
    if (!Array.isArray(parts)) continue
    const after = parts.map((part) => inspectPart(part, inspection))
    if (after.some((part, at) => part !== parts[at])) changed[field] = after
  }
  if (result.structuredContent !== undefined) {
    const written = JSON.stringify(result.structuredContent)
    const after = inspection.text('tool_results', written, true)
    if (after !== written) changed.structuredContent = parseJson(after)
  }
  return Object.keys(changed).length === 0 ? result : { ...result, ...changed }
}

const inspectPart = (part: unknown, inspection: Look): unknown => {
  if (!isRecord(part)) return part
  const changed: Json = {}
  if (typeof part.text === 'string') {
    const after = inspection.text('tool_results', part.text)
    if (after !== part.text) changed.text = after
  }
  for (const inside of ['resource', 'content'] as const) {
    const after = inspectPart(part[inside], inspection)
    if (after !== part[inside]) changed[inside] = after
  }
  return Object.keys(changed).length === 0 ? part : { ...part, ...changed }
}
