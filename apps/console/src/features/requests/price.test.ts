import { decimalOf, microsOf } from '@cockpit/contract/money'
import { costOf } from '@cockpit/policy'
import { assert, constantFrom, integer, option, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { derivePrice } from './price.ts'

const prices = { input: '2.5', output: '10', cachedInput: '1.25', cacheWrite: null, reasoning: null }
const tokens = { input: 10, cachedInput: 4, cacheWrite: 0, output: 7, reasoning: 2, source: 'reported' as const }

test('each kind of token has its line, with the rate it is billed by', () => {
  const { lines, sum, cost } = derivePrice(tokens, prices)
  expect(lines).toEqual([
    { what: 'input', tokens: 10, rate: '2.5', as: null, usd: '0.000025' },
    { what: 'cachedInput', tokens: 4, rate: '1.25', as: null, usd: '0.000005' },
    { what: 'output', tokens: 5, rate: '10', as: null, usd: '0.00005' },
    { what: 'reasoning', tokens: 2, rate: '10', as: 'output', usd: '0.00002' },
  ])
  expect({ sum, cost }).toEqual({ sum: '0.0001', cost: '0.0001' })
})

test('a part of a micro-dollar is rounded up', () => {
  const { sum, cost } = derivePrice(
    { ...tokens, cachedInput: 0, output: 0, reasoning: 0, input: 1 },
    { ...prices, input: '0.1' },
  )
  expect({ sum, cost }).toEqual({ sum: '0.0000001', cost: '0.000001' })
})

test('the derivation comes to what the gateway bills', () => {
  const count = integer({ min: 0, max: 3_000_000 })
  const rate = constantFrom('0', '0.000001', '0.1', '2.5', '75')
  assert(
    property(
      record({ input: count, cachedInput: count, cacheWrite: count, output: count, reasoning: count }),
      record({
        input: rate,
        output: rate,
        cachedInput: option(rate),
        cacheWrite: option(rate),
        reasoning: option(rate),
      }),
      (used, rates) => {
        const pico = (own: string | null, other: string) => Number(microsOf(own ?? other))
        const billed = costOf(
          {
            version: 1,
            effectiveFrom: 0,
            input: pico(rates.input, rates.input),
            output: pico(rates.output, rates.output),
            cachedInput: pico(rates.cachedInput, rates.input),
            cacheWrite: pico(rates.cacheWrite, rates.input),
            reasoning: pico(rates.reasoning, rates.output),
          },
          used,
        )
        expect(derivePrice({ ...used, source: 'reported' }, rates).cost).toBe(decimalOf(billed))
      },
    ),
  )
})
