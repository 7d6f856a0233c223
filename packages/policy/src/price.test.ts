import type { SlicePrice } from '@cockpit/contract/snapshot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costOf, creditsOf, priceAt, worstCase } from './price.ts'

const price: SlicePrice = {
  version: 1,
  effectiveFrom: 0,
  input: 2_500_000,
  output: 10_000_000,
  cachedInput: 1_250_000,
  cacheWrite: 3_125_000,
  reasoning: 10_000_000,
}
const none = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 }

describe('prices', () => {
  test('a million input and a million output tokens cost what the price list says', () => {
    expect(costOf(price, { ...none, input: 1_000_000 })).toBe(2_500_000n)
    expect(costOf(price, { ...none, output: 1_000_000 })).toBe(10_000_000n)
    expect(costOf(price, { ...none, cachedInput: 1_000_000, cacheWrite: 1_000_000 })).toBe(4_375_000n)
  })
  test('one token is billed, not rounded away; no tokens cost nothing', () => {
    expect(costOf({ ...price, input: 1 }, { ...none, input: 1 })).toBe(1n)
    expect(costOf(price, none)).toBe(0n)
  })
  test('reasoning tokens are part of the output and billed once, at their own rate', () => {
    const dear = { ...price, reasoning: 20_000_000 }
    expect(costOf(dear, { ...none, output: 100, reasoning: 40 })).toBe(1_400n)
    expect(costOf(dear, { ...none, output: 10, reasoning: 99 })).toBe(200n)
  })
  test('credits are the cost times the factor, rounded up', () => {
    expect(creditsOf(1_000_000n, '1')).toBe(1_000_000n)
    expect(creditsOf(10n, '1.25')).toBe(13n)
    expect(creditsOf(0n, '5')).toBe(0n)
    expect(creditsOf(1n, '0.0001')).toBe(1n)
  })
  test('the price in force is the newest that has begun', () => {
    const versions = [price, { ...price, version: 2, effectiveFrom: 100 }, { ...price, version: 3, effectiveFrom: 200 }]
    expect(priceAt(versions, 150)?.version).toBe(2)
    expect(priceAt(versions, 200)?.version).toBe(3)
    expect(priceAt([{ ...price, effectiveFrom: 10 }], 9)).toBeNull()
  })
  test('the worst case is never below what a call within its bounds costs, and sums are exact beyond 2^53', () => {
    const tokens = fc.integer({ min: 0, max: 2_000_000_000 })
    const rate = fc.integer({ min: 0, max: 1_000_000_000_000 })
    fc.assert(
      fc.property(
        tokens,
        tokens,
        fc.record({ input: rate, output: rate, cacheWrite: rate, reasoning: rate }),
        (input, output, rates) => {
          const any = { ...price, ...rates, cachedInput: Math.min(rates.input, price.cachedInput) }
          const bound = worstCase(any, input, output)
          const half = Math.floor(input / 2)
          expect(
            costOf(any, {
              input: input - half,
              cachedInput: 0,
              cacheWrite: half,
              output,
              reasoning: Math.floor(output / 3),
            }),
          ).toBeLessThanOrEqual(bound)
          const exact = BigInt(input) * BigInt(any.input) + BigInt(output) * BigInt(any.output)
          expect(costOf(any, { ...none, input, output })).toBe((exact + 999_999n) / 1_000_000n)
        },
      ),
    )
  })
})
