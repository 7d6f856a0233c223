/** Memory for lines on their way to the file and to the ledger. `holders` counts who still needs the bytes. */
export type Chunk = { readonly bytes: Buffer; used: number; holders: number }

const chunkBytes = 256 << 10
const spareMax = 32

/** Chunks are used again: fresh memory for every batch would be zeroed by the kernel and counted by the collector. */
export const createChunks = () => {
  const spare: Buffer[] = []
  let current: Chunk | null = null

  const recycle = ({ bytes, holders }: Chunk) => {
    if (holders === 0 && bytes.length === chunkBytes && spare.length < spareMax) spare.push(bytes)
  }

  return {
    /** An empty chunk with room for this much; the one before it is full. */
    take(bytesMin: number): Chunk {
      const full = current
      const bytes = bytesMin > chunkBytes ? undefined : spare.pop()
      current = { bytes: bytes ?? Buffer.allocUnsafeSlow(Math.max(bytesMin, chunkBytes)), used: 0, holders: 0 }
      if (full) recycle(full)
      return current
    },
    hold(chunk: Chunk): void {
      chunk.holders++
    },
    release(chunk: Chunk): void {
      chunk.holders--
      if (chunk !== current) recycle(chunk)
      // the chunk in use starts over once nobody needs what stands in it
      else if (chunk.holders === 0) chunk.used = 0
    },
  }
}
