import { type RateScope, rateStep } from '@cockpit/policy'
import { describe, expect, test } from 'vitest'
import { createLimits } from './limits.ts'
import { addRateHeaders } from './rate-headers.ts'
import type { Rates } from './rates.ts'

const scope = (type: RateScope['type'], rpm: number | null, tpm: number | null): RateScope => ({
  type,
  id: `${type}_1`,
  name: type,
  rpm,
  tpm,
})

const headersOf = (dialect: 'openai' | 'anthropic', rates: Rates, own: 'key' | 'user'): string[] => {
  const headers: string[] = []
  addRateHeaders(headers, dialect, rates, own, () => 0)
  return headers
}

describe('rate limits', () => {
  test('the request beyond the limit is refused and fits again when its share of the minute has passed', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('key', 2, null)], 0)
    expect(limits.take(gate, 0, 0).ticket).not.toBeNull()
    expect(limits.take(gate, 0, 0).ticket).not.toBeNull()
    const { ticket, rates } = limits.take(gate, 0, 0)
    expect(ticket).toBeNull()
    expect(rates.figures[0]).toMatchObject({ fits: false, remaining: 0, retryMs: 30_000 })
    expect(limits.take(gate, 0, 29_999).ticket).toBeNull()
    expect(limits.take(gate, 0, 30_000).ticket).not.toBeNull()
  })

  test('a refused call takes nothing, so a caller who insists does not starve itself or its team', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('team', 10, null), scope('key', 1, null)], 0)
    limits.take(gate, 0, 0)
    for (let i = 0; i < 50; i++) expect(limits.take(gate, 0, 0).ticket).toBeNull()
    const other = limits.gateFor([scope('team', 10, null)], 0)
    expect(limits.take(other, 0, 0).rates.figures[0]?.remaining).toBe(8)
    expect(limits.take(gate, 0, 60_000).ticket).not.toBeNull()
  })

  test('tokens taken too much come back, tokens used beyond the estimate are missing for the next call', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('user', null, 1_000)], 0)
    const { ticket } = limits.take(gate, 800, 0)
    if (ticket) limits.settle(ticket, 100, 0)
    expect(limits.take(gate, 0, 0).rates.figures[0]?.remaining).toBe(900)
    const second = limits.take(gate, 100, 0).ticket
    if (second) limits.settle(second, 1_100, 0)
    expect(limits.take(gate, 1, 0)).toMatchObject({ ticket: null, rates: { left: [-200] } })
  })

  test('a call larger than the whole minute passes when nothing of the minute is used', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('key', null, 100)], 0)
    expect(limits.take(gate, 5_000, 0).ticket).not.toBeNull()
    expect(limits.take(gate, 1, 0).ticket).toBeNull()
  })

  test('publishing a change keeps what is used and raises or lowers what is left', () => {
    const limits = createLimits()
    const before = limits.gateFor([scope('key', 10, null)], 0)
    for (let i = 0; i < 10; i++) limits.take(before, 0, 0)
    expect(limits.take(limits.gateFor([scope('key', 10, null)], 0), 0, 0).ticket).toBeNull()
    expect(limits.take(limits.gateFor([scope('key', 12, null)], 0), 0, 0).rates.figures[0]?.remaining).toBe(1)
    expect(limits.take(limits.gateFor([scope('key', 1, null)], 0), 0, 0).rates.figures[0]?.limit).toBe(1)
  })

  test('each dialect reads what the caller has left itself, whatever runs out before', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('account', 3, 8_000), scope('team', 4, null), scope('key', 5, 9_000)], 0)
    const { rates } = limits.take(gate, 3_000, 0)
    const pairs = (flat: string[]) =>
      Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])))
    expect(pairs(headersOf('openai', rates, 'key'))).toEqual({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-reset-requests': '12s',
      'x-ratelimit-limit-tokens': '9000',
      'x-ratelimit-remaining-tokens': '6000',
      'x-ratelimit-reset-tokens': '20s',
    })
    expect(pairs(headersOf('anthropic', rates, 'key'))).toMatchObject({
      'anthropic-ratelimit-requests-remaining': '4',
      'anthropic-ratelimit-tokens-reset': '1970-01-01T00:00:20.000Z',
    })
  })

  test('the trace tells of each call what the policy says of its figures, whatever was told of the one before', () => {
    const crowd = { processes: 1, offline: false }
    const nobody = { want: () => {}, give: () => {}, lend: async () => {} }
    const limits = createLimits({ ...nobody, crowd })
    const told = (scopes: RateScope[], tokens: number) => {
      const { rates } = limits.take(limits.gateFor(scopes, 0), tokens, 0)
      expect(JSON.parse(rates.step())).toEqual(rateStep(rates.figures))
      return rates.step()
    }
    const both = [scope('team', 40, 8_000), scope('key', 50, 9_000)]
    const known = [told([], 1), told(both, 100), told(both, 100), told(both, 7_000), told(both, 9_999)]
    const odd = { ...scope('team', 41, 8_000), name: '7 of "these"' }
    known.push(told([odd], 0))
    crowd.processes = 2
    expect(new Set([...known, told([odd], 0)]).size).toBe(7)
  })

  test('a caller without a limit of its own gets no header of that kind', () => {
    const limits = createLimits()
    const gate = limits.gateFor([scope('account', 3, 8_000), scope('user', null, 7_000), scope('key', 5, null)], 0)
    const { rates } = limits.take(gate, 3_000, 0)
    const namesOf = (dialect: 'openai' | 'anthropic', own: 'key' | 'user') =>
      headersOf(dialect, rates, own).filter((_, at) => at % 2 === 0)
    expect(namesOf('openai', 'key')).toEqual([
      'x-ratelimit-limit-requests',
      'x-ratelimit-remaining-requests',
      'x-ratelimit-reset-requests',
    ])
    expect(namesOf('anthropic', 'user')).toEqual([
      'anthropic-ratelimit-tokens-limit',
      'anthropic-ratelimit-tokens-remaining',
      'anthropic-ratelimit-tokens-reset',
    ])
  })
})
