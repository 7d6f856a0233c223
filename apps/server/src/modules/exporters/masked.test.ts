import { expect, test } from 'vitest'
import { masked } from './masked.ts'

test.each([
  ['Write to ada.lovelace+ai@mail.example.co.uk today', 'Write to [email] today'],
  ['the card 4111 1111 1111 1111 is mine', 'the card [card] is mine'],
  ['IBAN DE89 3704 0044 0532 0130 00, please', 'IBAN [iban], please'],
  ['call +49 (30) 1234567 now', 'call [phone] now'],
  ['key sk-proj-abcdefghijklmnopqrstuv', 'key [key]'],
  [`Bearer eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)}`, 'Bearer [token]'],
])('%s', (text, without) => {
  expect(masked(text)).toBe(without)
})

test.each(['order 1234567890123456', 'in 2026 there were 400 000 keys', 'a + b = 12', 'x@y', 'version 1.2.3'])(
  '%s stays as it is',
  (text) => {
    expect(masked(text)).toBe(text)
  },
)

test('a long text of any kind is masked in time that grows with it, and not faster', () => {
  for (const piece of ['a', '1', '1 ', 'a@', '+1 ', 'sk-', 'eyJa', 'DE89 ', 'a.b@c.']) {
    const from = performance.now()
    masked(piece.repeat(200_000 / piece.length))
    expect(performance.now() - from, piece).toBeLessThan(2_000)
  }
})
