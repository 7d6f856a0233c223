import { expect, it } from 'vitest'
import { formatCompact, formatCredits, formatDuration, formatMoney, formatRelative } from './format.ts'

it('a price below a cent never reads as zero', () => {
  expect(formatMoney('0.000042')).toBe('$0.000042')
  expect(formatMoney('0')).toBe('$0.00')
  expect(formatMoney('1234.5')).toBe('$1,234.50')
})

it('credits keep six places only where they matter', () => {
  expect(formatCredits('0.000001')).toBe('0.000001')
  expect(formatCredits('1234.56789')).toBe('1,234.57')
})

it.each([
  [0, '0 ms'],
  [0.4, '0.40 ms'],
  [999, '999 ms'],
  [1234, '1.23 s'],
  [83_000, '1 min 23 s'],
  [7_260_000, '2 h 1 min'],
])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

it('large counts are compact, small ones exact', () => {
  expect(formatCompact(9_999)).toBe('9,999')
  expect(formatCompact(12_345)).toBe('12.3K')
})

it('times are told from now, in both directions', () => {
  const now = new Date('2026-01-10T12:00:00Z')
  expect(formatRelative('2026-01-10T11:59:58Z', now)).toBe('now')
  expect(formatRelative('2026-01-10T11:55:00Z', now)).toBe('5 min. ago')
  expect(formatRelative('2026-01-13T12:00:00Z', now)).toBe('in 3 days')
})
