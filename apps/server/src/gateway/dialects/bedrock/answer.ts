/** A Converse answer as a chat completion of the hub, by way of an Anthropic message. */
import type { AnswerFacts } from '../dialect.ts'
import { asRecord, type Json, records } from '../json.ts'
import { anthropicToOpenaiAnswer } from '../translate/answer-to-openai.ts'
import { hubId } from '../translate/hub-stream.ts'
import { Untranslatable } from '../untranslatable.ts'
import { blockToAnthropic, stopOf } from './blocks.ts'
import { usageAsAnthropic } from './usage.ts'

export function converseToHubAnswer(answer: Json, facts: AnswerFacts): Json {
  const { content } = asRecord(asRecord(answer.output).message)
  if (!Array.isArray(content)) throw new Untranslatable('answer', 'The provider’s answer has no message.')
  const message = {
    content: records(content).flatMap((block) => blockToAnthropic(block) ?? []),
    stop_reason: stopOf(answer.stopReason),
    usage: usageAsAnthropic(answer.usage),
  }
  return anthropicToOpenaiAnswer(message, { ...facts, id: hubId(facts.id) })
}
