import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryLedger, until } from '../testing.ts'
import { chunkFor, fittingLease, type Lease, newLease } from './lease.ts'
import { type Admission, type Hold, Purse, type Source } from './purse.ts'

const purseOn = (ledger: MemoryLedger, differs: { now?: () => number; ttlMs?: number; name?: string } = {}) => {
  let ids = 0
  const leases = new Map<string, Lease>()
  const purse: Purse = new Purse(
    { accountId: 'acc_1', path: ['root'], fundingNodeId: 'root' },
    {
      budget: ledger,
      processId: 'gw_1',
      ttlMs: differs.ttlMs ?? 60_000,
      now: differs.now ?? (() => Date.now()),
      newId: () => `${differs.name ?? 'lease'}_${ids++}`,
      onLease: (lease) => leases.set(lease.id, lease),
      onFailure: () => {},
      makeRoom: () => purse.giveBackIdle(),
      unspent: () => ({ all: purse.unspent(), own: purse.unspent() }),
    },
  )
  return { purse, leases }
}

const held = (admission: Admission): Hold => {
  if (admission.kind !== 'held') throw new Error(admission.kind)
  return admission.hold
}

const take = async (purse: Purse, callId: string, need: bigint): Promise<Admission> => {
  const hold = purse.admit(need)
  return hold ? { kind: 'held', hold } : purse.request(callId, need)
}

/** What shipping does: the ledger books a cost against the reservation that the record names. */
const book = (ledger: MemoryLedger, source: Source, cost: bigint) => {
  const hold = ledger.holds.get(source.id)
  const node = ledger.nodes.get('root')
  if (!node) throw new Error('no root')
  const open = hold?.state === 'held' ? hold.amount - hold.used : 0n
  const covered = cost < open ? cost : open
  const released = source.kind === 'hold' ? open : covered
  if (hold?.state === 'held') {
    hold.used += covered
    if (source.kind === 'hold') hold.state = 'ended'
  }
  node.held -= released
  node.settled += cost
}

