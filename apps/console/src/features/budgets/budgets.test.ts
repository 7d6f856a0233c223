import type { BudgetNode } from '@cockpit/contract/budgets'
import { expect, it } from 'vitest'
import { chainOf } from './chain.ts'
import { movePlan } from './move.ts'
import { ownUseOf } from './own-use.ts'

const node = (id: string, parentId: string | null, limit: string, more: Partial<BudgetNode> = {}): BudgetNode => ({
  ...{ id, parentId, scope: { type: parentId ? 'team' : 'account', id, name: id }, mode: 'carve', source: 'manual' },
  ...{ limit, carved: '0', held: '0', settled: '0', overdraft: '0', remaining: limit, unallocated: limit },
  ...more,
})
const tree = [
  node('pool', null, '100', { carved: '70', unallocated: '30', remaining: '100' }),
  node('org1', 'pool', '40', { carved: '25.5', unallocated: '14.5' }),
  node('org2', 'pool', '30'),
  node('team1', 'org1', '25.5'),
  node('capped', 'org2', '5', { mode: 'cap', unallocated: '0' }),
]
const stepsOf = (from: string, to: string, amount: string) => {
  const plan = movePlan(tree, from, to, amount)
  return 'refused' in plan ? plan.refused : plan.steps.map(({ node: { id }, before, after }) => [id, before, after])
}

it('credits go up to the common ancestor and down again, each limit in an order that always fits', () => {
  expect(stepsOf('team1', 'org2', '0.5')).toEqual([
    ['team1', '25.5', '25'],
    ['org1', '40', '39.5'],
    ['org2', '30', '30.5'],
  ])
})

it('from the pool only the target rises, into the pool only the source falls', () => {
  expect(stepsOf('pool', 'org2', '30')).toEqual([['org2', '30', '60']])
  expect(stepsOf('team1', 'org1', '25.5')).toEqual([['team1', '25.5', '0']])
})

it('what is allocated further or not there cannot be moved, and a cap neither gives nor takes', () => {
  expect(stepsOf('org1', 'org2', '14.500001')).toBe('short')
  expect(stepsOf('org2', 'capped', '1')).toBe('cap')
  expect(stepsOf('org1', 'org1', '1')).toBe('same')
  expect(stepsOf('org1', 'org2', '0')).toBe('amount')
})

it('the scope that runs out first binds, and who funds has only what it did not give away', () => {
  const chain = chainOf(tree, 'org1').map(({ node: { id }, left, binding }) => [id, left, binding])
  expect(chain).toEqual([
    ['pool', '100', false],
    ['org1', '14.5', true],
  ])
  expect(chainOf(tree, 'capped').find(({ binding }) => binding)?.node.id).toBe('capped')
})

it('what of the pool nobody was given tells its own spending and holds, without those of carved children', () => {
  const pool = node('pool', null, '100', { carved: '70', held: '9', settled: '20', unallocated: '13', remaining: '71' })
  const org = node('org', 'pool', '70', { held: '3', settled: '9' })
  const team = node('team', 'org', '70', { held: '3', settled: '9' })
  const capped = node('capped', 'pool', '5', { mode: 'cap', held: '1', settled: '4' })
  expect(ownUseOf({ pool, nodes: [org, team, capped] })).toEqual({ settled: '11', held: '6', left: '13' })
})

it('after an overdraft no more of it is left than of the whole pool', () => {
  const pool = node('pool', null, '100', { carved: '90', settled: '95', unallocated: '10', remaining: '5' })
  const org = node('org', 'pool', '90', { settled: '95', remaining: '0' })
  expect(ownUseOf({ pool, nodes: [org] })).toEqual({ settled: '0', held: '0', left: '5' })
})
