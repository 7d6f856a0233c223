/** A chunked body of a provider, cut by the network and written by servers of any quality. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkedDecoder } from './chunked.ts'
import { parseHead, WireError } from './head.ts'

type Read = { data: string; done: boolean; rest: string; refused: boolean }

const read = (pieces: readonly Buffer[]): Read => {
  const decoder = new ChunkedDecoder()
  const out: Buffer[] = []
  const rest: Buffer[] = []
  let refused = false
  for (const piece of pieces) {
    if (refused) break
    try {
      const { data, next } = decoder.take(piece)
      if (data) out.push(data)
      rest.push(piece.subarray(next))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      refused = true
    }
  }
  const text = (parts: Buffer[]) => Buffer.concat(parts).toString('latin1')
  return { data: text(out), done: decoder.done, rest: text(rest), refused }
}
const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((to, at) => bytes.subarray(edges[at], to))
}
const body = fc
  .record({
    chunks: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
    extension: fc.constantFrom('', ';a=b', ' ', ';"x"'),
    trailer: fc.constantFrom('', 'X-Sum: 1\r\n', 'A: b\r\nC: d\r\n'),
    capitals: fc.boolean(),
  })
  .map(({ chunks, extension, trailer, capitals }) => {
    const size = (bytes: Uint8Array) => {
      const digits = bytes.length.toString(16)
      return capitals ? digits.toUpperCase() : digits
    }
    return {
      said: Buffer.concat(chunks).toString('latin1'),
      bytes: Buffer.concat([
        ...chunks.flatMap((chunk) => [Buffer.from(`${size(chunk)}${extension}\r\n`), chunk, Buffer.from('\r\n')]),
        Buffer.from(`0\r\n${trailer}\r\n`),
      ]),
    }
  })
const places = fc.array(fc.nat(1_000), { maxLength: 20 })

test('a body says the same wherever it is cut, ends where it ends and leaves what stands behind it', () => {
  fc.assert(
    fc.property(body, places, fc.string({ maxLength: 10 }), ({ said, bytes }, cuts, behind) => {
      const all = Buffer.concat([bytes, Buffer.from(behind, 'latin1')])
      const expected = { data: said, done: true, rest: all.toString('latin1').slice(bytes.length), refused: false }
      expect(read([all])).toEqual(expected)
      expect(read(cutAt(all, cuts))).toEqual(expected)
      expect(read(cutAt(all, [...all.keys()]))).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('a body that is damaged is refused at every split or at none, and never taken for complete before its end', () => {
  fc.assert(
    fc.property(body, fc.nat(), fc.integer({ min: 0, max: 255 }), places, ({ bytes }, place, byte, cuts) => {
      const damaged = Buffer.from(bytes)
      damaged[place % bytes.length] = byte
      const { done, refused } = read([damaged])
      expect(read(cutAt(damaged, cuts))).toMatchObject({ done, refused })
      expect(done && refused).toBe(false)
      expect(read([bytes.subarray(0, bytes.length - 1)]).done).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

test('a head of an answer is read or refused as what it is, whatever stands in it', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    fc.constantFrom(
      'Content-Length: 5',
      'content-length: 6',
      'Transfer-Encoding: chunked',
      'Connection: close',
      'A: b',
    ),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 404', 'HTTP/2 200', ''),
      fc.array(line),
      (first, lines) => {
        try {
          const { framing, headers } = parseHead([first, ...lines].join('\r\n'))
          // two framings at once are two answers in one
          expect(Boolean(headers['transfer-encoding'] && headers['content-length'])).toBe(false)
          if (framing.kind === 'length') expect(framing.length).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      },
    ),
    { numRuns: 1_000 },
  )
})
