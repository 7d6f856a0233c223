/** The object that every answer and many events of the Responses dialect carry: what was asked, repeated, and what came. */
import type { AnswerFacts } from '../dialect.ts'
import { asRecord, type Json, present } from '../json.ts'
import type { Usage } from '../usage.ts'

export type Progress = {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  output: readonly Json[]
  usage: Usage | null
  /** Why it is incomplete. */
  reason?: string | undefined
  error?: { code: string; message: string }
}

export const responseId = (id: string): string => `resp_${id}`

/** What was asked and is repeated, with what is meant where nothing was said. */
const repeated: Json = {
  ...{ instructions: null, max_output_tokens: null, max_tool_calls: null, parallel_tool_calls: true },
  ...{ previous_response_id: null, prompt_cache_key: null, safety_identifier: null, service_tier: 'default' },
  ...{ temperature: 1, tool_choice: 'auto', tools: [], top_logprobs: 0, top_p: 1, user: null, metadata: {} },
}

export function responseOf(facts: AnswerFacts, { status, output, usage, reason, error }: Progress): Json {
  const asked = facts.request ?? {}
  const { effort = null, summary = null } = asRecord(asked.reasoning)
  return {
    id: responseId(facts.id),
    object: 'response',
    created_at: facts.created,
    status,
    background: false,
    error: error ?? null,
    incomplete_details: reason === undefined ? null : { reason },
    model: facts.model,
    output,
    ...Object.fromEntries(Object.entries(repeated).map(([field, meant]) => [field, asked[field] ?? meant])),
    reasoning: { effort, summary },
    store: false,
    text: { format: { type: 'text' }, ...asRecord(asked.text) },
    truncation: 'disabled',
    usage: usage && usageToResponses(usage),
  }
}

export function usageToResponses(usage: Usage): Json {
  const input = usage.inputTokens + usage.cachedTokens + usage.cacheWriteTokens
  return {
    input_tokens: input,
    input_tokens_details: present({
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens || undefined,
    }),
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  }
}

/** A filter or a limit ends an answer before its time. */
export const incompleteOf = (finish: string): string | undefined =>
  finish === 'length' ? 'max_output_tokens' : finish === 'content_filter' ? 'content_filter' : undefined
