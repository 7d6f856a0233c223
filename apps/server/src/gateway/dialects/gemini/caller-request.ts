/** A `generateContent` request as a chat request of the hub. Model and stream stand in its address. */
import type { TranslatedRequest } from '../dialect.ts'
import { asCount, asList, asNumber, asRecord, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { createDrops, type Drops } from '../translate/drops.ts'
import { refuse } from '../untranslatable.ts'
import { messagesOf, textIn } from './caller-parts.ts'

type Asked = { model: string; stream: boolean }

const known = new Set(
  `model contents systemInstruction system_instruction tools toolConfig tool_config generationConfig generation_config`.split(
    ' ',
  ),
)
const knownConfig = new Set(
  `maxOutputTokens temperature topP topK stopSequences candidateCount seed presencePenalty frequencyPenalty responseMimeType
  responseSchema responseJsonSchema thinkingConfig responseModalities`.split(/\s+/),
)

export function geminiToHubRequest(request: Json, { model, stream }: Asked): TranslatedRequest {
  if (request.contents === undefined) refuse('contents', 'Say something: `"contents": […]`.')
  const drops = createDrops()
  const instruction = request.systemInstruction ?? request.system_instruction
  const system = instruction === undefined ? '' : textIn(instruction, 'systemInstruction')
  const tools = toolsOf(request)
  const body = present({
    model,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messagesOf(request.contents)],
    ...settingsOf(asRecord(request.generationConfig ?? request.generation_config), drops),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? choiceOf(request) : undefined,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
  drops.addUnknown(request, known)
  return { body, dropped: drops.list() }
}

function settingsOf(config: Json, drops: Drops): Json {
  const modalities = asList(config.responseModalities)
  if (modalities.some((word) => word !== 'TEXT'))
    refuse('generationConfig.responseModalities', 'Answers are text here.')
  drops.addUnknown(config, knownConfig)
  const stop = asList(config.stopSequences)
  return {
    max_tokens: limitOf(config.maxOutputTokens),
    temperature: asNumber(config.temperature),
    top_p: asNumber(config.topP),
    top_k: asNumber(config.topK),
    stop: stop.length > 0 ? stop : undefined,
    n: config.candidateCount === undefined || config.candidateCount === 1 ? undefined : config.candidateCount,
    seed: asNumber(config.seed),
    presence_penalty: asNumber(config.presencePenalty),
    frequency_penalty: asNumber(config.frequencyPenalty),
    response_format: formatOf(config),
    reasoning_effort: effortOf(asRecord(config.thinkingConfig)),
  }
}

const limitOf = (limit: unknown): number | undefined =>
  limit === undefined || limit === null
    ? undefined
    : (asCount(limit) ??
      refuse('generationConfig.maxOutputTokens', 'maxOutputTokens must be a whole number, 0 or more.'))

function formatOf(config: Json): Json | undefined {
  const given = config.responseJsonSchema ?? config.responseSchema
  const schema = isRecord(given) ? given : undefined
  if (schema !== undefined)
    return { type: 'json_schema', json_schema: { name: 'answer', schema: schemaToJson(schema) } }
  return config.responseMimeType === 'application/json' ? { type: 'json_object' } : undefined
}

function effortOf(thinking: Json): string | undefined {
  const level = filled(thinking.thinkingLevel)?.toLowerCase()
  if (level !== undefined) return level === 'thinking_level_unspecified' ? undefined : level
  const budget = asNumber(thinking.thinkingBudget)
  if (budget === undefined || budget < 0) return undefined
  if (budget === 0) return 'none'
  if (budget <= 4096) return 'low'
  return budget <= 12_288 ? 'medium' : 'high'
}

/** Google's own tools search, run and fetch at a price of their own for each use, which no model here has. */
function toolsOf(request: Json): Json[] {
  return records(request.tools).flatMap((tool, at) => {
    const other = Object.keys(tool).find((key) => key !== 'functionDeclarations' && key !== 'function_declarations')
    if (other !== undefined)
      return refuse(`tools[${at}].${other}`, `The tool '${other}' cannot be used here; functions can.`)
    return records(tool.functionDeclarations ?? tool.function_declarations).map(functionOf)
  })
}

const functionOf = ({ name, description, parameters, parametersJsonSchema }: Json): Json => ({
  type: 'function',
  function: present({
    name,
    description: filled(description),
    parameters: schemaToJson(asRecord(parametersJsonSchema ?? parameters ?? { type: 'object', properties: {} })),
  }),
})

function choiceOf(request: Json): unknown {
  const config = asRecord(asRecord(request.toolConfig ?? request.tool_config).functionCallingConfig)
  const names = asList(config.allowedFunctionNames)
  const tools = names.map((name) => ({ type: 'function', function: { name } }))
  switch (asText(config.mode)) {
    case 'NONE':
      return 'none'
    case 'ANY':
      if (names.length === 1) return tools[0]
      return names.length > 1 ? { type: 'allowed_tools', allowed_tools: { mode: 'required', tools } } : 'required'
    case 'VALIDATED':
      return names.length > 0 ? { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } } : 'auto'
    case 'AUTO':
      return 'auto'
    default:
      return undefined
  }
}

/** Google writes types in capitals and null as a flag. */
export function schemaToJson(schema: Json): Json {
  const { type, nullable, propertyOrdering: _, ...rest } = schema
  const plain = typeof type === 'string' ? type.toLowerCase() : type
  const out: Json = { ...(plain === undefined ? {} : { type: nullable === true ? [plain, 'null'] : plain }) }
  for (const [key, value] of Object.entries(rest)) out[key] = nested(key, value)
  return out
}

const nested = (key: string, value: unknown): unknown => {
  if (key === 'properties' && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, schemaToJson(asRecord(one))]))
  if (key === 'items' && isRecord(value)) return schemaToJson(value)
  if (key === 'anyOf') return records(value).map(schemaToJson)
  return value
}

/** One text or several to embed. */
export function geminiToHubEmbedding(request: Json, { model }: Pick<Asked, 'model'>): TranslatedRequest {
  const drops = createDrops()
  const requests = Array.isArray(request.requests) ? records(request.requests) : [request]
  const texts = requests.map((one, at) =>
    textIn(one.content ?? refuse(`requests[${at}].content`, 'Say what to embed.'), 'content'),
  )
  const dimensions = asNumber(requests[0]?.outputDimensionality)
  for (const one of requests) drops.addUnknown(one, new Set(['model', 'content', 'outputDimensionality', 'requests']))
  return { body: present({ model, input: texts, dimensions }), dropped: drops.list() }
}
