/** Tool definitions, choices and calls in both directions. */
import { asRecord, asText, filled, isRecord, type Json, parseJson, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import type { Drops } from './drops.ts'

const noParameters = { type: 'object', properties: {} }

export function toolsToAnthropic(body: Json, drops: Drops): Json[] {
  return records(body.tools).map((tool, at) => {
    if (tool.type !== 'function' && !isRecord(tool.function))
      return refuse(`tools[${at}].type`, `Tools of type '${tool.type}' need a model that speaks OpenAI's dialect.`)
    const definition = asRecord(tool.function)
    if (definition.strict === true) drops.add('tools[].function.strict')
    return present({
      name: definition.name,
      description: filled(definition.description),
      input_schema: isRecord(definition.parameters) ? { type: 'object', ...definition.parameters } : noParameters,
      cache_control: tool.cache_control ?? definition.cache_control,
    })
  })
}

/** The tools and the choice among them; a list of allowed tools becomes a shorter list of tools. */
export function choiceToAnthropic(body: Json, tools: Json[]): { tools: Json[]; choice: Json | undefined } {
  if (tools.length === 0) return { tools, choice: undefined }
  const alone = body.parallel_tool_calls === false ? { disable_parallel_tool_use: true } : {}
  const wanted = body.tool_choice
  if (wanted === 'none') return { tools, choice: { type: 'none' } }
  if (wanted === 'required') return { tools, choice: { type: 'any', ...alone } }
  if (isRecord(wanted)) return namedChoice(wanted, tools, alone)
  const silent = wanted === undefined && body.parallel_tool_calls !== false
  return { tools, choice: silent ? undefined : { type: 'auto', ...alone } }
}

function namedChoice(wanted: Json, tools: Json[], alone: Json): { tools: Json[]; choice: Json | undefined } {
  if (wanted.type === 'function') {
    return { tools, choice: { type: 'tool', name: asRecord(wanted.function).name, ...alone } }
  }
  if (wanted.type !== 'allowed_tools')
    return refuse('tool_choice', `A tool choice of type '${wanted.type}' cannot be translated.`)
  const allowed = asRecord(wanted.allowed_tools)
  const names = new Set(records(allowed.tools).map((tool) => asRecord(tool.function).name))
  const type = allowed.mode === 'required' ? 'any' : 'auto'
  return { tools: tools.filter((tool) => names.has(tool.name)), choice: { type, ...alone } }
}

/** Anthropic's own server and computer tools exist nowhere else; they are left out by name. */
export function toolsToOpenai(body: Json, drops: Drops): Json[] {
  return records(body.tools).flatMap((tool) => {
    if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom') {
      drops.add(`tools[${tool.type}]`)
      return []
    }
    if (tool.cache_control !== undefined) drops.add('tools[].cache_control')
    const definition = present({
      name: tool.name,
      description: tool.description,
      parameters: tool.input_schema ?? noParameters,
      strict: tool.strict === true ? true : undefined,
    })
    return [{ type: 'function', function: definition }]
  })
}

export function choiceToOpenai(body: Json, tools: Json[]): Json {
  if (tools.length === 0 || !isRecord(body.tool_choice)) return {}
  const { type, name, disable_parallel_tool_use } = body.tool_choice
  const words: Record<string, unknown> = {
    auto: 'auto',
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name } },
  }
  return present({
    tool_choice: words[asText(type) ?? ''],
    parallel_tool_calls: disable_parallel_tool_use === true ? false : undefined,
  })
}

/** Anthropic takes these characters in the id of a call; other servers make ids with dots and colons. */
export const toolUseId = (id: unknown): string => (asText(id) ?? '').replace(/[^a-zA-Z0-9_-]/g, '_')

/** Models sometimes write arguments that are no JSON object; the text must still reach the other side, under one name. */
export function inputOf(args: unknown): Json {
  if (isRecord(args)) return args
  const text = (asText(args) ?? '').trim()
  if (text === '') return {}
  const parsed = parseJson(text)
  return isRecord(parsed) ? parsed : { arguments: text }
}
