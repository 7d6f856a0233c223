import type { SliceBudget } from '@cockpit/contract/snapshot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveAllocation, equalShares, type Payer, resolvePayer, type Spender } from './budget.ts'

type Node = SliceBudget['nodes'][number]
const node = (
  id: string,
  parentId: string | null,
  type: Node['scope']['type'],
  mode: Node['mode'] = 'carve',
): Node => ({
  ...{ id, parentId, mode, limit: '100' },
  scope: { type, id: `${type}_${id}`, name: id },
})
const budgetOf = (nodes: Node[], allowPoolDraw = true): SliceBudget => ({
  ...{ planId: 'pln_1', planName: 'Default', allowPoolDraw, timezone: 'UTC', nodes },
  cycle: { id: 'cyc_1', startsAt: 0, endsAt: null },
})
const pool = node('pool', null, 'account')
const org = node('org', 'pool', 'org')
const team = node('team', 'org', 'team', 'cap')
const ada = node('ada', 'team', 'user', 'cap')
const bob = node('bob', 'org', 'user')
const everyone = [pool, org, team, ada, bob]
const caller = (differs: Partial<Spender> = {}): Spender => ({
  ...{ userId: 'user_ada', serviceAccountId: null, teamId: 'team_team', orgId: 'org_org' },
  ...differs,
})

describe('who pays', () => {
  test.each<[string, Node[], Spender, boolean, Partial<Payer> | null]>([
    [
      'the allocation of the user',
      everyone,
      caller(),
      true,
      { path: ['pool', 'org', 'team', 'ada'], fundingNodeId: 'org' },
    ],
    [
      'a user who owns credits',
      everyone,
      caller({ userId: 'user_bob' }),
      true,
      { payerNodeId: 'bob', fundingNodeId: 'bob' },
    ],
    [
      'the team of a user without one',
      everyone,
      caller({ userId: 'user_x' }),
      true,
      { payerNodeId: 'team', fundingNodeId: 'org' },
    ],
    [
      'the org when the team has none',
      everyone,
      caller({ userId: null, teamId: 'team_x' }),
      true,
      { payerNodeId: 'org' },
    ],
    ['the pool when nothing applies', [pool], caller(), true, { path: ['pool'], fundingNodeId: 'pool' }],
    ['nobody when the pool is closed', [pool], caller(), false, null],
    ['nobody without a budget', [], caller(), true, null],
    ['the budget that the request names', everyone, caller({ context: 'org' }), true, { payerNodeId: 'org' }],
    ['the pool when named and open', everyone, caller({ context: 'pool' }), true, { payerNodeId: 'pool' }],
    ['nobody when the named pool is closed', everyone, caller({ context: 'pool' }), false, null],
    ["nobody when another's budget is named", everyone, caller({ context: 'bob' }), true, null],
    ['nobody when an unknown budget is named', everyone, caller({ context: 'gone' }), true, null],
  ])('%s', (_, nodes, who, allowPoolDraw, expected) => {
    const found = resolvePayer(budgetOf(nodes, allowPoolDraw), who)
    if (expected) expect(found).toMatchObject(expected)
    else expect(found).toHaveProperty('denied')
  })
})

describe('equal shares', () => {
  const members = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 40 })

  test('add up to the total exactly, differ by at most one micro-credit, and leave overrides alone', () => {
    const input = fc.record({
      members,
      total: fc.bigInt(0n, 10n ** 12n),
      overridden: fc.nat(39),
      override: fc.bigInt(0n, 10n ** 6n),
    })
    fc.assert(
      fc.property(input, ({ members, total, overridden, override }) => {
        const overrides = new Map(members.slice(0, overridden % members.length).map((id) => [id, override]))
        fc.pre(override * BigInt(overrides.size) <= total)
        const shares = equalShares(total, members, overrides)
        const free = members
          .toSorted()
          .filter((id) => !overrides.has(id))
          .map((id) => shares.get(id) ?? -1n)
        expect([...shares.values()].reduce((sum, share) => sum + share, 0n)).toBe(total)
        for (const id of overrides.keys()) expect(shares.get(id)).toBe(override)
        for (const share of free) expect((free[0] ?? 0n) - share).toBeOneOf([0n, 1n])
      }),
    )
  })
  test('do not depend on the order of members, and the first in order get the remainder', () => {
    const shares = equalShares(11n, ['c', 'a', 'b'], new Map())
    expect(Object.fromEntries(shares)).toEqual({ a: 4n, b: 4n, c: 3n })
  })
  test('overrides beyond the total are refused', () => {
    expect(() => equalShares(5n, ['a', 'b'], new Map([['a', 6n]]))).toThrow(RangeError)
  })
})

describe('effective allocation', () => {
  const figures = [
    { nodeId: 'pool', limit: 100_000_000n, held: 0n, settled: 30_000_000n, unallocated: 5_000_000n },
    { nodeId: 'org', limit: 60_000_000n, held: 10_000_000n, settled: 20_000_000n, unallocated: 25_000_000n },
    { nodeId: 'team', limit: 50_000_000n, held: 0n, settled: 21_000_000n },
    { nodeId: 'ada', limit: 40_000_000n, held: 0n, settled: 1_000_000n },
  ]
  const budget = budgetOf(everyone)

  test('is what is least on the way, and the own part of the node that funds counts', () => {
    const { remaining, chain, payer, limit } = effectiveAllocation(
      budget,
      resolvePayer(budget, caller()),
      figures,
      '1.2',
    )
    expect(remaining).toBe('25')
    expect(chain.map(({ nodeId, remaining, binding }) => [nodeId, remaining, binding])).toEqual([
      ['pool', '70', false],
      ['org', '25', true],
      ['team', '29', false],
      ['ada', '39', false],
    ])
    expect({ payer, limit }).toEqual({ payer: ada.scope, limit: '40' })
  })
  test('the pool offers only what it did not allocate', () => {
    const payer = resolvePayer(budget, caller({ context: 'pool' }))
    expect(effectiveAllocation(budget, payer, figures, '1')).toMatchObject({ limit: '100', remaining: '5' })
  })
  test('says why nobody pays', () => {
    const closed = budgetOf([pool], false)
    const answer = effectiveAllocation(closed, resolvePayer(closed, caller()), [], '1')
    expect(answer).toMatchObject({ payer: null, remaining: null, source: expect.stringContaining("plan 'Default'") })
  })
})
