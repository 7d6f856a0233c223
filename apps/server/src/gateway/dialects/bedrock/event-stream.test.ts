import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventFrame, exceptionFrame, frame, framesOf } from '../../../../../../tests/gateway/event-stream.ts'
import { createEventStreamParser, EventStreamBroken } from './event-stream.ts'

const read = (pieces: readonly Buffer[]) => {
  const parser = createEventStreamParser()
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()].map(({ event, data }) => [event, data])
}

const payload = fc.string({ unit: 'grapheme', maxLength: 60 })
const frames = fc.array(fc.tuple(fc.constantFrom('messageStart', 'contentBlockDelta', 'metadata'), payload), {
  minLength: 1,
  maxLength: 6,
})

/** The bytes in pieces, cut at these places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ordered = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return ordered.slice(1).map((to, at) => bytes.subarray(ordered[at] ?? 0, to))
}

describe('an event stream', () => {
  test('reads the same wherever its bytes are cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(4096), { maxLength: 12 }), (entries, places) => {
        const bytes = framesOf(entries)
        const expected = entries.map(([type, value]) => [type, JSON.stringify(value)])
        expect(read(cut(bytes, places))).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('that ends early gives its whole frames and nothing of the broken one', () => {
    fc.assert(
      fc.property(frames, fc.nat(4096), (entries, place) => {
        const bytes = framesOf(entries)
        const part = bytes.subarray(0, place % bytes.length)
        const got = read([part])
        expect(got.length).toBeLessThan(entries.length)
        expect(got).toEqual(entries.slice(0, got.length).map(([type, value]) => [type, JSON.stringify(value)]))
      }),
      { numRuns: 300 },
    )
  })

  test('with one bit turned fails, or waits for bytes it claims and never gives a wrong event', () => {
    fc.assert(
      fc.property(payload, fc.nat(4095), fc.nat(7), (text, place, bit) => {
        const bytes = Buffer.from(eventFrame('contentBlockDelta', text))
        const at = place % bytes.length
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
        expect(() => read([bytes])).toThrow(EventStreamBroken)
      }),
      { numRuns: 500 },
    )
  })

  test('of garbage fails clearly as soon as there is enough to judge', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 300 }), (bytes) => {
        expect(() => read([Buffer.from(bytes)])).toThrow(/checksum|impossible length|larger than/)
      }),
      { numRuns: 300 },
    )
    expect(() => read([Buffer.from('data: {"choices":[]}\n\n')])).toThrow(EventStreamBroken)
  })

  test('whose frame claims to be too large, or smaller than it can be, is not waited for', () => {
    const parser = createEventStreamParser({ frameBytesMax: 100 })
    expect(() => parser.push(eventFrame('x', 'y'.repeat(200)))).toThrow(/larger than 100 bytes/)
    const claims = (total: number, headers: number) => {
      const good = frame({}, '')
      good.writeUInt32BE(total, 0)
      good.writeUInt32BE(headers, 4)
      return good
    }
    expect(() => read([claims(8, 0)])).toThrow(EventStreamBroken)
  })

  test('with headers of every type is read past those it needs not', () => {
    const one = (type: number, value: number[]) => Buffer.from([1, 0x78, type, ...value])
    const sizes = [0, 0, 1, 2, 4, 8]
    const others = [
      ...sizes.map((size, type) => one(type, Array(size).fill(7))),
      one(6, [0, 3, 1, 2, 3]),
      one(8, Array(8).fill(7)),
      one(9, Array(16).fill(7)),
    ]
    const named = { ':message-type': 'event', ':event-type': 'metadata' }
    expect(() => read([frame(named, '{}', one(10, []))])).toThrow(/unknown type 10/)
    expect(() => read([frame({}, '{}', one(7, [1, 0, 1]))])).toThrow(/end too early/)
    expect(read([frame(named, '{}', Buffer.concat(others))])).toEqual([['metadata', '{}']])
  })

  test('tells exceptions by their type, with the status they would have had', () => {
    const [[event, data] = []] = read([exceptionFrame('throttlingException', 'Slow down.')])
    expect(event).toBe('error')
    expect(JSON.parse(data ?? '')).toEqual({
      error: { type: 'throttlingException', message: 'Slow down.', code: 429 },
    })
    const error = frame({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Oh' }, '')
    expect(JSON.parse(read([error])[0]?.[1] ?? '').error).toMatchObject({ message: 'Oh', code: 502 })
  })
})
