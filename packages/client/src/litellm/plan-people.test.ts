import { expect, test } from 'vitest'
import { planPeople } from './plan-people.ts'
import { emptyDatabase } from './source.ts'

const now = new Date('2026-01-01T00:00:00Z')
const hash = (nth: number) => nth.toString(16).padStart(64, '0')

test('a hundred thousand keys find their owners in seconds, each program once', () => {
  const many = 100_000
  const users = Array.from({ length: 20_000 }, (_, nth) => ({ user_id: `u-${nth}`, user_email: `u${nth}@example.com` }))
  const keys = Array.from({ length: many }, (_, nth) => ({
    token: hash(nth),
    user_id: nth % 2 === 0 ? `u-${nth % 20_000}` : 'u-nobody',
    models: [],
  }))
  const source = { config: {}, database: { ...emptyDatabase, users, keys }, env: () => undefined, open: null }
  // of the processor, as others may want it too
  const from = process.cpuUsage()
  const plan = planPeople(source, now)
  expect(process.cpuUsage(from).user / 1_000_000).toBeLessThan(10)
  expect(plan.keys).toHaveLength(many)
  expect(plan.keys.slice(0, 2).map(({ owner }) => owner)).toEqual([
    { kind: 'user', sourceId: 'u-0' },
    { kind: 'program', sourceId: '' },
  ])
  expect(plan.programs).toHaveLength(1)
}, 120_000)
