/** A response of a provider as a chat completion of the hub. */
import type { AnswerFacts } from '../../dialect.ts'
import { asRecord, asText, filled, type Json, present, records } from '../../json.ts'
import { hubId } from '../../translate/hub-stream.ts'
import { Untranslatable } from '../../untranslatable.ts'
import { usageToOpenai } from '../../usage.ts'
import { usageFromResponses } from '../reading.ts'

export function responsesToHubAnswer(answer: Json, facts: AnswerFacts): Json {
  const failed = filled(asRecord(answer.error).message)
  if (!Array.isArray(answer.output) || answer.status === 'failed')
    throw new Untranslatable('answer', failed ?? 'The provider’s answer has no output.')
  const items = records(answer.output)
  const parts = items.flatMap((item) => (item.type === 'message' ? records(item.content) : []))
  const calls = items.filter(({ type }) => type === 'function_call')
  const thought = items.flatMap((item) => (item.type === 'reasoning' ? thoughtsIn(item) : [])).join('\n')
  const text = parts.flatMap((part) => (part.type === 'refusal' ? [] : (asText(part.text) ?? ''))).join('')
  const refusal = parts.flatMap((part) => (part.type === 'refusal' ? (asText(part.refusal) ?? '') : [])).join('\n')
  const sources = createSources()
  const annotations = [...parts.flatMap(sources.cited), ...items.flatMap(sources.found)]
  const usage = usageFromResponses(answer.usage)
  return present({
    id: hubId(facts.id),
    object: 'chat.completion',
    created: facts.created,
    model: facts.model,
    choices: [
      {
        index: 0,
        message: present({
          role: 'assistant',
          content: text === '' ? null : text,
          refusal: refusal === '' ? null : refusal,
          reasoning_content: thought === '' ? undefined : thought,
          annotations: annotations.length > 0 ? annotations : undefined,
          tool_calls: calls.length > 0 ? calls.map(callToHub) : undefined,
        }),
        logprobs: null,
        finish_reason: finishOf(answer, calls.length),
      },
    ],
    usage: usage === null ? undefined : usageToOpenai(usage),
  })
}

const thoughtsIn = (item: Json): string[] =>
  [...records(item.summary), ...records(item.content)].flatMap((part) => filled(part.text) ?? [])

export const callToHub = (item: Json): Json => ({
  id: item.call_id,
  type: 'function',
  function: { name: item.name, arguments: asText(item.arguments) ?? '' },
})

/** Why it ended, in a chat's words. */
export function finishOf(response: Json, calls: number): string {
  const reason = asText(asRecord(response.incomplete_details).reason)
  if (reason === 'content_filter') return 'content_filter'
  if (response.status === 'incomplete') return 'length'
  return calls > 0 ? 'tool_calls' : 'stop'
}

/** Where an answer found what it says: what it cites at a place, and what it was given to read, each address once. */
export function createSources() {
  const seen = new Set<string>()
  const citation = (source: Json): Json[] => {
    const url = filled(source.url)
    if (url === undefined || seen.has(url)) return []
    seen.add(url)
    const { title, start_index, end_index } = source
    return [{ type: 'url_citation', url_citation: present({ url, title: filled(title), start_index, end_index }) }]
  }
  return {
    /** By a part of a message. */
    cited: (part: Json): Json[] => records(part.annotations).flatMap(citation),
    /** By an item that is a search. */
    found: (item: Json): Json[] => (item.type === 'search_results' ? records(item.results).flatMap(citation) : []),
  }
}
