/** Many processes, one limit: whatever they do and whenever, together they let through what it says and the slack they print. */
import { setImmediate as turn } from 'node:timers/promises'
import type { RateScope } from '@cockpit/policy'
import { describe, expect, test } from 'vitest'
import { createLimits, type RateTicket } from './limits.ts'
import type { RateAsk, RateGrant, RatePort } from './ports.ts'
import { createSharing } from './sharing.ts'

/** A repeatable stream of chances. */
const chances = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The database, small: windows that refill, places by process, and who has been heard of. */
const memory = (now: () => number) => {
  const windows = new Map<string, { level: number; at: number }>()
  const places = new Map<string, Map<string, number>>()
  const processes = new Set<string>()
  let broken = false
  const minute = (ask: Extract<RateAsk, { kind: 'minute' }>): RateGrant => {
    const { name, limit, back, want, least } = ask
    const known = windows.get(name) ?? { level: limit, at: now() }
    const level = Math.min(limit, known.level + ((now() - known.at) * limit) / 60_000) + back
    const fits = Math.min(want, Math.floor(Math.max(0, level)))
    const granted = fits < least ? 0 : fits
    windows.set(name, { level: Math.min(limit, level - granted), at: now() })
    return { granted, left: level - granted }
  }
  const place = (processId: string, ask: Extract<RateAsk, { kind: 'places' }>): RateGrant => {
    const held = places.get(ask.name) ?? new Map<string, number>()
    places.set(ask.name, held)
    const others = [...held].reduce((sum, [id, count]) => sum + (id === processId ? 0 : count), 0)
    const granted = Math.max(ask.used, Math.min(ask.want, ask.limit - others))
    held.set(processId, granted)
    return { granted, left: Math.max(0, ask.limit - others - granted) }
  }
  const port: RatePort = {
    async exchange({ processId, asks, leaves }) {
      await turn()
      if (broken) throw new Error('away')
      if (leaves) processes.delete(processId)
      else processes.add(processId)
      const grants = asks.map((ask) => (ask.kind === 'minute' ? minute(ask) : place(processId, ask)))
      await turn()
      return { processes: processes.size, grants }
    },
  }
  const breaks = (is: boolean) => {
    broken = is
  }
  return { port, breaks }
}

const log = { warn() {}, debug() {}, info() {}, error() {} } as unknown as Parameters<typeof createSharing>[0]['log']

const crowdOf = async (count: number, scope: RateScope) => {
  let at = 0
  const now = () => at
  const { port, breaks } = memory(now)
  // beats are told by the test, so that they come where chance puts them
  const all = Array.from({ length: count }, (_, i) => {
    const sharing = createSharing({ rates: port, processId: `gw_${i}`, now, log, beatMs: 1e9 })
    return { sharing, limits: createLimits(sharing) }
  })
  const beat = async () => {
    for (const { sharing } of all) await sharing.start()
  }
  await beat()
  await beat()
  const ask = async ({ limits }: (typeof all)[number], tokens: number): Promise<RateTicket | null> => {
    const gate = limits.gateFor([scope], now())
    const first = limits.take(gate, tokens, now())
    if (first.ticket || !first.mayLend) return first.ticket
    await limits.lend(gate, tokens)
    return limits.take(gate, tokens, now()).ticket
  }
  /** How many of so many calls in turn go to the nth process and through. */
  const many = async (nth: number, calls: number): Promise<number> => {
    const one = all[nth]
    let through = 0
    for (let call = 0; one && call < calls; call++) if (await ask(one, 0)) through++
    return through
  }
  const slack = () =>
    Math.max(...all.map(({ limits }) => limits.look(limits.gateFor([scope], now()), now())[0]?.slack ?? 0))
  const pass = (ms: number) => {
    at += ms
  }
  return {
    all,
    ask,
    many,
    beat,
    breaks,
    now,
    pass,
    slack,
    stop: () => Promise.all(all.map(({ sharing }) => sharing.stop())),
  }
}

const scopeOf = (limits: { rpm?: number; tpm?: number; parallel?: number }): RateScope => ({
  ...{ type: 'key', id: 'key_1', name: 'CI', rpm: null, tpm: null },
  ...limits,
})

