/** An Anthropic message request as an OpenAI chat completion request. */
import type { TranslatedRequest } from '../dialect.ts'
import { asCount, asList, asNumber, asRecord, filled, isRecord, type Json, present } from '../json.ts'
import { refuse } from '../untranslatable.ts'
import { isOpenaiReasoner, refusesReasoning } from './abilities.ts'
import { createDrops, type Drops } from './drops.ts'
import { messagesToOpenai } from './messages-to-openai.ts'
import { effortFor } from './reasoning.ts'
import { choiceToOpenai, toolsToOpenai } from './tools.ts'

export type ToOpenaiOptions = {
  /** The provider's name of the model. */
  model: string
  /** OpenAI wants the long name; many compatible servers only know the short one. */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** Whether the model reasons, where the catalog knows; else its name decides. Others refuse `reasoning_effort`. */
  reasoning?: boolean
  replayReasoning?: boolean
  /** On the way to a third dialect: signed thinking stays on its message. */
  keepsAll?: boolean
}

const known = new Set(
  `model messages system max_tokens stop_sequences stream temperature top_p tools tool_choice thinking output_config metadata
  service_tier`.split(/\s+/),
)

const stopSequencesMax = 4
const userCharsMax = 64

export function anthropicToOpenaiRequest(request: Json, options: ToOpenaiOptions): TranslatedRequest {
  if (!Array.isArray(request.messages)) refuse('messages', 'messages must be a list.')
  const drops = createDrops()
  const tools = toolsToOpenai(request, drops)
  const body = present({
    model: options.model,
    messages: messagesToOpenai(request, messagesOptions(options), drops),
    [options.maxTokensField ?? 'max_completion_tokens']: asCount(request.max_tokens),
    ...sampling(request, options.model, drops),
    stop: stopOf(request, drops),
    tools: tools.length > 0 ? tools : undefined,
    ...choiceToOpenai(request, tools),
    reasoning_effort: reasoningEffort(request, options.reasoning ?? !refusesReasoning(options.model), drops),
    response_format: responseFormat(request),
    user: filled(asRecord(request.metadata).user_id)?.slice(0, userCharsMax),
    service_tier: serviceTier(request, drops),
    ...(request.stream === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
  drops.addUnknown(request, known)
  return { body, dropped: drops.list() }
}

const messagesOptions = ({ replayReasoning = false, keepsAll = false }: ToOpenaiOptions) => ({
  replayReasoning: replayReasoning || keepsAll,
  keepsBlocks: keepsAll,
})

function sampling(request: Json, model: string, drops: Drops): Json {
  const asked = present({ temperature: asNumber(request.temperature), top_p: asNumber(request.top_p) })
  if (!isOpenaiReasoner(model)) return asked
  for (const [field, value] of Object.entries(asked)) if (value !== 1) drops.add(field)
  return {}
}

function stopOf(request: Json, drops: Drops): unknown[] | undefined {
  const sequences = asList(request.stop_sequences)
  if (sequences.length > stopSequencesMax) drops.add(`stop_sequences[${stopSequencesMax}..]`)
  return sequences.length > 0 ? sequences.slice(0, stopSequencesMax) : undefined
}

function reasoningEffort(request: Json, reasons: boolean, drops: Drops): string | undefined {
  const effort = effortFor(request)
  if (effort !== undefined && !reasons) drops.add('thinking')
  return reasons ? effort : undefined
}

function responseFormat(request: Json): Json | undefined {
  const format = asRecord(asRecord(request.output_config).format)
  if (format.type !== 'json_schema' || !isRecord(format.schema)) return undefined
  const strict = isStrict(format.schema)
  return { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema, strict } }
}

/** OpenAI's strict mode wants every object closed and every property required; Anthropic's schemas need not be so. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict)
  if (!isRecord(schema)) return true
  if (isRecord(schema.properties)) {
    const required = new Set(asList(schema.required))
    if (schema.additionalProperties !== false) return false
    if (!Object.keys(schema.properties).every((name) => required.has(name))) return false
  }
  return Object.values(schema).every(isStrict)
}

function serviceTier(request: Json, drops: Drops): string | undefined {
  if (request.service_tier === 'auto') return 'auto'
  if (request.service_tier === 'standard_only') return 'default'
  if (request.service_tier !== undefined) drops.add('service_tier')
  return undefined
}
