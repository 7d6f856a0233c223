/** A stream of chat chunks as one of legacy completions. */
import type { StreamFacts } from '../dialect.ts'
import { asCount, asRecord, filled, type Json, records } from '../json.ts'
import { openai } from '../openai.ts'
import { encodeData } from '../sse.ts'
import { createFromHubStream } from '../translate/from-hub-stream.ts'
import type { StreamTranslator } from '../translate/stream.ts'
import { usageToOpenai } from '../usage.ts'
import { completionId, echoed, finishOf, said } from './answer.ts'

export function completionsStreamFromHub(facts: StreamFacts): StreamTranslator {
  const head = JSON.stringify({
    id: completionId(facts.id),
    object: 'text_completion',
    created: facts.created,
    model: facts.model,
  }).slice(0, -1)
  const suffix = facts.includeUsage ? ',"usage":null}' : '}'
  const prompt = echoed(facts)
  const begun = new Set<number>()
  let bytes = 0

  const written = (index: number, text: string, finish: string | null): string =>
    encodeData(
      `${head},"choices":[{"text":${JSON.stringify(text)},"index":${index},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]${suffix}`,
    )

  const sayChoice = (choice: Json): string => {
    const index = asCount(choice.index) ?? 0
    const text = said(asRecord(choice.delta))
    const reason = filled(choice.finish_reason)
    bytes += Buffer.byteLength(text)
    const first = begun.has(index) ? '' : prompt
    begun.add(index)
    if (first === '' && text === '' && reason === undefined) return ''
    return written(index, first + text, reason === undefined ? null : finishOf(reason))
  }

  return createFromHubStream(facts, 'completions', {
    say: (chunk) => records(chunk.choices).map(sayChoice).join(''),
    close(usage) {
      const counted = encodeData(`${head},"choices":[],"usage":${JSON.stringify(usageToOpenai(usage))}}`)
      return (facts.includeUsage ? counted : '') + openai.doneBytes
    },
    fail: openai.errorEvent,
    generatedBytes: () => bytes,
  })
}
