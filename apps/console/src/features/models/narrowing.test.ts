import type { Model } from '@cockpit/contract/models'
import { expect, test } from 'vitest'
import { staysUnder } from './narrowing.ts'
import { priceSteps } from './price-steps.ts'

const version = (input: string, output: string, at = '2026-01-01T00:00:00.000Z'): Model['price'] => ({
  version: 1,
  prices: { input, output, cachedInput: null, cacheWrite: null, reasoning: null },
  effectiveFrom: at,
  createdAt: at,
  createdBy: 'Ada',
})
const model: Model = {
  id: 'mdl_1',
  ownedBy: 'platform',
  name: 'gpt-x',
  displayName: 'GPT X',
  description: 'For long texts',
  capabilities: ['chat', 'vision'],
  contextTokens: 200_000,
  outputTokensMax: null,
  price: version('1', '7'),
  deployments: [{ connectionId: 'con_1', connectionName: 'Main', upstreamModel: 'x', order: 0 }],
  status: 'active',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
}

test.each([
  [{}, true],
  [{ q: 'LONG', capability: 'vision', connection: 'con_1', price: 'high', context: '200000' }, true],
  [{ connection: 'con_2' }, false],
  [{ capability: 'rerank' }, false],
  [{ price: 'low' }, false],
  [{ context: '1000000' }, false],
])('what the address says narrows the catalog: %j', (search, stays) => {
  expect(staysUnder(search)(model)).toBe(stays)
})

test('a model of unknown context passes no filter of contexts', () => {
  expect(staysUnder({ context: '32000' })({ ...model, contextTokens: null })).toBe(false)
})

test('a price holds until the next one, and what is coming stands at its day', () => {
  const [first, second, third] = ['2026-01-01', '2026-02-01', '2026-04-01'].map((day) => `${day}T00:00:00.000Z`)
  const now = Date.parse('2026-03-01T00:00:00.000Z')
  // newest first, as they are told
  const steps = priceSteps([version('4', '9', third), version('2', '8', second), version('1', '7', first)], now)
  expect(steps.map(({ at, input }) => [new Date(at).toISOString().slice(0, 10), input])).toEqual([
    ['2026-01-01', 1],
    ['2026-01-31', 1],
    ['2026-02-01', 2],
    ['2026-03-31', 2],
    ['2026-04-01', 4],
  ])
  expect(priceSteps([version('1', '7', first)], now).map(({ output }) => output)).toEqual([7, 7])
})
