/** The services that can be asked, each in its own words: where its questions go, and what its answers mean. */
import type { GuardrailServiceKind } from '@cockpit/contract/guardrail-services'
import type { Finding, Judged } from '@cockpit/policy'
import { z } from 'zod'
import { piecesOf, unitsOf } from './offsets.ts'

/** One bounded question; throws one sentence where there is no answer that can be read. */
export type Post = (path: string, body: unknown) => Promise<unknown>

export type Question = {
  texts: readonly Judged[]
  /** What is asked for, in the words of the service; empty: everything. */
  categories: readonly string[]
  language: string
}

/** What was found in each text. */
type AskKind = (post: Post, question: Question) => Promise<Finding[][]>

const Moderation = z.object({ results: z.array(z.object({ category_scores: z.record(z.string(), z.number()) })) })

const openaiModeration: AskKind = async (post, { texts }) => {
  const input = texts.map(({ text }) => text)
  const { results } = Moderation.parse(await post('', { model: 'omni-moderation-latest', input }))
  if (results.length !== texts.length) throw new Error('it did not judge every text')
  return results.map(({ category_scores }) =>
    Object.entries(category_scores).map(([category, score]) => ({ category, score, span: null })),
  )
}

const azureVersion = '?api-version=2024-09-01'
const azureUnitsMax = 10_000
const severest = 6
const attack = 'PromptAttack'
const Analysis = z.object({ categoriesAnalysis: z.array(z.object({ category: z.string(), severity: z.number() })) })
const Detected = z.object({ attackDetected: z.boolean() })
const Shield = z.object({ userPromptAnalysis: Detected.nullish(), documentsAnalysis: z.array(Detected).nullish() })

const azure: AskKind = (post, { texts, categories }) => {
  const wanted = (category: string) => categories.length === 0 || categories.some((one) => isSame(one, category))
  const severities = ['Hate', 'SelfHarm', 'Sexual', 'Violence'].filter(wanted)
  const analyze = async (text: string): Promise<Finding[]> => {
    const body = { text, categories: severities, outputType: 'FourSeverityLevels' }
    const { categoriesAnalysis } = Analysis.parse(await post(`/contentsafety/text:analyze${azureVersion}`, body))
    return categoriesAnalysis
      .filter(({ severity }) => severity > 0)
      .map(({ category, severity }) => ({ category, score: Math.min(1, severity / severest), span: null }))
  }
  const shield = async ({ direction }: Judged, text: string): Promise<Finding[]> => {
    const isPrompt = direction === 'input'
    const body = isPrompt ? { userPrompt: text, documents: [] } : { userPrompt: '', documents: [text] }
    const said = Shield.parse(await post(`/contentsafety/text:shieldPrompt${azureVersion}`, body))
    const found = isPrompt ? [said.userPromptAnalysis] : (said.documentsAnalysis ?? [])
    return found.some((one) => one?.attackDetected) ? [{ category: attack, score: 1, span: null }] : []
  }
  return Promise.all(
    texts.map(async (judged) => {
      // what a model is told may attack it; what it says does not
      const mayAttack = judged.direction === 'input' || judged.direction === 'tool_results'
      const asked = piecesOf(judged.text, azureUnitsMax).flatMap(({ text }) => [
        ...(severities.length > 0 ? [analyze(text)] : []),
        ...(mayAttack && wanted(attack) ? [shield(judged, text)] : []),
      ])
      return strongest((await Promise.all(asked)).flat())
    }),
  )
}

/** A long text is judged in pieces, and counts once by the worst of them. */
const strongest = (findings: readonly Finding[]): Finding[] => {
  const best = new Map<string, Finding>()
  for (const one of findings) if (one.score > (best.get(one.category)?.score ?? 0)) best.set(one.category, one)
  return [...best.values()]
}

const Entities = z.array(
  z.object({ entity_type: z.string(), start: z.number().int(), end: z.number().int(), score: z.number() }),
)
const between = '\n\n'

/** All texts are sent as one, for it takes one at a time. */
const presidio: AskKind = async (post, { texts, categories, language }) => {
  const text = texts.map((one) => one.text).join(between)
  const entities = categories.length > 0 ? { entities: categories.map((one) => one.toUpperCase()) } : {}
  const found = Entities.parse(await post('/analyze', { text, language, ...entities }))
  const units = unitsOf(text)
  let from = 0
  return texts.map(({ text: { length } }) => {
    const here = found.flatMap(({ entity_type, score, ...span }): Finding[] => {
      const start = Math.max(0, units(span.start) - from)
      const end = Math.min(length, units(span.end) - from)
      return start < end ? [{ category: entity_type, score, span: { start, end } }] : []
    })
    from += length + between.length
    return here
  })
}

const place = { message_id: z.number().int().nullish(), detector_type: z.string() }
const Guarded = z.object({
  flagged: z.boolean(),
  payload: z
    .array(z.object({ ...place, start: z.number().int(), end: z.number().int(), text: z.string().nullish() }))
    .nullish(),
  breakdown: z.array(z.object({ ...place, detected: z.boolean() })).nullish(),
})
const speakers = { input: 'user', tool_results: 'tool', output: 'assistant', tool_calls: 'assistant' } as const

const webhook: AskKind = async (post, { texts }) => {
  const messages = texts.map(({ direction, text }) => ({ role: speakers[direction], content: text }))
  const said = Guarded.parse(await post('', { messages, payload: true, breakdown: true }))
  const found: Finding[][] = texts.map(() => [])
  const put = (at: number | null | undefined, finding: Finding) => {
    // what it does not ascribe to a message is about all of them
    for (const list of at == null ? found : [found[at]]) list?.push(finding)
  }
  for (const { message_id, detector_type, ...span } of said.payload ?? [])
    put(message_id, { category: detector_type, score: 1, span: spanIn(texts[message_id ?? 0]?.text ?? '', span) })
  const placed = new Set((said.payload ?? []).map((one) => `${one.message_id ?? ''} ${one.detector_type}`))
  for (const { message_id, detector_type, detected } of said.breakdown ?? [])
    if (detected && !isPlaced(placed, message_id, detector_type))
      put(message_id, { category: detector_type, score: 1, span: null })
  if (said.flagged && found.every((list) => list.length === 0)) put(null, { category: 'flagged', score: 1, span: null })
  return found
}

/** A detector that says where need not be heard again saying that it found something: `pii` found what `pii/email` names. */
const isPlaced = (placed: ReadonlySet<string>, message: number | null | undefined, type: string): boolean =>
  [...placed].some((one) => one === `${message ?? ''} ${type}` || one.startsWith(`${message ?? ''} ${type}/`))

/** Whether it counts units or characters shows in the words that it says stand there. */
const spanIn = (
  text: string,
  { start, end, text: words }: { start: number; end: number; text?: string | null | undefined },
) => {
  if (words == null || text.slice(start, end) === words) return { start, end: Math.min(end, text.length) }
  const units = unitsOf(text)
  return { start: units(start), end: units(end) }
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export const askKinds: Readonly<Record<GuardrailServiceKind, AskKind>> = {
  openai_moderation: openaiModeration,
  azure_content_safety: azure,
  presidio,
  webhook,
}
