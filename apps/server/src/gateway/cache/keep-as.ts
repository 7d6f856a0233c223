/** What a call knows of the cache. */
import type { Usage } from '../dialects/index.ts'

/** Where the answer of a call will be kept. */
export type KeepAs = {
  readonly key: string
  readonly ttlMs: number
  readonly bytesMax: number
  readonly outputLimit: number | null
  /** A stream as it passes; null once it is too long. */
  pieces: Buffer[] | null
  bytes: number
}
/** Of a call that was answered from here. */
export type CacheHit = { usage: Usage; ageSeconds: number; ruleId: string }

/** Remembers a piece of a stream that may be kept. */
export const remember = (keepAs: KeepAs, bytes: Buffer): void => {
  if (!keepAs.pieces) return
  keepAs.bytes += bytes.length
  if (keepAs.bytes > keepAs.bytesMax) keepAs.pieces = null
  else keepAs.pieces.push(Buffer.from(bytes))
}

/** What came of an attempt that failed before its caller read of it. */
export const forget = (keepAs: KeepAs): void => {
  keepAs.pieces = []
  keepAs.bytes = 0
}
