import { expect, test } from 'vitest'
import { storable } from './storable.ts'

const through = (value: unknown) => JSON.parse(storable(JSON.stringify(value)))

test('what no database takes becomes a replacement sign, and everything else stays', () => {
  expect(through({ 'a\0b': ['\ud83d', 'x\udc00y'] })).toEqual({ 'a\ufffdb': ['\ufffd', 'x\ufffdy'] })
  const fine = ['👩‍👩‍👧', '\\u0000', '\\\\ud800', 'a\\', '\n"\u001f', 'path\\to\\ud83d']
  expect(through(fine)).toEqual(fine)
  expect(through('\\\0')).toBe('\\\ufffd')
})
