import type { ProviderKind, ProviderOptions } from '@cockpit/contract/providers'
import type { CallerDialectId, Continues, DialectId, Fit } from '../dialects/index.ts'
import type { Authorize } from './signing/authorizer.ts'

export const mediaOperations = ['images', 'image_edits', 'speech', 'transcriptions', 'translations', 'rerank'] as const
/** Calls whose matter is not text, or that answer with something else. */
export type MediaOperation = (typeof mediaOperations)[number]
type TextOperation = 'chat' | 'embeddings' | 'count_tokens' | 'moderations'
/** Tools are called elsewhere; what only its provider understands is none of these. */
export type Operation = TextOperation | MediaOperation | 'realtime' | 'mcp.tool' | 'pass_through'

const media: ReadonlySet<string> = new Set(mediaOperations)
export const isMedia = (operation: Operation): operation is MediaOperation => media.has(operation)

/** A kind of model API, as a value. */
export type Provider = {
  readonly id: ProviderKind
  readonly dialect: DialectId
  /** Where it takes calls of other dialects as they are, from callers who speak them. */
  readonly alsoSpeaks?: Readonly<Partial<Record<CallerDialectId, string>>>
  /** Where to call when the connection names no address. */
  readonly baseUrl: string | null
  /** Appended to the base URL; null for what it cannot do. `{model}` stands for the name of the model. */
  readonly paths: Readonly<Record<TextOperation, string | null>>
  /** The same for pictures, sounds and searches, from callers of OpenAI's dialect. Two slashes begin at the root of the host. */
  readonly media?: Readonly<Partial<Record<MediaOperation, string>>>
  /** Where sessions are opened; absent where there are none. */
  readonly realtime?: string | null
  /** Where streams of chat are asked for, when not at the same place. */
  readonly streamPath?: string
  /** Where its paths take no query of the caller's: an unknown word in it would be refused. */
  readonly refusesQueries?: true
  readonly credentials: (secret: string | null) => readonly string[]
  /** Where a credential is no header: signs each request, or fetches a token. */
  readonly authorize?: Authorize
  /** Headers of the caller that mean something to the provider; no other ever reaches it. */
  readonly forwards: readonly string[]
  /** Sent unless the caller sent its own. */
  readonly defaults: Readonly<Record<string, string>>
  /** The word it takes for the output limit when a request is translated to it. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** How requests must change that are in its dialect already; absent where it takes all of it. */
  readonly fit?: Fit
  /** How it goes on with an answer that broke off; absent where it begins each answer anew, or nobody knows. */
  readonly continues?: Continues
  /** What it is for a connection with such options. */
  readonly withOptions?: (options: ProviderOptions) => Provider
}

/** In which dialect a provider is called for a caller. */
export const spokenTo = ({ dialect, alsoSpeaks }: Provider, caller: CallerDialectId): DialectId =>
  alsoSpeaks?.[caller] === undefined ? dialect : caller

/** The path for one call, without that of the base URL. */
export const pathFor = (
  provider: Provider,
  { operation, stream, dialect }: { operation: Operation; stream: boolean; dialect: CallerDialectId },
  upstreamModel: string,
): string | null => {
  const { streamPath, alsoSpeaks, paths } = provider
  const chat = alsoSpeaks?.[dialect] ?? (stream ? (streamPath ?? paths.chat) : paths.chat)
  const path = operation === 'chat' ? chat : pathOf(provider, operation)
  return path?.includes(modelPlace) ? path.replace(modelPlace, () => segmentOf(upstreamModel)) : path
}

/** Where an operation is asked for; null for what the provider cannot do. */
export const pathOf = ({ paths, media, realtime }: Provider, operation: Operation): string | null =>
  isMedia(operation)
    ? (media?.[operation] ?? null)
    : operation === 'realtime'
      ? (realtime ?? null)
      : operation === 'mcp.tool' || operation === 'pass_through'
        ? null
        : paths[operation]

const modelPlace = '{model}'

/** A version stands behind `@` in some names, which a path may have as it is. */
const segmentOf = (model: string): string => encodeURIComponent(model).replaceAll('%40', '@')
