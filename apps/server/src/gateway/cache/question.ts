/** What a call asks in words of its own, apart from everything else that decides its answer. */
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import type { Call } from '../call.ts'
import { isRecord, type Json } from '../dialects/index.ts'
import { answerKey } from './key.ts'

/** `frame` names all the rest: only calls that have it in common are compared. */
export type Question = { text: string; model: string; frame: string; threshold: number }

/** Longer ones are whole documents, in which one word may decide. */
const textCharsMax = 8_000

/** Null for what is not compared: without a rule for it, without words, and with anything but words. */
export const questionOf = (call: Call, rule: SliceCacheRule): Question | null => {
  const { similar } = rule
  const { account, scan } = call
  if (!similar || !account || !scan || call.operation !== 'chat') return null
  const asked = asksIn(scan.body)
  const model = modelNamed(account, similar.modelId)
  if (!asked || model === null || asked.text.trim() === '' || asked.text.length > textCharsMax) return null
  const rest = answerKey(call, rule, asked.rest)
  return rest === null
    ? null
    : { text: asked.text, model, frame: `${similar.modelId} ${rest}`, threshold: similar.threshold }
}

type Asked = { text: string; rest: Json }

/** The words of the last message, where a person said it; what was said before must be the same. */
const asksIn = (body: Json): Asked | null => {
  if (!Array.isArray(body.messages)) return null
  const last: unknown = body.messages.at(-1)
  if (!isRecord(last) || last.role !== 'user') return null
  const said = wordsOf(last.content)
  if (!said) return null
  const messages = [...body.messages.slice(0, -1), { ...last, content: said.rest }]
  return { text: said.text, rest: { ...body, messages } }
}

const wordsOf = (content: unknown): { text: string; rest: unknown } | null => {
  if (typeof content === 'string') return { text: content, rest: '' }
  if (!Array.isArray(content)) return null
  const texts: string[] = []
  const rest: Json[] = []
  for (const part of content) {
    if (!isRecord(part) || part.type !== 'text' || typeof part.text !== 'string') return null
    texts.push(part.text)
    rest.push({ ...part, text: '' })
  }
  return { text: texts.join('\n'), rest }
}

const modelNamed = ({ slice, platform }: NonNullable<Call['account']>, id: string): string | null =>
  (slice.models.find((model) => model.id === id) ?? platform.models.find((model) => model.id === id))?.name ?? null
