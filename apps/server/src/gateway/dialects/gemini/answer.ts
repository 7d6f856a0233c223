/** A `generateContent` answer as a chat completion of the hub. */
import type { AnswerFacts } from '../dialect.ts'
import { asList, asNumber, asRecord, asText, filled, type Json, present, records } from '../json.ts'
import { hubId, madeUpCallId } from '../translate/hub-stream.ts'
import { Untranslatable } from '../untranslatable.ts'
import { usageToOpenai } from '../usage.ts'
import { signedCall, signedThinking } from './signature.ts'
import { usageFromGemini } from './usage.ts'

const finishes: Record<string, string> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  MODEL_ARMOR: 'content_filter',
}

export const finishOf = (reason: string, calls: number): string => {
  const finish = finishes[reason] ?? 'stop'
  return finish === 'stop' && calls > 0 ? 'tool_calls' : finish
}

/** A prompt that was blocked is answered with 200, and nothing else. */
export function blockOf(answer: Json): string | undefined {
  const reason = filled(asRecord(answer.promptFeedback).blockReason)
  return reason === undefined ? undefined : `The provider blocked the prompt (${reason}).`
}

export function geminiToHubAnswer(answer: Json, facts: AnswerFacts): Json {
  const candidates = records(answer.candidates)
  const blocked = blockOf(answer)
  if (candidates.length === 0 && blocked === undefined)
    throw new Untranslatable('answer', 'The provider’s answer has no candidates.')
  const usage = usageFromGemini(answer.usageMetadata)
  const choices = candidates.map((candidate, at) => choiceOf(candidate, asNumber(candidate.index) ?? at, facts))
  return present({
    id: hubId(facts.id),
    object: 'chat.completion',
    created: facts.created,
    model: facts.model,
    choices: choices.length > 0 ? choices : [refused(blocked ?? '')],
    usage: usage === null ? undefined : usageToOpenai(usage),
  })
}

const refused = (refusal: string): Json => ({
  index: 0,
  message: { role: 'assistant', content: null, refusal },
  logprobs: null,
  finish_reason: 'content_filter',
})

function choiceOf(candidate: Json, index: number, facts: AnswerFacts): Json {
  const parts = records(asRecord(candidate.content).parts)
  const calls = parts.filter((part) => part.functionCall !== undefined)
  const finish = finishOf(asText(candidate.finishReason) ?? 'STOP', calls.length)
  const text = textOf(parts, false)
  const thoughts = textOf(parts, true)
  const signature = calls.flatMap((part) => filled(part.thoughtSignature) ?? [])[0]
  return {
    index,
    message: present({
      role: 'assistant',
      content: text === '' ? null : text,
      refusal: finish === 'content_filter' ? (filled(candidate.finishMessage) ?? null) : null,
      reasoning_content: thoughts === '' ? undefined : thoughts,
      thinking_blocks: signature === undefined ? undefined : [signedThinking(thoughts, signature)],
      tool_calls: calls.length > 0 ? calls.map((part, at) => callOf(part, at, facts)) : undefined,
    }),
    logprobs: null,
    finish_reason: finish,
  }
}

const textOf = (parts: Json[], thought: boolean): string =>
  parts.flatMap((part) => ((part.thought === true) === thought ? (asText(part.text) ?? '') : '')).join('')

export function callOf(part: Json, at: number, { id }: { id: string }): Json {
  const call = asRecord(part.functionCall)
  const signature = filled(part.thoughtSignature)
  return {
    id: filled(call.id) ?? madeUpCallId(id, at),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.args ?? {}) },
    ...(signature === undefined ? {} : signedCall(signature)),
  }
}

export function geminiToHubEmbeddings(answer: Json, facts: AnswerFacts): Json {
  const embeddings = records(answer.embeddings)
  if (embeddings.length === 0) throw new Untranslatable('answer', 'The provider’s answer has no embeddings.')
  const tokens = facts.estimate?.inputTokens ?? 0
  return {
    object: 'list',
    model: facts.model,
    data: embeddings.map(({ values }, index) => ({
      object: 'embedding',
      index,
      embedding: written(asList(values), facts),
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

/** OpenAI's clients ask for the numbers as the bytes of 32-bit floats. */
const written = (values: unknown[], { base64 }: AnswerFacts): unknown =>
  base64 ? Buffer.from(Float32Array.from(values.map(Number)).buffer).toString('base64') : values
