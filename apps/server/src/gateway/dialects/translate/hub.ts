/** Translation between any two dialects: over the hub, and directly where one of them is the hub itself. */
import type {
  AnswerFacts,
  CallerDialectId,
  DialectId,
  Embedding,
  RequestOptions,
  StreamFacts,
  TranslatedRequest,
} from '../dialect.ts'
import type { Json } from '../json.ts'
import { dialects } from '../spoken.ts'
import { Untranslatable } from '../untranslatable.ts'
import type { StreamTranslator } from './stream.ts'

export type Way = { caller: CallerDialectId; provider: DialectId; operation: string }

export function translateRequest(way: Way, request: Json, options: RequestOptions): TranslatedRequest {
  if (way.operation !== 'chat') return embeddingOver(way).requestFromHub(request, options)
  const into = dialects[way.provider].provider
  // on the hub nothing is left out for the sake of a server that may not know it
  const asHub = dialects[way.caller].caller?.requestToHub(request, into ? { ...options, ...everything } : options)
  if (!into) return asHub ?? { body: request, dropped: [] }
  const { body, dropped } = into.requestFromHub(asHub?.body ?? request, options)
  return { body, dropped: [...(asHub?.dropped ?? []), ...dropped] }
}

const everything = { maxTokensField: 'max_completion_tokens', reasoning: true, keepsAll: true } as const

/** Embeddings know one language on the callers' side, that of the hub. */
function embeddingOver({ caller, provider, operation }: Way): Embedding {
  const known = caller === 'openai' && operation === 'embeddings' ? dialects[provider].provider?.embeddings : undefined
  if (!known) throw new Untranslatable('request', 'This cannot be translated into the dialect of the provider.')
  return known
}

export function translateAnswer(way: Way, answer: Json, facts: AnswerFacts): Json {
  if (way.operation !== 'chat') return embeddingOver(way).answerToHub(answer, facts)
  const asHub = dialects[way.provider].provider?.answerToHub(answer, facts) ?? answer
  return dialects[way.caller].caller?.answerFromHub(asHub, facts) ?? asHub
}

/** Null where both sides speak alike and the stream passes as it is. */
export function createStreamTranslator({ caller, provider }: Way, facts: StreamFacts): StreamTranslator | null {
  if (caller === provider) return null
  const into = dialects[provider].provider
  const out = dialects[caller].caller
  if (!out) return into?.streamToHub(facts) ?? null
  if (!into) return out.streamFromHub(facts)
  const { tell: _, ...told } = facts
  // usage always crosses the hub: whether the caller is shown it, the second half decides
  return chained(into.streamToHub({ ...facts, includeUsage: true, signsAtOnce: true }), out.streamFromHub(told))
}

/** The first half writes events of the hub, which the second reads again. */
function chained(first: StreamTranslator, second: StreamTranslator): StreamTranslator {
  const passOn = (text: string): string => {
    let out = ''
    for (const data of dataOf(text)) out += second.push({ event: undefined, data })
    return out
  }
  return {
    push: (event) => passOn(first.push(event)),
    end: () => passOn(first.end()) + second.end(),
    state: () => (first.state() === 'failed' ? 'failed' : second.state()),
    failure: () => first.failure() ?? second.failure(),
    sequence: () => second.sequence?.() ?? 0,
  }
}

/** The payloads of events written by this gateway, each on one line. */
function* dataOf(text: string): Generator<string> {
  let from = text.indexOf(prefix)
  while (from >= 0) {
    const end = text.indexOf('\n', from)
    yield text.slice(from + prefix.length, end < 0 ? undefined : end)
    if (end < 0) return
    // an event ends with an empty line, so the next one begins two signs on
    from = text.startsWith(prefix, end + 2) ? end + 2 : -1
  }
}

const prefix = 'data: '