describe('a purse', () => {
  test('asks the ledger once for many calls and not at all on the way of most', async () => {
    const ledger = new MemoryLedger({ root: 1_000_000_000n })
    const { purse } = purseOn(ledger)
    for (let i = 0; i < 2_000; i++) {
      const admission = await take(purse, `call_${i}`, 100n)
      if (admission.kind !== 'held') throw new Error(admission.kind)
      purse.settle(admission.hold, 90n)
    }
    expect(ledger.reserves).toBeLessThan(120)
  })

  test('near exhaustion every call is held exactly, so the last credit can be spent and none beyond', async () => {
    const ledger = new MemoryLedger({ root: 1_000n })
    const { purse } = purseOn(ledger)
    const admissions = await Promise.all(Array.from({ length: 30 }, (_, i) => take(purse, `call_${i}`, 100n)))
    const held = admissions.filter(({ kind }) => kind === 'held')
    expect(held).toHaveLength(10)
    expect(admissions.filter(({ kind }) => kind === 'denied')).toHaveLength(20)
    const node = ledger.nodes.get('root')
    expect(node?.held).toBe(1_000n)
  })

  test('who waits for the ledger is served together with whoever came meanwhile', async () => {
    const ledger = new MemoryLedger({ root: 1_000_000_000n })
    const { purse } = purseOn(ledger)
    const admissions = await Promise.all(Array.from({ length: 200 }, (_, i) => take(purse, `call_${i}`, 10n)))
    expect(admissions.every(({ kind }) => kind === 'held')).toBe(true)
  })

  test('a ledger that is away stops new reservations and not those at hand', async () => {
    const ledger = new MemoryLedger({ root: 1_000_000_000n })
    const { purse } = purseOn(ledger)
    await take(purse, 'first', 100n)
    ledger.down = true
    expect((await take(purse, 'second', 100n)).kind).toBe('held')
    expect((await take(purse, 'huge', 10_000_000n)).kind).toBe('unavailable')
  })

  test('a lease that the ledger may have taken back admits nobody', async () => {
    const ledger = new MemoryLedger({ root: 1_000_000_000n })
    let now = Date.now()
    const { purse } = purseOn(ledger, { now: () => now, ttlMs: 10_000 })
    await take(purse, 'first', 100n)
    expect(purse.admit(100n)).not.toBeNull()
    now += 9_000
    expect(purse.admit(100n)).toBeNull()
  })

  test('leases go back when nobody calls, but not before their records are booked', async () => {
    const ledger = new MemoryLedger({ root: 1_000_000_000n })
    let now = Date.now()
    const { purse, leases } = purseOn(ledger, { now: () => now })
    const admission = await take(purse, 'first', 100n)
    if (admission.kind !== 'held') throw new Error(admission.kind)
    const source = purse.settle(admission.hold, 70n)
    now += 31_000
    await purse.tend(30_000)
    expect(ledger.nodes.get('root')?.held).toBeGreaterThan(0n)
    book(ledger, source, 70n)
    for (const lease of leases.values()) lease.unshipped = 0
    await purse.tend(30_000)
    expect(ledger.nodes.get('root')).toMatchObject({ held: 0n, settled: 70n })
    expect(purse.isEmpty()).toBe(true)
  })

  test('a call that outgrows its hold gets more, until there is no more', async () => {
    const ledger = new MemoryLedger({ root: 500n })
    const { purse } = purseOn(ledger)
    const admission = await take(purse, 'stream', 100n)
    if (admission.kind !== 'held') throw new Error(admission.kind)
    const { hold } = admission
    for (let i = 0; i < 4; i++) expect(await purse.extend(hold, 100n)).toBe('extended')
    expect(await purse.extend(hold, 100n)).toBe('denied')
    book(ledger, purse.settle(hold, 450n), 450n)
    expect(ledger.nodes.get('root')).toMatchObject({ held: purse.room(), settled: 450n })
    expect(purse.room()).toBe(50n)
  })

  test('what a call outgrew its hold by stays reserved until its record is booked', async () => {
    const ledger = new MemoryLedger({ root: 10_000n })
    const [one, other] = [purseOn(ledger, { name: 'a' }).purse, purseOn(ledger, { name: 'b' }).purse]
    const hold = held(await take(one, 'stream', 100n))
    for (let i = 0; i < 60; i++) await one.extend(hold, 100n)
    const source = one.settle(hold, 6_100n)
    await new Promise((resume) => setTimeout(resume, 20))
    expect((await take(other, 'big', 6_000n)).kind).toBe('denied')
    book(ledger, source, 6_100n)
    expect(ledger.nodes.get('root')).toMatchObject({ held: one.room(), settled: 6_100n })
  })

  test('an extension that the ledger cannot answer is not taken for a budget without credits', async () => {
    const ledger = new MemoryLedger({ root: 1_000n })
    const { purse } = purseOn(ledger)
    const hold = held(await take(purse, 'stream', 100n))
    ledger.down = true
    expect(await purse.extend(hold, 900n)).toBe('unavailable')
    ledger.down = false
    expect(await purse.extend(hold, 900n)).toBe('extended')
    expect(await purse.extend(hold, 1n)).toBe('denied')
  })

  test('a call that ends while it asks for more leaves nothing promised', async () => {
    const ledger = new MemoryLedger({ root: 10_000n })
    const { purse } = purseOn(ledger)
    const hold = held(await take(purse, 'stream', 100n))
    const extension = purse.extend(hold, 5_000n)
    book(ledger, purse.settle(hold, 100n), 100n)
    await extension
    expect(purse.room()).toBe(purse.unspent())
  })

  test('the exact hold of a call lives as long as the call and its record, and no longer', async () => {
    const ledger = new MemoryLedger({ root: 100n })
    let now = Date.now()
    const { purse, leases } = purseOn(ledger, { now: () => now, ttlMs: 60_000 })
    const renewed: string[] = []
    ledger.renew = async ({ id, ttlMs }) => {
      renewed.push(id)
      return now + ttlMs
    }
    const hold = held(await take(purse, 'long', 60n))
    const minute = async () => {
      for (let i = 0; i < 30; i++, now += 2_000) await purse.tend(30_000)
    }
    for (let minutes = 0; minutes < 10; minutes++) await minute()
    expect(renewed.length).toBeGreaterThanOrEqual(10)
    purse.settle(hold, 50n)
    await minute()
    const before = renewed.length
    for (const lease of leases.values()) lease.unshipped = 0
    await minute()
    expect(renewed).toHaveLength(before)
    expect(purse.isEmpty()).toBe(true)
  })

  test('a call that outgrew its hold leaves no more to others than the ledger still keeps for them', async () => {
    const ledger = new MemoryLedger({ root: 10_000n })
    const { purse } = purseOn(ledger)
    const admission = await take(purse, 'stream', 100n)
    if (admission.kind !== 'held') throw new Error(admission.kind)
    const { hold } = admission
    for (let i = 0; i < 60; i++) expect(await purse.extend(hold, 100n)).toBe('extended')
    book(ledger, purse.settle(hold, 6_100n), 6_100n)
    const root = ledger.nodes.get('root')
    await until(() => root?.held === purse.unspent(), 'what was added is given back', 1_000)
    if (root) root.settled = root.limit - root.held
    let admitted = 0n
    for (let i = 0; i < 100; i++) admitted += purse.admit(100n)?.amount ?? 0n
    expect(admitted).toBeLessThanOrEqual(root?.held ?? 0n)
  })

  test('whatever happens between two processes, no more is admitted than the budget has', async () => {
    const need = fc.bigInt({ min: 1n, max: 300n })
    const script = fc.array(
      fc.record({ who: fc.nat(1), need, grows: fc.nat(12), share: fc.integer({ min: 0, max: 100 }) }),
      { minLength: 1, maxLength: 120 },
    )
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 100n, max: 20_000n }), script, fc.nat(5), async (limit, calls, parallel) => {
        const { ledger, spent } = await play(limit, calls, parallel)
        expect(spent).toBeLessThanOrEqual(limit)
        expect(ledger.nodes.get('root')).toMatchObject({ held: 0n, settled: spent })
      }),
      { numRuns: 60 },
    )
  })
})

