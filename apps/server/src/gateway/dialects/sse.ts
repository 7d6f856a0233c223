/** Server-sent events over raw bytes: boundaries and UTF-8 may fall anywhere, and what came in can go out unchanged. */

/** `data` is empty for a block that carried none, such as a comment; `raw` holds its bytes, the ending included. */
export type SseEvent = { event: string | undefined; data: string; raw: Buffer }

export class SseTooLarge extends Error {
  override name = 'SseTooLarge'
}

const LF = 10
const CR = 13
const defaultEventBytesMax = 8 * 1024 * 1024

export type SseParser = { push(chunk: Buffer): SseEvent[]; end(): SseEvent[] }

export function createSseParser({ eventBytesMax = defaultEventBytesMax }: { eventBytesMax?: number } = {}): SseParser {
  let held = Buffer.alloc(0)
  let heldBytes = 0
  let scanned = 0
  let lineStart = 0

  // The store grows by doubling, so that an event arriving byte by byte costs its length and not its square.
  function hold(chunk: Buffer): void {
    const needed = heldBytes + chunk.length
    if (needed > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, held.length * 2, 1024))
      held.copy(grown, 0, 0, heldBytes)
      held = grown
    }
    chunk.copy(held, heldBytes)
    heldBytes = needed
  }

  function scan(bytes: Buffer, length: number, own: boolean): { events: SseEvent[]; used: number } {
    const events: SseEvent[] = []
    let start = 0
    let i = scanned
    for (i = lineEnd(bytes, i, length); i < length; i = lineEnd(bytes, i, length)) {
      // a CR at the very end may be the first half of CRLF: wait for the next byte
      if (bytes[i] === CR && i + 1 === length) break
      const next = bytes[i] === CR && bytes[i + 1] === LF ? i + 2 : i + 1
      if (i === lineStart) {
        refuseOversize(next - start)
        events.push(readBlock(own ? bytes.subarray(start, next) : Buffer.from(bytes.subarray(start, next))))
        start = next
      }
      lineStart = next
      i = next
    }
    scanned = i - start
    lineStart -= start
    return { events, used: start }
  }

  function push(chunk: Buffer): SseEvent[] {
    if (heldBytes === 0) {
      const { events, used } = scan(chunk, chunk.length, true)
      if (used < chunk.length) hold(chunk.subarray(used))
      refuseOversize(heldBytes)
      return events
    }
    hold(chunk)
    const { events, used } = scan(held, heldBytes, false)
    held.copyWithin(0, used, heldBytes)
    heldBytes -= used
    refuseOversize(heldBytes)
    return events
  }

  function refuseOversize(bytes: number): void {
    if (bytes > eventBytesMax) throw new SseTooLarge(`One event of the stream is larger than ${eventBytesMax} bytes.`)
  }

  /** Some servers end without the blank line; what they sent last still counts. */
  function end(): SseEvent[] {
    if (heldBytes === 0) return []
    const last = readBlock(Buffer.from(held.subarray(0, heldBytes)))
    heldBytes = 0
    scanned = 0
    lineStart = 0
    return [last]
  }

  return { push, end }
}

function lineEnd(bytes: Buffer, from: number, length: number): number {
  let i = from
  while (i < length && bytes[i] !== LF && bytes[i] !== CR) i++
  return i
}

function readBlock(raw: Buffer): SseEvent {
  let event: string | undefined
  let data: string | undefined
  for (const line of linesOf(raw)) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    if (field !== 'data' && field !== 'event') continue
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') event = value
    else data = data === undefined ? value : `${data}\n${value}`
  }
  return { event, data: data ?? '', raw }
}

function linesOf(raw: Buffer): string[] {
  const text = raw.toString('utf8')
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  return bare.includes('\r') ? bare.split(/\r\n|\n|\r/) : bare.split('\n')
}

export const encodeEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`

export const encodeData = (data: string): string => `data: ${data}\n\n`
