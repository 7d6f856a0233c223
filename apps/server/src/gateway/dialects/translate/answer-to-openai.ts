/** An Anthropic message as an OpenAI chat completion. */
import { asRecord, asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { Untranslatable } from '../untranslatable.ts'
import { usageFromAnthropic, usageToOpenai } from '../usage.ts'
import { textOf } from './media.ts'
import { finishReasonOf } from './stop.ts'

export type AnswerIdentity = { model: string; id: string; created: number }

export function anthropicToOpenaiAnswer(message: Json, identity: AnswerIdentity): Json {
  if (!Array.isArray(message.content)) throw new Untranslatable('answer', 'The provider’s answer is no message.')
  const blocks = records(message.content)
  const usage = usageFromAnthropic(message.usage)
  const choice = {
    index: 0,
    message: messageOf(blocks, message),
    logprobs: null,
    finish_reason: finishReasonOf(asText(message.stop_reason) ?? 'end_turn'),
  }
  return present({
    id: identity.id,
    object: 'chat.completion',
    created: identity.created,
    model: identity.model,
    choices: [choice],
    usage: usage === null ? undefined : usageToOpenai(usage),
  })
}

function messageOf(blocks: Json[], message: Json): Json {
  const thinking = blocks.filter((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
  const thoughts = thinking.flatMap((block) => filled(block.thinking) ?? []).join('\n')
  const text = blocks.flatMap((block) => (block.type === 'text' ? (asText(block.text) ?? '') : []))
  const calls = blocks.filter((block) => block.type === 'tool_use').map(toolCall)
  return present({
    role: 'assistant',
    content: text.length > 0 ? text.join('') : null,
    refusal: message.stop_reason === 'refusal' ? refusalOf(message) : null,
    reasoning_content: thoughts === '' ? undefined : thoughts,
    thinking_blocks: thinking.length > 0 ? thinking : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
  })
}

export const refusalOf = (message: Json): string | null => filled(asRecord(message.stop_details).explanation) ?? null

const toolCall = (block: Json): Json => ({
  id: block.id,
  type: 'function',
  function: { name: block.name, arguments: JSON.stringify(block.input ?? {}) },
})

/** The whole text of an answer in any dialect, for counting what a provider did not report. */
export function textOfAnswer(answer: Json): string {
  if (Array.isArray(answer.candidates)) return records(answer.candidates).map(candidateText).join('\n')
  if (isRecord(answer.output)) return converseText(asRecord(answer.output.message))
  if (Array.isArray(answer.content)) return records(answer.content).map(blockText).join('\n')
  if (Array.isArray(answer.output)) return records(answer.output).map(itemText).join('\n')
  const choice = asRecord(records(answer.choices)[0])
  if (typeof choice.text === 'string')
    return records(answer.choices)
      .map(({ text }) => asText(text) ?? '')
      .join('\n')
  const message = asRecord(choice.message)
  const calls = records(message.tool_calls).map((call) => JSON.stringify(call.function))
  return [textOf(message.content), asText(message.reasoning_content) ?? '', ...calls].filter(Boolean).join('\n')
}

const candidateText = (candidate: Json): string =>
  records(asRecord(candidate.content).parts)
    .map((part) => filled(part.text) ?? (part.functionCall ? JSON.stringify(part.functionCall) : ''))
    .join('\n')

const converseText = (message: Json): string =>
  records(message.content)
    .map((block) => filled(block.text) ?? JSON.stringify(block))
    .join('\n')

const blockText = (block: Json): string =>
  filled(block.text) ?? filled(block.thinking) ?? (block.type === 'tool_use' ? JSON.stringify(block.input) : '')

const itemText = (item: Json): string =>
  asText(item.arguments) ??
  [...records(item.summary), ...records(item.content)].map(({ text }) => asText(text) ?? '').join('\n')
