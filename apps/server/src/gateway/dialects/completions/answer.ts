/** A chat completion as a legacy completion. */
import type { AnswerFacts } from '../dialect.ts'
import { asCount, asRecord, asText, filled, isRecord, type Json, records } from '../json.ts'
import { textOf } from '../translate/media.ts'
import { Untranslatable } from '../untranslatable.ts'
import { estimatedUsage, usageToOpenai } from '../usage.ts'
import { promptOf } from './request.ts'

export const completionId = (id: string): string => `cmpl-${id}`

/** The prompt, where the caller wants to read it before the answer. */
export const echoed = ({ request }: AnswerFacts): string => (request?.echo === true ? promptOf(request) : '')

export function completionsFromHub(answer: Json, facts: AnswerFacts): Json {
  const choices = records(answer.choices)
  if (choices.length === 0) throw new Untranslatable('answer', 'The provider’s answer has no choices.')
  const { inputTokens, outputTokens } = facts.estimate ?? { inputTokens: 0, outputTokens: 0 }
  return {
    id: completionId(facts.id),
    object: 'text_completion',
    created: facts.created,
    model: facts.model,
    choices: choices.map((choice, at) => ({
      text: echoed(facts) + said(asRecord(choice.message)),
      index: asCount(choice.index) ?? at,
      logprobs: null,
      finish_reason: finishOf(asText(choice.finish_reason) ?? 'stop'),
    })),
    usage: isRecord(answer.usage) ? answer.usage : usageToOpenai(estimatedUsage(inputTokens, outputTokens)),
  }
}

export const said = (message: Json): string => filled(textOf(message.content)) ?? filled(message.refusal) ?? ''

/** A completion ends by itself, by its length or by a filter. */
export const finishOf = (reason: string): string =>
  reason === 'length' || reason === 'content_filter' ? reason : 'stop'
