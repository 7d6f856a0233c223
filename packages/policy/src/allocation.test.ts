import { expect, test } from 'vitest'
import { allocationOf } from './allocation.ts'

const link = (nodeId: string, left: bigint) => ({
  ...{ nodeId, left, limit: 5_000_000n, held: 0n, settled: 5_000_000n - left },
  scope: { type: 'team' as const, id: nodeId, name: nodeId },
  mode: 'cap' as const,
})
const told = { payer: null, source: 'x', factor: '1', cycle: { startsAt: 0, endsAt: null, timezone: 'UTC' } }

test('the least that is left binds, wherever it stands, and where two have the least both bind', () => {
  const bound = (...left: bigint[]) =>
    allocationOf(
      left.map((micros, place) => link(`n${place}`, micros)),
      told,
    )
  expect(bound(3_000_000n, 1_000_000n, 2_000_000n)).toMatchObject({
    remaining: '1',
    limit: '5',
    chain: [{ binding: false }, { binding: true, remaining: '1', settled: '4' }, { binding: false }],
  })
  expect(bound(0n, 0n, 1n).chain.map(({ binding }) => binding)).toEqual([true, true, false])
  expect(bound()).toMatchObject({ remaining: null, limit: null, chain: [] })
})
