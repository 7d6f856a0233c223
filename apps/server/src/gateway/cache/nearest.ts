/** Questions whose answers are kept, by what they mean: those of one frame, which differ in one text and in nothing else. */

export type Near = { key: string; similarity: number }
type Asked = { key: string; vector: Float32Array; until: number }

type Bounds = {
  bytesMax: number
  /** Of one frame: all of them are looked at each time, which stays below about a millisecond. */
  floatsMax: number
}

export const createNearest = ({ bytesMax, floatsMax }: Bounds) => {
  // a map keeps the order of insertion, so its first frame is the one unused for longest
  const frames = new Map<string, Asked[]>()
  let bytes = 0

  const put = (frame: string, asked: Asked[]) => {
    const before = frames.get(frame) ?? []
    bytes += bytesOf(asked) - bytesOf(before)
    frames.delete(frame)
    if (asked.length > 0) frames.set(frame, asked)
  }

  return {
    /** The nearest one that is still kept; null where there is none. */
    find(frame: string, vector: Float32Array, now: number): Near | null {
      const known = frames.get(frame)
      if (!known) return null
      const kept = known.filter(({ until }) => until > now)
      put(frame, kept)
      let nearest: Near | null = null
      for (const asked of kept) {
        if (asked.vector.length !== vector.length) continue
        const similarity = cosine(asked.vector, vector)
        if (similarity > (nearest?.similarity ?? -1)) nearest = { key: asked.key, similarity }
      }
      return nearest
    },
    keep(frame: string, asked: Asked): void {
      const others = (frames.get(frame) ?? []).filter(({ key }) => key !== asked.key)
      const room = Math.max(0, Math.floor(floatsMax / asked.vector.length) - 1)
      put(frame, [...others.slice(Math.max(0, others.length - room)), asked])
      for (const oldest of frames.keys()) {
        if (bytes <= bytesMax) break
        put(oldest, [])
      }
    },
    /** Its answer is kept no more. */
    drop(frame: string, gone: string): void {
      put(
        frame,
        (frames.get(frame) ?? []).filter(({ key }) => key !== gone),
      )
    },
    size: () => ({ questions: [...frames.values()].reduce((sum, { length }) => sum + length, 0), bytes }),
  }
}

/** What an entry costs beside its numbers, roughly. */
const entryBytes = 256
const bytesOf = (asked: readonly Asked[]): number =>
  asked.reduce((sum, { vector }) => sum + vector.byteLength + entryBytes, 0)

const cosine = (one: Float32Array, other: Float32Array): number => {
  let sum = 0
  for (let at = 0; at < one.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0)
  return sum
}

/** Of length one, so that a product is a cosine; null for what has no direction. */
export const unit = (numbers: readonly number[]): Float32Array | null => {
  const length = Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0))
  return Number.isFinite(length) && length > 0 ? Float32Array.from(numbers, (number) => number / length) : null
}
