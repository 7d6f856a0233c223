/** Writes Amazon's event stream, for tests that play its side. */
import { crc32 } from 'node:zlib'

const textType = 7

const header = (name: string, value: string): Buffer => {
  const [key, text] = [Buffer.from(name), Buffer.from(value)]
  const length = Buffer.alloc(2)
  length.writeUInt16BE(text.length)
  return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([textType]), length, text])
}

/** `more`: headers of other types, as bytes. */
export const frame = (headers: Record<string, string>, payload: string, more = Buffer.alloc(0)): Buffer => {
  const head = Buffer.concat([more, ...Object.entries(headers).map(([name, value]) => header(name, value))])
  const body = Buffer.from(payload)
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + head.length + body.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const whole = Buffer.concat([prelude, head, body])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(whole))
  return Buffer.concat([whole, sum])
}

export const eventFrame = (type: string, payload: unknown): Buffer =>
  frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, JSON.stringify(payload))

export const exceptionFrame = (type: string, message: string): Buffer =>
  frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify({ message }),
  )

/** One frame for each entry: the type of an event and its payload, or `exception:` before the type of an exception. */
export const framesOf = (entries: readonly [type: string, payload: unknown][]): Buffer =>
  Buffer.concat(
    entries.map(([type, payload]) =>
      type.startsWith('exception:')
        ? exceptionFrame(type.slice('exception:'.length), String(payload))
        : eventFrame(type, payload),
    ),
  )
