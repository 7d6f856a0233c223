import type { SlicePrice } from '@cockpit/contract/snapshot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BilledTokens,
  type BilledUnit,
  type Billing,
  costOf,
  creditsOf,
  isPriced,
  priceAt,
  unpricedUnit,
  worstCase,
} from './price.ts'
import { holdFor } from './steps.ts'

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

  const million = { ...none, input: 1_000_000 }
  const tiered: SlicePrice = {
    ...price,
    tiers: [
      { ...price, service: null, aboveTokens: 200_000, input: 5_000_000, output: 15_000_000 },
      { ...price, service: 'batch', aboveTokens: 0, input: 1_250_000, output: 5_000_000 },
      { ...price, service: 'batch', aboveTokens: 200_000, input: 2_500_000, output: 7_500_000 },
      { ...price, service: 'priority', aboveTokens: 0, input: 4_000_000, output: 16_000_000 },
    ],
  }

  test('a prompt at the border of a tier is billed by the rates below it, one token more by those above', () => {
    expect(costOf(tiered, { ...none, input: 200_000, output: 1_000 })).toBe(510_000n)
    expect(costOf(tiered, { ...none, input: 200_001, output: 1_000 })).toBe(1_015_005n)
    // tokens from a cache lengthen the prompt like any other
    expect(costOf(tiered, { ...none, cachedInput: 200_000, input: 1 })).toBe(250_005n)
  })
  test('a service tier has its own rates, and of those the ones of the length', () => {
    expect(costOf(tiered, { ...none, input: 100_000 }, { service: 'batch' })).toBe(125_000n)
    expect(costOf(tiered, { ...none, input: 400_000 }, { service: 'batch' })).toBe(1_000_000n)
    expect(costOf(tiered, million, { service: 'priority' })).toBe(4_000_000n)
    // cheaper ones without a price of their own are billed as usual, never below
    expect(costOf(tiered, { ...none, input: 100_000 }, { service: 'flex' })).toBe(250_000n)
  })
  test('to be served first without a price for it is refused, unless all is free', () => {
    expect(isPriced(price, { service: 'priority' })).toBe(false)
    expect(isPriced(tiered, { service: 'priority' })).toBe(true)
    expect(isPriced({ ...price, input: 0, output: 0 }, { service: 'priority' })).toBe(true)
    expect(isPriced(price, { service: 'flex' })).toBe(true)
  })
  test('tokens that are heard, spoken or kept for an hour are billed once, at their own rate or the plain one', () => {
    const special = { ...price, audioInput: 40_000_000, audioOutput: 80_000_000, cacheWrite1h: 5_000_000 }
    const used = { ...none, input: 100, audioInput: 40, cacheWrite: 10, cacheWrite1h: 4, output: 50, audioOutput: 20 }
    expect(costOf(special, used)).toBe(150n + 1_600n + 19n + 20n + 300n + 1_600n)
    expect(costOf(price, used)).toBe(costOf(price, { ...none, input: 100, cacheWrite: 10, output: 50 }))
  })
  test('a picture costs what its size and quality do, the dearest that may be meant where they are not named', () => {
    const pictures: SlicePrice = {
      ...price,
      units: { image: 20_000_000_000 },
      images: [
        { size: '1024x1024', quality: 'hd', price: 80_000_000_000 },
        { size: '1024x1024', quality: null, price: 40_000_000_000 },
        { size: '1792x1024', quality: 'hd', price: 120_000_000_000 },
      ],
    }
    const two = (size?: string, quality?: string) =>
      costOf(pictures, none, {
        units: [{ unit: 'image', quantity: 2, ...(size && { size }), ...(quality && { quality }) }],
      })
    expect(two('1024x1024', 'hd')).toBe(160_000n)
    expect(two('1024x1024', 'low')).toBe(80_000n)
    expect(two('512x512', 'low')).toBe(40_000n)
    expect(two('1024x1024')).toBe(160_000n)
    expect(two()).toBe(240_000n)
  })
  test('what has no price of its unit is named, and nothing is held for it', () => {
    const units = [
      { unit: 'request' as const, quantity: 1 },
      { unit: 'audio_second' as const, quantity: 3 },
    ]
    expect(unpricedUnit(price, units)).toBe('request')
    const some = { ...price, units: { request: 0 } }
    expect(unpricedUnit(some, units)).toBe('audio_second')
    expect(holdFor({ price: some, factor: '1', model: null }, 1, 1, { units })).toBeNull()
    const all = { ...price, units: { request: 5_000_000_000, audio_second: 100_000_000 } }
    expect(unpricedUnit(all, units)).toBeNull()
    expect(holdFor({ price: all, factor: '1', model: null }, 0, 0, { units })).toBe(5_300n)
  })
  test('what is held covers what is billed, whatever is priced and however it is served, and sums are exact', () => {
    const count = fc.integer({ min: 0, max: 300_000 })
    const rate = fc.integer({ min: 0, max: 100_000_000 })
    const rates = {
      ...{ input: rate, output: rate, cachedInput: rate, cacheWrite: rate, reasoning: rate },
      ...{ cacheWrite1h: rate, audioInput: rate, audioOutput: rate },
    }
    const service = fc.constantFrom(null, 'batch' as const, 'flex' as const, 'priority' as const)
    const borders = fc.constantFrom(0, 1_000, 128_000, 200_000)
    const word = fc.option(fc.constantFrom('hd', '1024x1024'))
    const anyPrice = fc.record({
      version: fc.constant(1),
      effectiveFrom: fc.constant(0),
      ...rates,
      tiers: fc.array(fc.record({ service, aboveTokens: borders, ...rates }), { maxLength: 6 }),
      units: fc.record({ audio_second: rate, image: rate, search: rate }),
      images: fc.array(fc.record({ size: word, quality: word, price: rate }), { maxLength: 5 }),
    })
    const tokens = fc.record({
      ...{ input: count, cachedInput: count, cacheWrite: count, output: count, reasoning: count },
      ...{ cacheWrite1h: count, audioInput: count, audioOutput: count },
    })
    fc.assert(
      fc.property(
        anyPrice,
        tokens,
        service,
        fc.boolean(),
        count,
        word,
        (rated, used, asked, downgraded, pieces, size) => {
          const picture = { unit: 'image' as const, quantity: pieces, ...(size && { size }) }
          const seconds = { unit: 'audio_second' as const, quantity: pieces }
          const hold = worstCase(rated, used.input + used.cachedInput + used.cacheWrite, used.output, {
            service: asked,
            units: [picture, seconds],
          })
          // who asked to be served otherwise may still be served as usual, and the answer tells which picture it is
          const served = { service: downgraded ? null : asked, units: [{ ...picture, quality: 'hd' }, seconds] }
          const cost = costOf(rated, used, served)
          expect(cost).toBeLessThanOrEqual(hold)
          expect(cost).toBe(slowly(rated, used, served))
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The same in the plainest words: every token by itself would be too slow, so each kind, in integers all the way. */
const slowly = (rated: SlicePrice, used: Required<BilledTokens>, { service, units }: Required<Billing>): bigint => {
  const length = used.input + used.cachedInput + used.cacheWrite
  const fits = (rated.tiers ?? []).filter(({ aboveTokens }) => aboveTokens === 0 || length > aboveTokens)
  const mine = fits.filter((tier) => tier.service !== null && tier.service === service)
  const among = mine.length > 0 ? mine : fits.filter((tier) => tier.service === null)
  const highest = Math.max(...among.map(({ aboveTokens }) => aboveTokens))
  const rates = among.find(({ aboveTokens }) => aboveTokens === highest) ?? rated
  const reasoning = Math.min(used.reasoning, used.output)
  const spoken = Math.min(used.audioOutput, used.output - reasoning)
  const heard = Math.min(used.audioInput, used.input)
  const hour = Math.min(used.cacheWrite1h, used.cacheWrite)
  const parts: [number, number][] = [
    [used.input - heard, rates.input],
    [heard, rates.audioInput ?? rates.input],
    [used.cachedInput, rates.cachedInput],
    [used.cacheWrite - hour, rates.cacheWrite],
    [hour, rates.cacheWrite1h ?? rates.cacheWrite],
    [used.output - reasoning - spoken, rates.output],
    [spoken, rates.audioOutput ?? rates.output],
    [reasoning, rates.reasoning],
  ]
  const picos = parts.reduce((sum, [tokens, pico]) => sum + BigInt(tokens) * BigInt(pico), 0n)
  const pieces = costOf({ ...rated, tiers: [] }, none, { units: units ?? [] })
  // pieces are exact by the tests above; both are summed before they are rounded
  const exactPieces =
    BigInt(units?.[0]?.quantity ?? 0) * pictureRate(rated, units?.[0]) +
    BigInt(units?.[1]?.quantity ?? 0) * BigInt(rated.units?.audio_second ?? 0)
  expect(pieces).toBe((exactPieces + 999_999n) / 1_000_000n)
  return (picos + exactPieces + 999_999n) / 1_000_000n
}

const pictureRate = (rated: SlicePrice, one: BilledUnit | undefined): bigint =>
  one === undefined ? 0n : costOf({ ...rated, tiers: [] }, none, { units: [{ ...one, quantity: 1_000_000 }] })
