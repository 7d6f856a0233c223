import { decimalOf, microsOf } from '@cockpit/contract/money'
import { type Prices, picosOf, type SlicePrice } from '@cockpit/contract/prices'
import { costOf } from '@cockpit/policy'
import { array, assert, constantFrom, integer, option, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { derivePrice } from './price.ts'

const prices = { input: '2.5', output: '10', cachedInput: '1.25', cacheWrite: null, reasoning: null }
const tokens = { input: 10, cachedInput: 4, cacheWrite: 0, output: 7, reasoning: 2, source: 'reported' as const }

test('each kind of token has its line, with the rate it is billed by', () => {
  const { lines, sum, cost } = derivePrice({ tokens }, prices)
  expect(lines).toEqual([
    { what: 'input', quantity: 10, rate: '2.5', isPiece: false, note: null, as: null, usd: '0.000025' },
    { what: 'cachedInput', quantity: 4, isPiece: false, note: null, rate: '1.25', as: null, usd: '0.000005' },
    { what: 'output', quantity: 5, isPiece: false, note: null, rate: '10', as: null, usd: '0.00005' },
    { what: 'reasoning', quantity: 2, isPiece: false, note: null, rate: '10', as: 'output', usd: '0.00002' },
  ])
  expect({ sum, cost }).toEqual({ sum: '0.0001', cost: '0.0001' })
})

test('a part of a micro-dollar is rounded up', () => {
  const { sum, cost } = derivePrice(
    { tokens: { ...tokens, cachedInput: 0, output: 0, reasoning: 0, input: 1 } },
    { ...prices, input: '0.1' },
  )
  expect({ sum, cost }).toEqual({ sum: '0.0000001', cost: '0.000001' })
})

const count = integer({ min: 0, max: 3_000_000 })
const rate = constantFrom('0', '0.000001', '0.1', '2.5', '75')
const rates = {
  input: rate,
  output: rate,
  cachedInput: option(rate),
  cacheWrite: option(rate),
  reasoning: option(rate),
  cacheWrite1h: option(rate),
  audioInput: option(rate),
  audioOutput: option(rate),
}
const piece = constantFrom('0', '0.04', '0.000015', '0.000000000001', '12')
const named = option(constantFrom('1024x1024', 'hd'))
const service = constantFrom(null, 'batch' as const, 'flex' as const, 'priority' as const)
const priced = record({
  ...rates,
  tiers: array(record({ service, aboveTokens: constantFrom(0, 128_000, 2_000_000), ...rates }), { maxLength: 4 }),
  units: record({ audio_second: piece, request: piece, image: piece }),
  images: array(record({ size: named, quality: named, price: piece }), { maxLength: 4 }),
})
const picture = record({ size: named, quality: named, quantity: count })

test('the derivation comes to what the gateway bills, by whatever is priced', () => {
  assert(
    property(
      record({ input: count, cachedInput: count, cacheWrite: count, output: count, reasoning: count }),
      record({ cacheWrite1h: count, audioInput: count, audioOutput: count }),
      record({ seconds: count, pictures: array(picture, { maxLength: 2 }) }),
      priced,
      service,
      (used, special, { seconds, pictures }, prices, asked) => {
        const units = [
          { unit: 'request' as const, quantity: 1 },
          { unit: 'audio_second' as const, quantity: seconds },
          ...pictures.map(({ size, quality, quantity }) => ({
            unit: 'image' as const,
            quantity,
            ...(size && { size }),
            ...(quality && { quality }),
          })),
        ]
        const billed = costOf(sliceOf(prices), { ...used, ...special }, { service: asked, units })
        const told = [
          ...units,
          { unit: 'cache_write_1h_token' as const, quantity: special.cacheWrite1h },
          { unit: 'audio_input_token' as const, quantity: special.audioInput },
          { unit: 'audio_output_token' as const, quantity: special.audioOutput },
        ]
        const tokens = { ...used, source: 'reported' as const }
        expect(derivePrice({ tokens, units: told, service: asked }, prices).cost).toBe(decimalOf(billed))
      },
    ),
  )
})

/** As the gateway gets it: every rate there, in pico-dollars. */
const sliceOf = ({ tiers = [], units = {}, images = [], ...plain }: Prices): SlicePrice => ({
  version: 1,
  effectiveFrom: 0,
  ...ratesOf(plain),
  tiers: tiers.map((tier) => ({ service: tier.service, aboveTokens: tier.aboveTokens, ...ratesOf(tier) })),
  units: Object.fromEntries(Object.entries(units).map(([unit, each]) => [unit, Number(picosOf(each))])),
  images: images.map((one) => ({ ...one, price: Number(picosOf(one.price)) })),
})
const ratesOf = (plain: Omit<Prices, 'tiers' | 'units' | 'images'>) => {
  const pico = (own: string | null | undefined, other: string) => Number(microsOf(own ?? other))
  return {
    input: pico(plain.input, '0'),
    output: pico(plain.output, '0'),
    cachedInput: pico(plain.cachedInput, plain.input),
    cacheWrite: pico(plain.cacheWrite, plain.input),
    reasoning: pico(plain.reasoning, plain.output),
    ...(plain.cacheWrite1h && { cacheWrite1h: pico(plain.cacheWrite1h, '0') }),
    ...(plain.audioInput && { audioInput: pico(plain.audioInput, '0') }),
    ...(plain.audioOutput && { audioOutput: pico(plain.audioOutput, '0') }),
  }
}
