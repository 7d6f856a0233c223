/** Answers kept in this process: bounded in bytes, the one used least recently goes first. */
import type { Usage } from '../dialects/index.ts'

/** How an answer came: in one piece, or as a stream, with or without its usage. */
export type Form = 'whole' | 'stream' | 'stream_with_usage'
export type Kept = {
  readonly form: Form
  readonly contentType: string
  readonly body: Buffer
  readonly usage: Usage
  readonly at: number
  readonly until: number
}

/** As one piece of bytes, to be kept elsewhere: how long what is told of it is, what is told of it, and the answer. */
export const packed = ({ body, ...told }: Kept): Buffer => {
  const head = Buffer.from(JSON.stringify(told))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length)
  return Buffer.concat([length, head, body])
}

export const unpacked = (bytes: Buffer): Kept => {
  const bodyAt = 4 + bytes.readUInt32BE(0)
  return { ...JSON.parse(bytes.toString('utf8', 4, bodyAt)), body: bytes.subarray(bodyAt) }
}

/** What an entry costs beside its bytes, roughly. */
const entryBytes = 512

export const createAnswerStore = ({ bytesMax }: { bytesMax: number }) => {
  // a map keeps the order of insertion, so its first entry is the one unused for longest
  const entries = new Map<string, Kept>()
  let bytes = 0

  const drop = (key: string, kept: Kept) => {
    entries.delete(key)
    bytes -= kept.body.length + entryBytes
  }

  return {
    find(key: string, now: number): Kept | null {
      const kept = entries.get(key)
      if (!kept) return null
      if (kept.until <= now) {
        drop(key, kept)
        return null
      }
      entries.delete(key)
      entries.set(key, kept)
      return kept
    },
    keep(key: string, kept: Kept): void {
      const size = kept.body.length + entryBytes
      if (size > bytesMax) return
      const before = entries.get(key)
      if (before) drop(key, before)
      for (const [oldest, old] of entries) {
        if (bytes + size <= bytesMax) break
        drop(oldest, old)
      }
      entries.set(key, kept)
      bytes += size
    },
    size: () => ({ entries: entries.size, bytes }),
  }
}
