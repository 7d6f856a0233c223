import { expect, test } from 'vitest'
import { lifetimeOf, lifetimeText, secondsOf } from './lifetime.ts'

test('a lifetime is shown in the largest unit that keeps it whole, and comes back the same', () => {
  const shown = [1, 90, 600, 3_600, 5_400, 86_400, 2_592_000]
  expect(shown.map(lifetimeText)).toEqual(['1 s', '90 s', '10 min', '1 h', '90 min', '1 d', '30 d'])
  const back = shown.map((seconds) => {
    const { amount, unit } = lifetimeOf(seconds)
    return secondsOf(amount, unit)
  })
  expect(back).toEqual(shown)
})