describe('processes that share a limit', () => {
  test.each([1, 2, 3, 4, 5, 6])('never let through more requests than it and its slack (chance %i)', async (seed) => {
    const chance = chances(seed)
    const [count, rpm] = [2 + Math.floor(chance() * 6), 1 + Math.floor(chance() * 300)]
    const crowd = await crowdOf(count, scopeOf({ rpm }))
    let through = 0
    for (let round = 0; round < 120; round++) {
      const burst = Array.from({ length: 1 + Math.floor(chance() * 12) }, () => {
        const one = crowd.all[Math.floor(chance() * count)]
        return one ? crowd.ask(one, 0) : null
      })
      through += (await Promise.all(burst)).filter(Boolean).length
      const refilled = (crowd.now() * rpm) / 60_000
      expect(through).toBeLessThanOrEqual(rpm + refilled + crowd.slack())
      crowd.pass(Math.floor(chance() * 900))
      if (chance() < 0.3) await crowd.beat()
    }
    expect(through).toBeGreaterThan(0)
    await crowd.stop()
  })

  test.each([1, 2, 3])('never let through more tokens than it and its slack (chance %i)', async (seed) => {
    const chance = chances(seed)
    const [count, tpm] = [3, 20_000]
    const crowd = await crowdOf(count, scopeOf({ tpm }))
    let used = 0
    for (let round = 0; round < 150; round++) {
      const one = crowd.all[Math.floor(chance() * count)]
      if (!one) continue
      const tokens = 1 + Math.floor(chance() * 4_000)
      const ticket = await crowd.ask(one, tokens)
      if (ticket) {
        // it uses less than it asked for, which others may then use
        const needed = Math.floor(tokens * chance())
        one.limits.settle(ticket, needed, crowd.now())
        used += needed
      }
      expect(used).toBeLessThanOrEqual(tpm + (crowd.now() * tpm) / 60_000 + crowd.slack())
      crowd.pass(Math.floor(chance() * 300))
      if (chance() < 0.3) await crowd.beat()
    }
    // and what came back was not lost
    expect(used).toBeGreaterThan(tpm * 0.8)
    await crowd.stop()
  })

  test.each([1, 2, 3, 4])('never have more calls open than it says (chance %i)', async (seed) => {
    const chance = chances(seed)
    const [count, parallel] = [3, 1 + Math.floor(chance() * 40)]
    const crowd = await crowdOf(count, scopeOf({ parallel }))
    const open: (() => void)[] = []
    let most = 0
    for (let round = 0; round < 300; round++) {
      const one = crowd.all[Math.floor(chance() * count)]
      if (one && chance() < 0.6) {
        const ticket = await crowd.ask(one, 0)
        if (ticket) open.push(() => one.limits.settle(ticket, 0, crowd.now()))
      } else open.splice(Math.floor(chance() * open.length), 1)[0]?.()
      most = Math.max(most, open.length)
      expect(open.length).toBeLessThanOrEqual(parallel)
      crowd.pass(Math.floor(chance() * 100))
      if (chance() < 0.1) await crowd.beat()
    }
    expect(most).toBeGreaterThan(0)
    await crowd.stop()
  })

  test.each([3, 40, 600])('leave one of them that gets all the calls all of it: %i a minute', async (rpm) => {
    const crowd = await crowdOf(4, scopeOf({ rpm }))
    expect(await crowd.many(0, rpm * 2)).toBe(rpm)
    await crowd.stop()
  })

  test('take up again what others leased and did not use', async () => {
    const crowd = await crowdOf(2, scopeOf({ rpm: 160 }))
    expect(await crowd.many(1, 1)).toBe(1)
    crowd.pass(3_000)
    await crowd.beat()
    expect(await crowd.many(0, 200)).toBe(160)
    await crowd.stop()
  })

  test('keep each to its part while they cannot ask, and share again when they can', async () => {
    const crowd = await crowdOf(2, scopeOf({ rpm: 60 }))
    crowd.breaks(true)
    const admitted = [0, 0]
    for (let second = 0; second < 60; second++) {
      for (const nth of [0, 1]) admitted[nth] = (admitted[nth] ?? 0) + (await crowd.many(nth, 3))
      crowd.pass(1_000)
      await crowd.beat()
    }
    for (const count of admitted) expect([count > 20, count <= 30]).toEqual([true, true])
    crowd.breaks(false)
    await crowd.beat()
    crowd.pass(60_000)
    await crowd.beat()
    expect(await crowd.many(0, 90)).toBeGreaterThan(45)
    await crowd.stop()
  })
})
