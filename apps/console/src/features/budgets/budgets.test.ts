import type { BudgetNode } from '@cockpit/contract/budgets'
import { expect, it } from 'vitest'
import { chainOf } from './chain.ts'
import { movePlan } from './move.ts'

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
