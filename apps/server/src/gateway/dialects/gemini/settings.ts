/** Settings of the hub, one by one, as Gemini takes them. */
import { asCount, asList, asNumber, asRecord, filled, isRecord, type Json, present, records } from '../json.ts'
import type { Drops } from '../translate/drops.ts'
import { refuse } from '../untranslatable.ts'
import { schemaToGemini } from './schema.ts'

const stopSequencesMax = 5

export function generationConfig(request: Json, model: string, drops: Drops): Json | undefined {
  const config = present({
    maxOutputTokens: asCount(request.max_completion_tokens) ?? asCount(request.max_tokens),
    temperature: asNumber(request.temperature),
    topP: asNumber(request.top_p),
    topK: asNumber(request.top_k),
    candidateCount: several(request),
    stopSequences: stopOf(request, drops),
    seed: asCount(request.seed),
    presencePenalty: unless(0, request.presence_penalty),
    frequencyPenalty: unless(0, request.frequency_penalty),
    ...formatOf(request),
    thinkingConfig: thinkingFor(request, model, drops),
  })
  return Object.keys(config).length > 0 ? config : undefined
}

const several = ({ n }: Json): number | undefined => (typeof n === 'number' && n > 1 ? n : undefined)

const unless = (usual: number, value: unknown): number | undefined => {
  const number = asNumber(value)
  return number === usual ? undefined : number
}

function stopOf(request: Json, drops: Drops): string[] | undefined {
  const wanted =
    typeof request.stop === 'string' ? [request.stop] : asList(request.stop).flatMap((s) => filled(s) ?? [])
  if (wanted.length > stopSequencesMax) drops.add(`stop[${stopSequencesMax}..]`)
  return wanted.length > 0 ? wanted.slice(0, stopSequencesMax) : undefined
}

function formatOf(request: Json): Json {
  const format = asRecord(request.response_format)
  if (format.type === 'json_object') return { responseMimeType: 'application/json' }
  if (format.type !== 'json_schema') return {}
  return {
    responseMimeType: 'application/json',
    responseSchema: schemaToGemini(asRecord(format.json_schema).schema),
  }
}

const budgetOfEffort: Record<string, number> = { minimal: 1024, low: 1024, medium: 8192, high: 24_576 }
const budgetMost = 24_576

/** From version 3 on models are told a level, those of 2.5 a budget, older ones do not think. */
function thinkingFor(request: Json, model: string, drops: Drops): Json | undefined {
  const effort = filled(request.reasoning_effort)
  const budget = asCount(asRecord(request.thinking).budget_tokens)
  if (effort === undefined && budget === undefined) return undefined
  const version = Number(/gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? Number.POSITIVE_INFINITY)
  if (version < 2.5) {
    drops.add(effort === undefined ? 'thinking' : 'reasoning_effort')
    return undefined
  }
  if (version >= 3) return { thinkingLevel: levelOf(effort ?? effortOf(budget ?? 0), model), includeThoughts: true }
  if (effort === 'none') return { thinkingBudget: model.includes('pro') ? 128 : 0 }
  const tokens = budget ?? budgetOfEffort[effort ?? ''] ?? budgetMost
  return { thinkingBudget: Math.min(tokens, budgetMost), includeThoughts: true }
}

const effortOf = (budget: number): string => (budget <= 4096 ? 'low' : budget <= 12_288 ? 'medium' : 'high')

/** The larger models know a low and a high level only, and cannot be kept from thinking. */
function levelOf(effort: string, model: string): string {
  const isFlash = model.includes('flash')
  if (effort === 'none' || effort === 'minimal') return isFlash ? 'minimal' : 'low'
  if (effort === 'low') return 'low'
  return effort === 'medium' && isFlash ? 'medium' : 'high'
}

export function toolsToGemini(request: Json, drops: Drops): Json[] {
  return records(request.tools).map((tool, at) => {
    if (tool.type !== 'function' && !isRecord(tool.function))
      return refuse(`tools[${at}].type`, `Tools of type '${tool.type}' need a model that speaks OpenAI's dialect.`)
    const definition = asRecord(tool.function)
    if (definition.strict === true) drops.add('tools[].function.strict')
    const parameters = schemaToGemini(definition.parameters)
    return present({
      name: definition.name,
      description: filled(definition.description),
      // an object without properties is refused
      parameters: isRecord(parameters.properties) ? parameters : undefined,
    })
  })
}

export function toolConfig(request: Json, drops: Drops): Json | undefined {
  if (request.parallel_tool_calls === false) drops.add('parallel_tool_calls')
  const wanted = request.tool_choice
  if (wanted === undefined || wanted === null) return undefined
  if (wanted === 'auto') return mode('AUTO')
  if (wanted === 'none') return mode('NONE')
  if (wanted === 'required') return mode('ANY')
  const choice = asRecord(wanted)
  if (choice.type === 'function') return mode('ANY', [asRecord(choice.function).name])
  if (choice.type !== 'allowed_tools')
    return refuse('tool_choice', `A tool choice of type '${choice.type}' cannot be translated.`)
  const allowed = asRecord(choice.allowed_tools)
  const names = records(allowed.tools).map((tool) => asRecord(tool.function).name)
  return mode(allowed.mode === 'required' ? 'ANY' : 'VALIDATED', names)
}

const mode = (word: string, allowedFunctionNames?: unknown[]): Json => ({
  functionCallingConfig: present({ mode: word, allowedFunctionNames }),
})
