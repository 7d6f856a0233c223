/** A chat request of the hub as a `generateContent` request. The model and the wish for a stream stand in its address. */
import type { RequestOptions, TranslatedRequest } from '../dialect.ts'
import { asList, asNumber, asText, type Json, present } from '../json.ts'
import { createDrops } from '../translate/drops.ts'
import { refuse } from '../untranslatable.ts'
import { contentsOf } from './contents.ts'
import { generationConfig, toolConfig, toolsToGemini } from './settings.ts'

const known = new Set(
  `model messages max_tokens max_completion_tokens stop stream stream_options temperature top_p top_k tools tool_choice
  parallel_tool_calls reasoning_effort thinking response_format n seed presence_penalty frequency_penalty`.split(/\s+/),
)
/** Usual values, which ask for nothing. */
const harmless: Readonly<Record<string, unknown>> = { logprobs: false, store: false, service_tier: 'auto' }
const candidatesMax = 8

export function hubToGeminiRequest(request: Json, { model }: Pick<RequestOptions, 'model'>): TranslatedRequest {
  refuseUnsupported(request)
  const drops = createDrops()
  const { system, contents } = contentsOf(request.messages)
  const tools = toolsToGemini(request, drops)
  const body = present({
    contents,
    systemInstruction: system.length > 0 ? { parts: system } : undefined,
    tools: tools.length > 0 ? [{ functionDeclarations: tools }] : undefined,
    toolConfig: tools.length > 0 ? toolConfig(request, drops) : undefined,
    generationConfig: generationConfig(request, model, drops),
  })
  drops.addUnknown(request, known, harmless)
  return { body, dropped: drops.list() }
}

function refuseUnsupported(request: Json): void {
  if (!Array.isArray(request.messages)) refuse('messages', 'messages must be a list.')
  const n = asNumber(request.n)
  if (n !== undefined && n > candidatesMax) refuse('n', `This model gives at most ${candidatesMax} answers a call.`)
  if (asList(request.functions).length > 0) refuse('functions', 'functions are deprecated; use tools.')
  if (asList(request.modalities).includes('audio')) refuse('modalities', 'This model cannot answer with sound.')
}

/** Texts to embed, each a request of its own in one batch. */
export function hubToGeminiEmbeddings(request: Json, { model }: Pick<RequestOptions, 'model'>): TranslatedRequest {
  const drops = createDrops()
  const given = Array.isArray(request.input) ? request.input : [request.input]
  const texts = given.map((text, at) => asText(text) ?? refuse(`input[${at}]`, 'This model embeds text, not tokens.'))
  const one = (text: string): Json =>
    present({
      model: `models/${model}`,
      content: { parts: [{ text }] },
      outputDimensionality: asNumber(request.dimensions),
    })
  drops.addUnknown(request, new Set(['model', 'input', 'dimensions', 'encoding_format']))
  return { body: { requests: texts.map(one) }, dropped: drops.list() }
}
