/** What a language of model APIs must bring to be spoken: as a caller's, as a provider's, or as both. */
import type { ErrorAnswer, GatewayError, UpstreamError } from './errors.ts'
import type { Json } from './json.ts'
import type { SseEvent, SseParser } from './sse.ts'
import type { StreamTranslator } from './translate/stream.ts'
import type { Usage } from './usage.ts'
import type { UsageReader } from './usage-reader.ts'

/** Languages callers may speak. */
export type CallerDialectId = 'openai' | 'anthropic' | 'completions' | 'responses'
export type DialectId = CallerDialectId | 'gemini' | 'bedrock'

/** How its callers are told of answers and failures. */
export type Words = {
  readonly id: DialectId
  readonly requestIdHeader: string
  /** What ends its streams. */
  readonly doneBytes: string
  errorBody(error: GatewayError): ErrorAnswer
  /** After the headers are gone. */
  errorEvent(error: GatewayError): string
}

/** `dropped` names the request's fields that the other dialect has no word for. */
export type TranslatedRequest = { body: Json; dropped: string[] }

export type RequestOptions = {
  /** The provider's name of the model; it also decides which abilities may be used. */
  model: string
  /** The most the model can write, used when the client names no limit and the provider requires one. */
  outputTokensMax?: number | undefined
  /** The word for the output limit, where a provider of the hub's dialect knows only one. */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** Whether the model reasons, where the catalog knows. */
  reasoning?: boolean
  /** On the way over the hub: signed thinking and marks for the cache may be of use to the provider. */
  keepsAll?: boolean
}

/** By what name the caller sees the answer. `id` has no prefix: each dialect puts its own before it. */
export type AnswerFacts = {
  model: string
  id: string
  created: number
  /** Stands in where the provider reports no usage and the dialect wants numbers. */
  estimate?: { inputTokens: number; outputTokens: number }
  /** Embeddings are asked for as base64. */
  base64?: boolean
  /** What was asked, for dialects whose answers repeat it. */
  request?: Json
}

export type StreamFacts = AnswerFacts & {
  /** Whether the caller asked for usage, in dialects that can ask. */
  includeUsage: boolean
  inputTokens: number
  requestId: string
  /** Another translation follows, which wants signed thinking where it stands. */
  signsAtOnce?: boolean
  /** What of a provider's failure may be passed on. */
  tell?: (error: UpstreamError) => UpstreamError
}

/** A caller's side: its requests as the hub says them, the hub's answers as it says them. */
export type FromCaller = {
  requestToHub(request: Json, options: RequestOptions): TranslatedRequest
  answerFromHub(answer: Json, facts: AnswerFacts): Json
  streamFromHub(facts: StreamFacts): StreamTranslator
}

/** A provider's side: the hub's requests as it takes them, its answers as the hub says them. */
export type ToProvider = {
  requestFromHub(request: Json, options: RequestOptions): TranslatedRequest
  answerToHub(answer: Json, facts: AnswerFacts): Json
  streamToHub(facts: StreamFacts): StreamTranslator
  /** Of those that embed. */
  embeddings?: Embedding
}

export type Embedding = {
  requestFromHub(request: Json, options: RequestOptions): TranslatedRequest
  answerToHub(answer: Json, facts: AnswerFacts): Json
}

/** How a provider's answers are read without being translated. */
export type Reading = {
  usageOfAnswer(body: Buffer): Usage | null
  createUsageReader(): UsageReader
  /** How its streams announce themselves, and how they are taken apart. */
  readonly streamType: string
  createParser(): SseParser
  readStreamError(event: SseEvent): UpstreamError | undefined
  /** Whether nothing that matters follows. */
  isLast(event: SseEvent): boolean
  /** Whether a stream that ends after this event is complete although it has no last one; null where each must have one. */
  readonly finishes: ((event: SseEvent, usage: Usage | null) => boolean) | null
}

/**
 * The hub is OpenAI's dialect with the fields other servers have added to it (`reasoning_content`, `thinking_blocks`,
 * `cache_control`): it needs no translation to itself, so both sides of it are null.
 */
export type Dialect = {
  readonly id: DialectId
  readonly caller: FromCaller | null
  readonly provider: ToProvider | null
  readonly reading: Reading
}
