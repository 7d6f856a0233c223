import type { ProviderKind } from '@cockpit/contract/providers'
import type { DialectId } from '../dialects/index.ts'

export type Operation = 'chat' | 'embeddings' | 'count_tokens'

/** A kind of model API, as a value. */
export type Provider = {
  readonly id: ProviderKind
  readonly dialect: DialectId
  /** Where to call when the connection names no address. */
  readonly baseUrl: string | null
  /** Appended to the base URL; null for what it cannot do. */
  readonly paths: Readonly<Record<Operation, string | null>>
  readonly credentials: (secret: string | null) => readonly string[]
  /** Headers of the caller that mean something to the provider; no other ever reaches it. */
  readonly forwards: readonly string[]
  /** Sent unless the caller sent its own. */
  readonly defaults: Readonly<Record<string, string>>
  /** The word it takes for the output limit when a request is translated to it. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
}
