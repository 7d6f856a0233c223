/** Perplexity speaks Responses and nothing else: its chat ended in September 2026. Source: docs.perplexity.ai, November 2026. */
import { kindFacts } from '@cockpit/contract/provider-kinds'
import { asRecord, isRecord, type Json } from '../dialects/index.ts'
import { bearer, nothing, openaiProvider } from './openai.ts'
import type { Provider } from './provider.ts'

/** Neither `models` nor `preset`: by these another model would answer than the one that is priced and allowed. */
const takes = new Set([
  ...['model', 'input', 'instructions', 'max_output_tokens', 'stream', 'tools', 'reasoning', 'response_format'],
  ...['max_steps', 'language_preference'],
])

/** A format of the answer in the words of a chat; it knows schemas only. */
const formatOf = (text: unknown): Json | undefined => {
  const format = asRecord(asRecord(text).format)
  if (format.type !== 'json_schema') return undefined
  const { type, ...schema } = format
  return { type, json_schema: schema }
}

const efforts: Readonly<Record<string, string>> = { minimal: 'low', xhigh: 'high', max: 'high' }

const reasoningOf = (reasoning: unknown): Json | undefined => {
  const { effort } = asRecord(reasoning)
  if (typeof effort !== 'string' || effort === 'none') return undefined
  return { effort: efforts[effort] ?? effort }
}

/** It has one kind of tool of the caller's own; whether a call must fit is no choice there. */
const plainTool = (tool: unknown): unknown => {
  if (!isRecord(tool) || tool.strict !== false) return tool
  const { strict: _, ...rest } = tool
  return rest
}

export const perplexityProvider: Provider = {
  ...openaiProvider,
  id: 'perplexity',
  dialect: 'responses',
  baseUrl: kindFacts('perplexity').baseUrl,
  paths: { ...nothing, chat: '/responses' },
  media: {},
  alsoSpeaks: {},
  credentials: bearer,
  forwards: ['traceparent', 'tracestate'],
  fit: {
    takes,
    renames: { text: 'response_format' },
    // it keeps nothing it is not asked to keep
    elsewhere: new Set(['store']),
    mends: {
      response_format: { marks: ['{'], mend: formatOf },
      reasoning: { marks: ['{'], mend: reasoningOf },
      tools: { marks: ['"strict"'], mend: (tools) => (Array.isArray(tools) ? tools.map(plainTool) : tools) },
    },
  },
}
