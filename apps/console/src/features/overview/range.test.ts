import { expect, test } from 'vitest'
import { rangeOf } from './range.ts'

const now = () => new Date('2026-03-10T12:34:56.789Z')

test('a short range starts on a minute and is compared with the same span before', () => {
  const range = rangeOf({ range: '1h' }, now)
  expect(range.span()).toEqual({ from: '2026-03-10T11:34:00.000Z' })
  expect(range.before()).toEqual({ from: '2026-03-10T10:34:00.000Z', to: '2026-03-10T11:34:00.000Z' })
  expect(range.link).toBe('range=1h')
})

test('a long range starts on an hour, as its sums are kept by the hour', () => {
  expect(rangeOf({ range: '7d' }, now).span().from).toBe('2026-03-03T12:00:00.000Z')
})

test('two moments keep their end', () => {
  const range = rangeOf({ from: '2026-03-01T00:00:00.000Z', to: '2026-03-01T06:00:00.000Z' }, now)
  expect(range.span()).toEqual({ from: '2026-03-01T00:00:00.000Z', to: '2026-03-01T06:00:00.000Z' })
  expect(range.before()).toEqual({ from: '2026-02-28T18:00:00.000Z', to: '2026-03-01T00:00:00.000Z' })
})
