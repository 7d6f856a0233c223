import type { Key } from '@cockpit/contract/keys'
import type { Model, ModelChain } from '@cockpit/contract/models'
import { expect, it } from 'vitest'
import { effectOf, keysLosing, resolve, sameSet, withModels } from './sets.ts'

const model = (id: string, ownedBy: Model['ownedBy'] = 'platform'): Model => ({
  ...{ id, ownedBy, name: id, displayName: id, description: null, capabilities: ['chat'], status: 'active' },
  ...{ contextTokens: null, outputTokensMax: null, deployments: [], createdAt: '', updatedAt: '' },
  price: {
    ...{ version: 1, effectiveFrom: '', createdAt: '', createdBy: '' },
    prices: { input: '1', output: '2', cachedInput: null, cacheWrite: null, reasoning: null },
  },
})
const chain: ModelChain = {
  eligibility: { mode: 'list', modelIds: ['a', 'b'] },
  selection: { mode: 'all', modelIds: [] },
  items: [model('a'), model('b'), model('c'), model('own', 'account')].map((one) => ({
    ...{ model: one, eligible: false, selected: false, effective: false, reason: '' },
  })),
}
const key = (name: string, models: string[] | null) => ({ name, models }) as Key

it('taking one model out of "all" keeps the others and not the ones to come', () => {
  expect(withModels({ mode: 'all', modelIds: [] }, ['b'], false, ['a', 'b', 'own'])).toEqual({
    mode: 'list',
    modelIds: ['a', 'own'],
  })
})

it('what is put back in makes the same set whatever the order', () => {
  const once = withModels({ mode: 'list', modelIds: ['a', 'b'] }, ['a'], false, [])
  expect(sameSet(withModels(once, ['a'], true, []), { mode: 'list', modelIds: ['a', 'b'] })).toBe(true)
})

it('a narrower selection names what is lost, the keys that named it and those that took what there is', () => {
  const after = resolve(chain, { selection: { mode: 'list', modelIds: ['b', 'own'] } })
  const effect = effectOf(resolve(chain), after)
  expect(effect).toMatchObject({ lost: ['a'], gained: [] })
  const { listed, open } = keysLosing([key('x', ['a', 'b', 'c']), key('y', ['b']), key('z', null)], effect)
  expect(listed.map(({ key: { name }, loses, keeps }) => [name, loses, keeps])).toEqual([['x', ['a'], 1]])
  expect(open).toBe(1)
})

it('a wider eligibility names what people gain', () => {
  const after = resolve(chain, { eligibility: { mode: 'all', modelIds: [] } })
  expect(effectOf(resolve(chain), after)).toMatchObject({ lost: [], gained: ['c'] })
})
