/** A chat completion as a response. */
import type { AnswerFacts } from '../dialect.ts'
import { asRecord, asText, filled, isRecord, type Json, records } from '../json.ts'
import { madeUpCallId } from '../translate/hub-stream.ts'
import { textOf } from '../translate/media.ts'
import { thinkingOf } from '../translate/reasoning.ts'
import { Untranslatable } from '../untranslatable.ts'
import { estimatedUsage, usageFromOpenai } from '../usage.ts'
import {
  callItem,
  type ItemStatus,
  itemId,
  messageItem,
  reasoningItem,
  refusalPart,
  summaryPart,
  textPart,
} from './output.ts'
import { incompleteOf, responseOf } from './response.ts'
import { sealedThinking } from './thinking.ts'

export function responsesFromHub(answer: Json, facts: AnswerFacts): Json {
  const choice = records(answer.choices)[0]
  if (choice === undefined) throw new Untranslatable('answer', 'The provider’s answer has no choices.')
  const { inputTokens, outputTokens } = facts.estimate ?? { inputTokens: 0, outputTokens: 0 }
  const reason = incompleteOf(asText(choice.finish_reason) ?? 'stop')
  const status = reason === undefined ? 'completed' : 'incomplete'
  return responseOf(facts, {
    status,
    output: outputOf(asRecord(choice.message), facts.id, status),
    usage: usageFromOpenai(answer.usage) ?? estimatedUsage(inputTokens, outputTokens),
    reason,
  })
}

function outputOf(message: Json, id: string, status: ItemStatus): Json[] {
  const items: Json[] = []
  const thinking = thinkingOf(message)
  const summary = thinking.flatMap(({ thinking: text }) =>
    filled(text) === undefined ? [] : [summaryPart(String(text))],
  )
  if (thinking.length > 0) items.push(reasoningItem(itemId('rs', id, 0), summary, sealedThinking(thinking)))
  const text = filled(textOf(message.content))
  const refusal = filled(message.refusal)
  const parts = [
    ...(text === undefined ? [] : [textPart(text)]),
    ...(refusal === undefined ? [] : [refusalPart(refusal)]),
  ]
  const calls = records(message.tool_calls)
  if (parts.length > 0) items.push(messageItem(itemId('msg', id, items.length), parts, status))
  for (const [at, call] of calls.entries()) {
    const { name, arguments: given } = asRecord(call.function)
    const args = isRecord(given) ? JSON.stringify(given) : (asText(given) ?? '')
    const callId = filled(call.id) ?? madeUpCallId(id, at)
    items.push(callItem(itemId('fc', id, items.length), { callId, name: asText(name) ?? '', args }, status))
  }
  return items
}
