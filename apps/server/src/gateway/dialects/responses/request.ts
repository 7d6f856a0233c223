/** A Responses request as a chat. What a chat has no word for is refused by its name where it matters, else left out and named. */
import type { RequestOptions, TranslatedRequest } from '../dialect.ts'
import { asCount, asNumber, asRecord, filled, isRecord, type Json, present } from '../json.ts'
import { isOpenaiReasoner, refusesReasoning } from '../translate/abilities.ts'
import { createDrops, type Drops } from '../translate/drops.ts'
import { refuse } from '../untranslatable.ts'
import { itemsToHub } from './items.ts'
import { choiceToHub, toolsToHub } from './tools.ts'

/** Those the gateway answers itself, and those that only shape the answer it writes. */
const known = new Set(
  `model input instructions tools tool_choice parallel_tool_calls temperature top_p max_output_tokens text reasoning stream
  stream_options user safety_identifier metadata store previous_response_id include truncation service_tier background
  top_logprobs prompt_cache_key`.split(/\s+/),
)

export function responsesToHub(request: Json, options: RequestOptions): TranslatedRequest {
  const drops = createDrops()
  const instructions = filled(request.instructions)
  const tools = toolsToHub(request)
  const body = present({
    model: options.model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: 'system', content: instructions }]),
      ...itemsToHub(request.input, options),
    ],
    [options.maxTokensField ?? 'max_completion_tokens']: asCount(request.max_output_tokens),
    temperature: asNumber(request.temperature),
    top_p: asNumber(request.top_p),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? choiceToHub(request) : undefined,
    parallel_tool_calls: tools.length > 0 && request.parallel_tool_calls === false ? false : undefined,
    response_format: formatToHub(asRecord(request.text).format),
    ...wordyness(request, options, drops),
    reasoning_effort: effortOf(request, options, drops),
    user: filled(request.user) ?? filled(request.safety_identifier),
    ...(request.stream === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
  if (request.truncation === 'auto') drops.add('truncation')
  if (asCount(request.top_logprobs)) drops.add('top_logprobs')
  drops.addUnknown(request, known)
  return { body, dropped: drops.list() }
}

function formatToHub(format: unknown): Json | undefined {
  if (!isRecord(format) || format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json_object' }
  if (format.type !== 'json_schema')
    return refuse('text.format.type', `There is no format '${String(format.type)}' for the answers of this model.`)
  const { name, schema, description, strict } = format
  return {
    type: 'json_schema',
    json_schema: present({
      name: filled(name) ?? 'answer',
      schema,
      description: filled(description),
      strict: typeof strict === 'boolean' ? strict : undefined,
    }),
  }
}

/** A word of OpenAI's newer models alone. */
function wordyness(request: Json, { model }: RequestOptions, drops: Drops): Json {
  const verbosity = filled(asRecord(request.text).verbosity)
  if (verbosity === undefined || verbosity === 'medium') return {}
  if (isOpenaiReasoner(model)) return { verbosity }
  drops.add('text.verbosity')
  return {}
}

function effortOf(request: Json, { model, reasoning }: RequestOptions, drops: Drops): string | undefined {
  const effort = filled(asRecord(request.reasoning).effort)
  if (effort === undefined || (reasoning ?? !refusesReasoning(model))) return effort
  drops.add('reasoning.effort')
  return undefined
}