type ScriptedCall = { who: number; need: bigint; grows: number; share: number }

/** Two processes call in turn, with some calls open at a time; a call costs its share (percent) of what it reserved, grown or not. */
const play = async (limit: bigint, calls: readonly ScriptedCall[], parallel: number) => {
  const ledger = new MemoryLedger({ root: limit })
  const purses = [purseOn(ledger, { name: 'a' }).purse, purseOn(ledger, { name: 'b' }).purse]
  const open: { hold: Hold; cost: bigint }[] = []
  let spent = 0n
  const settle = ({ hold, cost }: { hold: Hold; cost: bigint }) => {
    spent += cost
    book(ledger, hold.purse.settle(hold, cost), cost)
  }
  for (const [i, { who, need, grows, share }] of calls.entries()) {
    const admission = await take(purses[who] ?? purseOn(ledger).purse, `call_${i}`, need)
    if (admission.kind === 'held') {
      const { hold } = admission
      for (let n = 0; n < grows && (await hold.purse.extend(hold, need)) === 'extended'; n++);
      open.push({ hold, cost: (hold.amount * BigInt(share)) / 100n })
    }
    if (open.length > parallel) open.splice(0, 1).forEach(settle)
    const { held = 0n, settled = 0n } = ledger.nodes.get('root') ?? {}
    expect(held + settled).toBeLessThanOrEqual(limit)
  }
  open.forEach(settle)
  for (const purse of purses) await purse.giveBackAll()
  return { ledger, spent }
}

describe('a lease that ended while the ledger was away', () => {
  test('goes back when the ledger answers and the last record of it is booked, and admits nobody meanwhile', async () => {
    const ledger = new MemoryLedger({ root: 10_000n })
    let at = 0
    const { purse, leases } = purseOn(ledger, { now: () => at, ttlMs: 10_000 })
    const hold = held(await purse.request('first', 10n))
    const source = purse.settle(hold, 10n)
    const lease = leases.get(source.id)
    if (!lease) throw new Error('no lease')
    lease.unshipped = 1
    const { release } = ledger
    ledger.release = async () => {
      throw new Error('away')
    }
    at = 11_000
    await purse.tend(30_000)
    expect(purse.admit(10n)).toBeNull()
    expect(ledger.nodes.get('root')?.held).toBeGreaterThan(0n)
    lease.unshipped = 0
    book(ledger, source, 10n)
    await purse.tend(30_000)
    expect(purse.isEmpty()).toBe(false)
    ledger.release = release
    await purse.tend(30_000)
    expect(ledger.nodes.get('root')).toMatchObject({ held: 0n, settled: 10n })
    expect(purse.isEmpty()).toBe(true)
  })
})

describe('how much is leased', () => {
  test.each([
    ['about ten seconds of burn', { remaining: 1_000_000n, need: 10n, burnPerSecond: 100n }, 1_000n],
    ['at least some calls', { remaining: 1_000_000n, need: 10n, burnPerSecond: 0n }, 160n],
    ['never more than a twentieth of what is left', { remaining: 1_000n, need: 10n, burnPerSecond: 100n }, 50n],
    ['nothing when that is only a few calls', { remaining: 700n, need: 10n, burnPerSecond: 100n }, null],
    ['little when nothing is known', { remaining: null, need: 10n, burnPerSecond: 100n }, 40n],
  ] as const)('%s', (_name, input, expected) => {
    expect(chunkFor(input)).toBe(expected)
  })

  test('a call stands on the smallest lease that has room for all of it', () => {
    const lease = (id: string, amount: bigint) => newLease({ id, kind: 'lease', amount, reserved: 0n, expiresAt: 10 })
    const leases = [lease('big', 100n), { ...lease('small', 40n), reserved: 20n, spent: 5n }, lease('tiny', 5n)]
    expect(fittingLease(leases, 10n, 0)?.id).toBe('small')
    expect(fittingLease(leases, 16n, 0)?.id).toBe('big')
    expect(fittingLease(leases, 101n, 0)).toBeUndefined()
    expect(fittingLease(leases, 1n, 10)).toBeUndefined()
  })
})
