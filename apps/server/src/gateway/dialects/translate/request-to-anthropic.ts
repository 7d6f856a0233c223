/** An OpenAI chat completion request as an Anthropic message request. */
import type { TranslatedRequest } from '../dialect.ts'
import { asCount, isRecord, type Json, present } from '../json.ts'
import { type ClaudeAbilities, claudeAbilities } from './abilities.ts'
import { conversation } from './conversation.ts'
import { createDrops, type Drops } from './drops.ts'
import { messagesToAnthropic, type Turn } from './messages-to-anthropic.ts'
import { refuseUnsupported } from './one-answer.ts'
import { isThinking, roomFor, type Thinking, thinkingFor } from './reasoning.ts'
import { formatFor, sampling, serviceTier, stopSequences, userOf } from './settings-to-anthropic.ts'
import { choiceToAnthropic, toolsToAnthropic } from './tools.ts'

export type ToAnthropicOptions = {
  /** The provider's name of the model; it also decides which abilities may be used. */
  model: string
  /** The most the model can write, used when the client names no limit, which Anthropic requires. */
  outputTokensMax?: number | undefined
}

const answerTokensDefault = 4096

const known = new Set(
  `model messages max_tokens max_completion_tokens stop stream stream_options temperature top_p top_k tools tool_choice
  parallel_tool_calls reasoning_effort thinking response_format user safety_identifier n service_tier cache_control`.split(
    /\s+/,
  ),
)

/** Usual values, which ask for nothing. */
const harmless: Readonly<Record<string, unknown>> = {
  frequency_penalty: 0,
  presence_penalty: 0,
  logprobs: false,
  store: false,
}

export function openaiToAnthropicRequest(request: Json, options: ToAnthropicOptions): TranslatedRequest {
  refuseUnsupported(request)
  const drops = createDrops()
  const abilities = claudeAbilities(options.model)
  const { system, turns } = messagesToAnthropic(request.messages)
  const { tools, choice } = toolsFor(request, turns, drops)
  const limit = asCount(request.max_completion_tokens) ?? asCount(request.max_tokens)
  const maxTokens = limit ?? options.outputTokensMax ?? roomFor(request, answerTokensDefault)
  const thought = thinkingOrNone(request, { abilities, maxTokens, turns, choice }, drops)
  const format = formatFor(request, abilities)
  const output = present({ effort: thought?.effort, format: format.native })
  const body = present({
    model: options.model,
    max_tokens: maxTokens,
    ...conversation([...system, ...format.instructions], turns, abilities, isThinking(thought?.thinking)),
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: choice,
    thinking: thought?.thinking,
    output_config: Object.keys(output).length > 0 ? output : undefined,
    ...sampling(request, abilities, isThinking(thought?.thinking), drops),
    stop_sequences: stopSequences(request, drops),
    metadata: userOf(request),
    service_tier: serviceTier(request, drops),
    cache_control: request.cache_control,
    stream: request.stream === true ? true : undefined,
  })
  const { modalities, ...rest } = request
  drops.addUnknown(Array.isArray(modalities) ? rest : request, known, harmless)
  return { body, dropped: drops.list() }
}

/** Anthropic refuses calls and results in a conversation without tool definitions, OpenAI does not mind: name those that were used. */
function toolsFor(request: Json, turns: Turn[], drops: Drops): { tools: Json[]; choice: Json | undefined } {
  const tools = toolsToAnthropic(request, drops)
  if (tools.length > 0) return choiceToAnthropic(request, tools)
  const used = turns.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_use').map(({ name }) => name))
  const named = [...new Set(used)].map((name) => ({ name, input_schema: { type: 'object' } }))
  return { tools: named, choice: named.length > 0 ? { type: 'none' } : undefined }
}

/** Thinking gives way where Anthropic would refuse the call: it is a wish, a forced tool or a valid conversation is not. */
function thinkingOrNone(
  request: Json,
  call: { abilities: ClaudeAbilities; maxTokens: number; turns: Turn[]; choice: Json | undefined },
  drops: Drops,
): Thinking | undefined {
  const thought = thinkingFor(request, call.abilities, call.maxTokens)
  if (thought === undefined) return undefined
  const forced = call.choice?.type === 'any' || call.choice?.type === 'tool'
  const blocked = isThinking(thought?.thinking) && (forced || lacksThinking(call.turns, thought?.thinking))
  if (thought !== null && !blocked) return thought
  drops.add(isRecord(request.thinking) ? 'thinking' : 'reasoning_effort')
  return undefined
}

/** With a thinking budget, a turn that calls tools must still carry its thinking; clients often lose it on the way. */
function lacksThinking(turns: Turn[], thinking: Json | undefined): boolean {
  if (thinking?.type !== 'enabled') return false
  const last = turns.findLast((turn) => turn.role === 'assistant')
  return (
    last?.content.some((block) => block.type === 'tool_use') === true &&
    !last.content.some((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
  )
}
