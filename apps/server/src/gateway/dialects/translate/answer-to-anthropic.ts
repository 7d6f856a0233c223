/** An OpenAI chat completion as an Anthropic message. */
import { asRecord, asText, filled, type Json, present, records } from '../json.ts'
import { Untranslatable } from '../untranslatable.ts'
import { estimatedUsage, usageFromOpenai, usageToAnthropic } from '../usage.ts'
import { textOf } from './media.ts'
import { thinkingOf } from './reasoning.ts'
import { stopReasonOf } from './stop.ts'
import { inputOf } from './tools.ts'

/** `estimate` stands in where the provider reports no usage, because Anthropic's clients expect numbers. */
export type MessageIdentity = { model: string; id: string; estimate?: { inputTokens: number; outputTokens: number } }

export function openaiToAnthropicAnswer(completion: Json, identity: MessageIdentity): Json {
  const choice = records(completion.choices)[0]
  if (choice === undefined) throw new Untranslatable('answer', 'The provider’s answer has no choices.')
  const message = asRecord(choice.message)
  const calls = records(message.tool_calls)
  const refusal = filled(message.refusal)
  const { inputTokens, outputTokens } = identity.estimate ?? { inputTokens: 0, outputTokens: 0 }
  const usage = usageFromOpenai(completion.usage) ?? estimatedUsage(inputTokens, outputTokens)
  return {
    id: identity.id,
    type: 'message',
    role: 'assistant',
    model: identity.model,
    content: [
      ...thinkingOf(message),
      ...textBlocks(message, refusal),
      ...calls.map((call, at) => toolUse(call, at, identity)),
    ],
    ...stopReasonOf(asText(choice.finish_reason) ?? 'stop', {
      toolCalls: calls.length > 0,
      refusal: refusal !== undefined,
      matched: choice.stop_reason,
    }),
    usage: usageToAnthropic(usage),
  }
}

function textBlocks(message: Json, refusal: string | undefined): Json[] {
  const text = filled(textOf(message.content)) ?? refusal
  return text === undefined ? [] : [{ type: 'text', text }]
}

function toolUse(call: Json, at: number, identity: MessageIdentity): Json {
  const { name, arguments: args } = asRecord(call.function)
  return present({ type: 'tool_use', id: filled(call.id) ?? madeUpToolId(identity.id, at), name, input: inputOf(args) })
}

/** Some servers give calls no id; the result must still find its call. */
export const madeUpToolId = (messageId: string, at: number): string => `toolu_${messageId.replace(/^msg_/, '')}_${at}`
