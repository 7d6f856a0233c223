/** Answers of the hub as Gemini's: whole ones, embeddings, and streams. */
import { readStreamError } from '../errors.ts'
import { asList, asNumber, asRecord, asText, filled, type Json, parseJson, present, records } from '../json.ts'
import { encodeData } from '../sse.ts'
import { textOf } from '../translate/media.ts'
import { inputOf } from '../translate/tools.ts'
import { usageFromOpenai } from '../usage.ts'
import { isOfGemini } from './signature.ts'
import { errorInGoogles } from './words.ts'

const finishes: Record<string, string> = { length: 'MAX_TOKENS', content_filter: 'SAFETY' }
const finishOf = (reason: string): string => finishes[reason] ?? 'STOP'

type Facts = { model: string; id: string }

export function hubToGeminiAnswer(completion: Json, { model, id }: Facts): Json {
  const candidates = records(completion.choices).map((choice, at) => ({
    content: { role: 'model', parts: partsOf(asRecord(choice.message)) },
    finishReason: finishOf(asText(choice.finish_reason) ?? 'stop'),
    index: asNumber(choice.index) ?? at,
  }))
  return present({ candidates, usageMetadata: usageOf(completion.usage), modelVersion: model, responseId: id })
}

function partsOf(message: Json): Json[] {
  const text = filled(textOf(message.content)) ?? filled(message.refusal)
  const signed = signedIn(message)
  const thought = filled(message.reasoning_content) ?? filled(signed?.thinking)
  return [
    ...(thought === undefined ? [] : [thoughtPart(thought, signed)]),
    ...(text === undefined ? [] : [{ text }]),
    ...records(message.tool_calls).map(callPart),
  ]
}

/** Signed by the model that thought; a signature of Gemini's own stands on the call. */
const signedIn = (message: Json): Json | undefined =>
  records(message.thinking_blocks).find((block) => filled(block.signature) !== undefined && !isOfGemini(block))

const thoughtPart = (text: string, signed: Json | undefined): Json =>
  present({ text, thought: true, thoughtSignature: filled(signed?.signature) })

function callPart(call: Json): Json {
  const { name, arguments: args } = asRecord(call.function)
  const signature = filled(asRecord(asRecord(call.extra_content).google).thought_signature)
  return present({
    functionCall: present({ id: filled(call.id), name, args: inputOf(args) }),
    thoughtSignature: signature,
  })
}

function usageOf(usage: unknown): Json | undefined {
  const read = usageFromOpenai(usage)
  if (!read) return undefined
  const prompt = read.inputTokens + read.cachedTokens + read.cacheWriteTokens
  return present({
    promptTokenCount: prompt,
    candidatesTokenCount: read.outputTokens - read.reasoningTokens,
    totalTokenCount: prompt + read.outputTokens,
    cachedContentTokenCount: read.cachedTokens || undefined,
    thoughtsTokenCount: read.reasoningTokens || undefined,
  })
}

export function hubToGeminiEmbedding(answer: Json, single: boolean): Json {
  const embeddings = records(answer.data).map(({ embedding }) => ({ values: asList(embedding) }))
  return single ? { embedding: embeddings[0] ?? { values: [] } } : { embeddings }
}

type Choice = { calls: Map<number, Json>; finish: string | null }

/** Calls go out whole, when nothing can be added to them; the reason and the count go out last, together. */
export function createGeminiStream({ model, id }: Facts) {
  const choices = new Map<number, Choice>()
  let usage: Json | undefined
  let over = false

  const chunk = (candidates: Json[], usageMetadata?: Json): string =>
    encodeData(JSON.stringify(present({ candidates, usageMetadata, modelVersion: model, responseId: id })))

  const candidate = (index: number, parts: Json[], finishReason?: string): Json =>
    present({ content: { role: 'model', parts }, finishReason, index })

  function grow(choice: Json): string {
    const index = asNumber(choice.index) ?? 0
    const known: Choice = choices.get(index) ?? { calls: new Map(), finish: null }
    choices.set(index, known)
    known.finish = filled(choice.finish_reason) ?? known.finish
    const delta = asRecord(choice.delta)
    for (const call of records(delta.tool_calls)) addTo(known.calls, call)
    const thought = filled(delta.reasoning_content)
    const signed = signedIn(delta)
    const text = filled(textOf(delta.content)) ?? filled(delta.refusal)
    const parts = [
      ...(thought === undefined && signed === undefined ? [] : [thoughtPart(thought ?? '', signed)]),
      ...(text === undefined ? [] : [{ text }]),
    ]
    return parts.length === 0 ? '' : chunk([candidate(index, parts)])
  }

  function last(): string {
    over = true
    const ended = [...choices].map(([index, { calls, finish }]) =>
      candidate(index, [...calls.values()].map(callPart), finishOf(finish ?? 'stop')),
    )
    return chunk(ended, usage)
  }

  return {
    push({ event, data }: { event: string | undefined; data: string }): string {
      if (over || data === '') return ''
      if (data === '[DONE]') return last()
      const failed = readStreamError(event, data)
      if (failed !== undefined) {
        over = true
        return encodeData(errorInGoogles(failed.status, data, id))
      }
      const parsed = asRecord(parseJson(data))
      usage = usageOf(parsed.usage) ?? usage
      return records(parsed.choices).map(grow).join('')
    },
    /** Some providers end without a word; what is complete by then is told as complete. */
    end(): string {
      const complete = [...choices.values()].some(({ finish }) => finish !== null)
      return over || !complete ? '' : last()
    },
  }
}

function addTo(calls: Map<number, Json>, call: Json): void {
  const at = asNumber(call.index) ?? calls.size
  const known = calls.get(at)
  const { name, arguments: args } = asRecord(call.function)
  if (!known) {
    calls.set(at, { ...call, function: { name, arguments: asText(args) ?? '' } })
    return
  }
  const before = asRecord(known.function)
  const grown = { name: before.name ?? name, arguments: `${asText(before.arguments) ?? ''}${asText(args) ?? ''}` }
  calls.set(at, { ...known, ...present({ extra_content: call.extra_content }), function: grown })
}
