/**
 * Amazon's event stream over raw bytes: frames of a prelude, headers, a payload and two checksums. Boundaries may fall
 * anywhere; what is no such stream fails at once and with a reason, and is never waited for.
 */
import { crc32 } from 'node:zlib'
import type { SseEvent, SseParser } from '../sse.ts'

/** The stream cannot be read any further. */
export class EventStreamBroken extends Error {
  override name = 'EventStreamBroken'
}

const preludeBytes = 12
const checksumBytes = 4
const frameBytesMin = preludeBytes + checksumBytes
/** What Amazon allows is 16 MiB of payload and 128 KiB of headers; nothing of a model comes near. */
const defaultFrameBytesMax = 8 * 1024 * 1024
const headersBytesMax = 128 * 1024

export function createEventStreamParser({ frameBytesMax = defaultFrameBytesMax } = {}): SseParser {
  let held = Buffer.alloc(0)
  let heldBytes = 0

  // The store grows by doubling, so that a frame arriving byte by byte costs its length and not its square.
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

  function push(chunk: Buffer): SseEvent[] {
    hold(chunk)
    const events: SseEvent[] = []
    let at = 0
    for (;;) {
      const bytes = held.subarray(at, heldBytes)
      const length = frameLength(bytes, frameBytesMax)
      if (length === undefined || bytes.length < length) break
      events.push(readFrame(Buffer.from(bytes.subarray(0, length))))
      at += length
    }
    held.copyWithin(0, at, heldBytes)
    heldBytes -= at
    return events
  }

  // half a frame at the end says nothing: the answer it belongs to lacks its end, which its reader notices
  return { push, end: () => [] }
}

/** How long the frame at the beginning is, as soon as its prelude is there and proves right. */
function frameLength(bytes: Buffer, frameBytesMax: number): number | undefined {
  if (bytes.length < preludeBytes) return undefined
  const length = bytes.readUInt32BE(0)
  const headers = bytes.readUInt32BE(4)
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
    throw new EventStreamBroken('The beginning of a frame of the provider’s stream does not match its checksum.')
  if (length > frameBytesMax)
    throw new EventStreamBroken(`One frame of the provider’s stream is larger than ${frameBytesMax} bytes.`)
  if (length < frameBytesMin || headers > headersBytesMax || headers > length - frameBytesMin)
    throw new EventStreamBroken('A frame of the provider’s stream claims an impossible length.')
  return length
}

function readFrame(raw: Buffer): SseEvent {
  const end = raw.length - checksumBytes
  if (crc32(raw.subarray(0, end)) !== raw.readUInt32BE(end))
    throw new EventStreamBroken('A frame of the provider’s stream does not match its checksum.')
  const payloadAt = preludeBytes + raw.readUInt32BE(4)
  const headers = readHeaders(raw.subarray(preludeBytes, payloadAt))
  const data = raw.toString('utf8', payloadAt, end)
  const kind = headers.get(':message-type') ?? 'event'
  if (kind === 'event') return { event: headers.get(':event-type'), data, raw }
  const type = headers.get(kind === 'exception' ? ':exception-type' : ':error-code') ?? kind
  return { event: 'error', data: failureOf(type, headers.get(':error-message'), data), raw }
}

/** An exception in the shape in which every dialect's reader looks for one. */
function failureOf(type: string, said: string | undefined, data: string): string {
  const message = said ?? messageIn(data) ?? `The provider broke off its answer (${type}).`
  return JSON.stringify({ error: { type, message, code: statusOf[type.toLowerCase()] ?? 502 } })
}

const statusOf: Record<string, number> = {
  throttlingexception: 429,
  validationexception: 400,
  modeltimeoutexception: 504,
  modelstreamerrorexception: 502,
  internalserverexception: 500,
  serviceunavailableexception: 503,
}

function messageIn(data: string): string | undefined {
  try {
    const { message, Message, originalMessage } = JSON.parse(data)
    const found = [message, Message, originalMessage].find((text) => typeof text === 'string' && text !== '')
    return found
  } catch {
    return undefined
  }
}

/** Bytes of a value by its type, where they are always the same many; 6 and 7 say it themselves. */
const fixedBytes: Record<number, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const textType = 7
const bytesType = 6

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new EventStreamBroken('The headers of a frame end too early.')
    at += count
    return bytes.subarray(at - count, at)
  }
  while (at < bytes.length) {
    const name = take(take(1).readUInt8()).toString('utf8')
    const type = take(1).readUInt8()
    const sized = type === textType || type === bytesType
    const length = sized ? take(2).readUInt16BE() : fixedBytes[type]
    if (length === undefined) throw new EventStreamBroken(`A header of a frame has the unknown type ${type}.`)
    const value = take(length)
    if (type === textType) headers.set(name, value.toString('utf8'))
  }
  return headers
}
