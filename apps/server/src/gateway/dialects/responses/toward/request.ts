/** A chat of the hub as a Responses request, for providers that know no other. What has no word there is left out and named. */
import type { RequestOptions, TranslatedRequest } from '../../dialect.ts'
import { asCount, asNumber, asRecord, filled, isRecord, type Json, present, records } from '../../json.ts'
import { createDrops } from '../../translate/drops.ts'
import { refuseUnsupported } from '../../translate/one-answer.ts'
import { refuse } from '../../untranslatable.ts'
import { itemsFromHub } from './items.ts'

const known = new Set(
  `model messages max_tokens max_completion_tokens stream stream_options temperature top_p tools tool_choice
  parallel_tool_calls reasoning_effort response_format verbosity user safety_identifier n metadata service_tier
  prompt_cache_key store`.split(/\s+/),
)
/** Usual values, which ask for nothing. */
const harmless: Readonly<Record<string, unknown>> = { logprobs: false, frequency_penalty: 0, presence_penalty: 0 }

export function hubToResponsesRequest(request: Json, { model }: Pick<RequestOptions, 'model'>): TranslatedRequest {
  refuseUnsupported(request)
  const drops = createDrops()
  const tools = toolsFromHub(request)
  const effort = filled(request.reasoning_effort)
  const text = present({ format: formatFromHub(request.response_format), verbosity: filled(request.verbosity) })
  const body = present({
    model,
    input: itemsFromHub(request.messages),
    max_output_tokens: asCount(request.max_completion_tokens) ?? asCount(request.max_tokens),
    temperature: asNumber(request.temperature),
    top_p: asNumber(request.top_p),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? choiceFromHub(request.tool_choice) : undefined,
    parallel_tool_calls: tools.length > 0 && request.parallel_tool_calls === false ? false : undefined,
    reasoning: effort === undefined ? undefined : { effort },
    text: Object.keys(text).length > 0 ? text : undefined,
    user: filled(request.user),
    safety_identifier: filled(request.safety_identifier),
    prompt_cache_key: filled(request.prompt_cache_key),
    service_tier: filled(request.service_tier),
    metadata: isRecord(request.metadata) ? request.metadata : undefined,
    // answers are kept by the gateway, or nowhere
    store: false,
    stream: request.stream === true ? true : undefined,
  })
  drops.addUnknown(request, known, harmless)
  return { body, dropped: drops.list() }
}

const toolsFromHub = (request: Json): Json[] =>
  records(request.tools).map((tool, at) => {
    if (tool.type !== 'function' && !isRecord(tool.function))
      return refuse(`tools[${at}].type`, `Tools of type '${String(tool.type)}' cannot be translated; functions can.`)
    const { name, description, parameters, strict } = asRecord(tool.function)
    return present({
      type: 'function',
      name,
      description: filled(description),
      parameters: isRecord(parameters) ? parameters : { type: 'object', properties: {} },
      // left out it means true there, and false in a chat
      strict: strict === true,
    })
  })

function choiceFromHub(choice: unknown): unknown {
  if (!isRecord(choice)) return filled(choice)
  if (choice.type === 'function') return { type: 'function', name: asRecord(choice.function).name }
  if (choice.type !== 'allowed_tools')
    return refuse('tool_choice', `A tool choice of type '${String(choice.type)}' cannot be translated.`)
  const { mode, tools } = asRecord(choice.allowed_tools)
  const named = records(tools).map((tool) => ({ type: 'function', name: asRecord(tool.function).name }))
  return { type: 'allowed_tools', mode: mode === 'required' ? 'required' : 'auto', tools: named }
}

function formatFromHub(format: unknown): Json | undefined {
  if (!isRecord(format) || format.type === 'text') return undefined
  if (format.type !== 'json_schema') return { type: 'json_object' }
  const { name, schema, description, strict } = asRecord(format.json_schema)
  return present({
    type: 'json_schema',
    name: filled(name) ?? 'answer',
    schema,
    description: filled(description),
    strict: typeof strict === 'boolean' ? strict : undefined,
  })
}
