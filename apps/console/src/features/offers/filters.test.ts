import type { Model } from '@cockpit/contract/models'
import type { ModelOffer } from '@cockpit/contract/offers'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { expect, test } from 'vitest'
import { bandOf } from '../models/narrowing.ts'
import { comparedIn, hasOtherPrice, modelsByOffer, staysUnder } from './filters.ts'

const offer = (differs: Partial<ModelOffer> = {}): ModelOffer => ({
  kind: 'openai',
  model: 'gpt-x',
  displayName: 'GPT X',
  prices: { input: '1.00', output: '5.00', cachedInput: '0.10', cacheWrite: null, reasoning: null },
  dearerWhenLong: false,
  contextTokens: 200_000,
  outputTokensMax: null,
  capabilities: ['chat', 'streaming', 'tools'],
  page: 'https://example.com/prices',
  asOf: '2026-08-06',
  ...differs,
})
const priced = (input: string, output: string) => ({ ...offer().prices, input, output })

test.each([
  ['0.99', 'low'],
  ['1', 'mid'],
  ['4.999', 'mid'],
  ['5', 'high'],
  ['20', 'top'],
] as const)('an offer whose output costs %s is in the band %s', (output, band) => {
  expect(bandOf(offer({ prices: priced('0.01', output) }))).toBe(band)
})

test('embeddings write nothing and go by what is read', () => {
  expect(bandOf(offer({ capabilities: ['embeddings'], prices: priced('2', '0') }))).toBe('mid')
})

test.each([
  [{}, true],
  [{ q: 'GPT x' }, true],
  [{ q: 'claude' }, false],
  [{ kind: 'openai', capability: 'tools', price: 'high', context: '200000' }, true],
  [{ kind: 'groq' }, false],
  [{ capability: 'vision' }, false],
  [{ price: 'low' }, false],
  [{ context: '1000000' }, false],
] as const)('under the filters %o it stays: %s', (search, stays) => {
  expect(staysUnder(search)(offer())).toBe(stays)
})

test('an unknown context passes no filter of contexts', () => {
  expect(staysUnder({ context: '32000' })(offer({ contextTokens: null }))).toBe(false)
})

test('what is compared comes in the order of the address, four at most, and strangers are left out', () => {
  const offers = ['a', 'b', 'c', 'd', 'e'].map((model) => offer({ model }))
  expect(comparedIn('openai:c,groq:a,openai:a', offers).map(({ model }) => model)).toEqual(['c', 'a'])
  expect(comparedIn('openai:a,openai:b,openai:c,openai:d,openai:e', offers)).toHaveLength(4)
  expect(comparedIn(undefined, offers)).toEqual([])
})

test('a model runs on an offer by kind and name together', () => {
  const connections = [
    { id: 'con_1', kind: 'openai' },
    { id: 'con_2', kind: 'groq' },
  ] as ProviderConnection[]
  const on = (connectionId: string, upstreamModel: string) =>
    ({ deployments: [{ connectionId, upstreamModel }] }) as unknown as Model
  const [right, other, stranger] = [on('con_1', 'gpt-x'), on('con_2', 'gpt-x'), on('con_9', 'gpt-x')]
  expect([...modelsByOffer([right, other, stranger], connections)]).toEqual([
    ['openai:gpt-x', right],
    ['groq:gpt-x', other],
  ])
})

test('a price is the same however it is written', () => {
  const model = (prices: object) => ({ price: { prices: { ...offer().prices, ...prices } } }) as Model
  expect(hasOtherPrice(model({ input: '1', output: '5.0' }), offer())).toBe(false)
  expect(hasOtherPrice(model({ cachedInput: null }), offer())).toBe(true)
  expect(hasOtherPrice(model({ output: '5.01' }), offer())).toBe(true)
})
