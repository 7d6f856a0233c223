import { ModelOffer } from '@cockpit/contract/offers'
import { kindFacts } from '@cockpit/contract/provider-kinds'
import { describe, expect, test } from 'vitest'
import { builtInOffers } from './built-in.ts'

describe('the offers that come with the product', () => {
  test.each(builtInOffers.map((offer) => [`${offer.kind} ${offer.model}`, offer] as const))('%s is one', (_, offer) => {
    expect(ModelOffer.parse(offer)).toEqual(offer)
    const { input, output, cachedInput } = offer.prices
    expect(Number(input)).toBeGreaterThan(0)
    if (offer.capabilities.includes('chat')) expect(Number(output)).toBeGreaterThanOrEqual(Number(input))
    if (cachedInput !== null) expect(Number(cachedInput)).toBeLessThanOrEqual(Number(input))
    if (offer.contextTokens !== null && offer.outputTokensMax !== null)
      expect(offer.outputTokensMax).toBeLessThanOrEqual(offer.contextTokens)
    expect(kindFacts(offer.kind).place).toBe('hosted')
  })

  test('name each model of a provider once, and every provider of the list several', () => {
    const names = builtInOffers.map(({ kind, model }) => `${kind} ${model}`)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(100)
  })
})
