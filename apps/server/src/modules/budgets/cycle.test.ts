import { describe, expect, test } from 'vitest'
import { closingOf, cycleBounds } from './cycle.ts'
import type { Cadence, Grant, Node } from './model.ts'

describe('cycle bounds', () => {
  test.each<[Cadence, string, string, string, string]>([
    ['monthly', 'UTC', '2026-02-10T12:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    // clocks go forward on 29 March: the month starts at +1 and ends at +2
    ['monthly', 'Europe/Paris', '2026-03-15T12:00:00Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
    ['monthly', 'Europe/Paris', '2026-10-31T23:30:00Z', '2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z'],
    ['monthly', 'America/New_York', '2026-11-01T03:59:59Z', '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
    ['monthly', 'America/New_York', '2026-11-01T04:00:00Z', '2026-11-01T04:00:00Z', '2026-12-01T05:00:00Z'],
    ['monthly', 'Africa/Cairo', '2015-05-10T00:00:00Z', '2015-04-30T22:00:00Z', '2015-05-31T22:00:00Z'],
    ['monthly', 'Asia/Kathmandu', '2026-12-31T18:30:00Z', '2026-12-31T18:15:00Z', '2027-01-31T18:15:00Z'],
    ['quarterly', 'UTC', '2026-06-30T23:59:59Z', '2026-04-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['quarterly', 'Europe/Berlin', '2026-12-31T22:59:59Z', '2026-09-30T22:00:00Z', '2026-12-31T23:00:00Z'],
    ['yearly', 'Australia/Sydney', '2026-12-31T13:00:00Z', '2026-12-31T13:00:00Z', '2027-12-31T13:00:00Z'],
  ])('%s in %s around %s', (cadence, zone, at, startsAt, endsAt) => {
    const bounds = cycleBounds(cadence, zone, new Date(at))
    expect(bounds).toEqual({ startsAt: new Date(startsAt), endsAt: new Date(endsAt) })
  })
  test('a day whose midnight does not exist starts at its first instant', () => {
    // clocks in Asuncion went from 00:00 to 01:00 on 1 October 2017
    const bounds = cycleBounds('monthly', 'America/Asuncion', new Date('2017-10-10T00:00:00Z'))
    expect(bounds.startsAt).toEqual(new Date('2017-10-01T04:00:00Z'))
  })
  test('every cycle ends where the next one starts', () => {
    for (const zone of ['Europe/London', 'America/Sao_Paulo', 'Pacific/Apia', 'Australia/Lord_Howe'])
      for (let at = new Date('2010-01-05T00:00:00Z'), i = 0; i < 200; i++) {
        const { endsAt } = cycleBounds('monthly', zone, at)
        expect(cycleBounds('monthly', zone, endsAt ?? at).startsAt).toEqual(endsAt)
        at = new Date((endsAt ?? at).getTime() + 86_400_000)
      }
  })
  test('a manual cycle has no end', () => {
    const at = new Date()
    expect(cycleBounds('manual', 'UTC', at)).toEqual({ startsAt: at, endsAt: null })
  })
})

describe('closing a cycle', () => {
  const at = new Date('2026-03-01T00:00:00Z')
  const node = (differs: Partial<Node>): Node => ({
    ...{ id: 'root', parentId: null, scope: { type: 'account', id: 'a', name: 'A' }, mode: 'carve', source: 'manual' },
    ...{
      definition: 0n,
      removed: false,
      limit: 0n,
      carved: 0n,
      held: 0n,
      settled: 0n,
      ownHeld: 0n,
      ownSettled: 0n,
      lapsed: 0n,
    },
    ...differs,
  })
  const once = (id: string, remaining: bigint, expiresAt: string | null = null): Grant => ({
    ...{
      id,
      amount: remaining,
      recurrence: 'once',
      remaining,
      note: null,
      revokedAt: null,
      createdAt: at,
      createdBy: 'x',
    },
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  })
  const spent = (settled: bigint) => [node({ limit: 100n, settled, ownSettled: settled })]
  const outcome = (...args: Parameters<typeof closingOf>) => {
    const { rolledOut, lapses } = closingOf(...args)
    return { rolledOut, expired: lapses.reduce((sum, { expired }) => sum + expired, 0n) }
  }

  test('what renews expires when nothing rolls over', () => {
    expect(outcome(spent(30n), { mode: 'none', cap: null }, [], at)).toEqual({ rolledOut: 0n, expired: 70n })
  })
  test('what remains rolls over up to the cap', () => {
    expect(outcome(spent(30n), { mode: 'remaining', cap: 20n }, [], at)).toEqual({ rolledOut: 20n, expired: 50n })
    expect(outcome(spent(30n), { mode: 'remaining', cap: null }, [], at)).toEqual({ rolledOut: 70n, expired: 0n })
  })
  test('credits given once are spent last and roll on', () => {
    const grants = [once('g', 40n)]
    expect(outcome(spent(50n), { mode: 'none', cap: null }, grants, at)).toEqual({ rolledOut: 40n, expired: 10n })
    expect(outcome(spent(75n), { mode: 'none', cap: null }, grants, at)).toEqual({ rolledOut: 25n, expired: 0n })
  })
  test('of several such grants the one that expires first is spent first, and an expired one does not roll on', () => {
    const grants = [
      once('late', 20n),
      once('soon', 20n, '2026-04-01T00:00:00Z'),
      once('over', 20n, '2026-02-01T00:00:00Z'),
    ]
    const { grantsLeft, rolledOut } = closingOf(spent(70n), { mode: 'none', cap: null }, grants, at)
    expect(Object.fromEntries(grantsLeft)).toEqual({ over: 0n, soon: 10n, late: 20n })
    expect(rolledOut).toBe(30n)
    expect(closingOf(spent(0n), { mode: 'none', cap: null }, grants, at).rolledOut).toBe(40n)
  })
  test('what is held stays behind, and the own part of every node counts', () => {
    const nodes = [
      node({ limit: 100n, carved: 60n, held: 15n, settled: 10n, ownHeld: 5n }),
      node({ id: 'child', parentId: 'root', limit: 60n, held: 10n, settled: 10n, ownHeld: 10n, ownSettled: 10n }),
    ]
    expect(outcome(nodes, { mode: 'remaining', cap: null }, [], at)).toEqual({ rolledOut: 75n, expired: 0n })
  })
  test('what one node overspent does not roll over from another', () => {
    const nodes = [
      node({ limit: 100n, carved: 60n, settled: 80n }),
      node({ id: 'child', parentId: 'root', limit: 60n, settled: 80n, ownSettled: 80n }),
    ]
    expect(outcome(nodes, { mode: 'remaining', cap: null }, [], at)).toEqual({ rolledOut: 20n, expired: 20n })
  })
})
