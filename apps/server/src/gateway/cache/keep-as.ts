/** What a call knows of the cache. */
import type { Usage } from '../dialects/index.ts'
import type { AnswerName } from '../ports.ts'

export type Pieces = {
  readonly bytesMax: number
  /** A stream as it passes; null once it is too long. */
  pieces: Buffer[] | null
  bytes: number
}

/** Where the answer of a call will be kept. */
export type KeepAs = Pieces & {
  readonly name: AnswerName
  readonly ttlMs: number
  readonly outputLimit: number | null
  /** By what it will be found for questions that mean the same; null where it will not be. */
  readonly question: { readonly frame: string; readonly vector: Promise<Float32Array | null> } | null
}
/** Of a call that was answered from here. */
export type CacheHit = {
  usage: Usage
  ageSeconds: number
  ruleId: string
  /** How near the question was that this answers; null where it was the same. */
  similarity: number | null
}

/** Remembers a piece of a stream that may be kept. */
export const remember = (keepAs: Pieces, bytes: Buffer): void => {
  if (!keepAs.pieces) return
  keepAs.bytes += bytes.length
  if (keepAs.bytes > keepAs.bytesMax) keepAs.pieces = null
  else keepAs.pieces.push(Buffer.from(bytes))
}

/** What came of an attempt that failed before its caller read of it. */
export const forget = (keepAs: Pieces): void => {
  keepAs.pieces = []
  keepAs.bytes = 0
}
