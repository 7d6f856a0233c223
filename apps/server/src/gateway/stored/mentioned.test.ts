import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mentions } from './mentioned.ts'

test('a name is found wherever it stands in quotes, and nowhere else', () => {
  const piece = fc.constantFrom('"', '_', 'file', '_id', 'file_id', '"file_id"', '"store"', 'store', 'ü', ' ', '\\')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('file_id', 'store'), (pieces, name) => {
      const body = Buffer.from(pieces.join(''))
      expect(mentions(name)(body)).toBe(body.includes(`"${name}"`))
    }),
    { numRuns: 2_000 },
  )
})
