import { DeploymentRoute, ModelRoute } from '@cockpit/contract/routing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Candidate,
  type CandidateLoad,
  candidateOf,
  emptyRouteReason,
  fallbackAfter,
  idle,
  orderRoute,
  type RouteAsk,
} from './route.ts'
import { simulateRoute } from './route-trial.ts'

const routeWith = (differs: object = {}) => ModelRoute.parse(differs)
const named = (place: number, options: object = {}): Candidate => {
  const connectionId = `con_${place}`
  const deployments = [DeploymentRoute.parse({ connectionId, upstreamModel: 'm', ...options })]
  return candidateOf(routeWith({ deployments }), { connectionId, upstreamModel: 'm' }, true, { input: 1, output: 1 })
}
const ask = (differs: Partial<RouteAsk> = {}): RouteAsk => ({
  inputTokens: 100,
  outputTokens: 100,
  sticky: null,
  random: 0.5,
  turn: 0,
  ...differs,
})
const load = (differs: Partial<CandidateLoad>): CandidateLoad => ({ ...idle, ...differs })
const open = load({ blocked: 'breaker_open', blockedUntil: 100 })
/** Who is first, over `calls` calls whose dice fall evenly. */
const firsts = (route: ModelRoute, candidates: readonly Candidate[], calls = 10_000): number[] => {
  const counts = candidates.map(() => 0)
  for (let call = 0; call < calls; call++) {
    const [first] = orderRoute(route, candidates, [], ask({ random: (call + 0.5) / calls, turn: call })).order
    if (first !== undefined) counts[first] = (counts[first] ?? 0) + 1
  }
  return counts.map((count) => count / calls)
}

const strategies = ['ordered', 'weighted', 'round_robin', 'least_busy', 'lowest_latency', 'lowest_cost'] as const
const anyRoute = fc.record({ strategy: fc.constantFrom(...strategies), sticky: fc.constantFrom('none', 'user') })
const anyLoad = fc.record({
  busy: fc.nat(20),
  latencyMs: fc.option(fc.double({ min: 1, max: 5_000, noNaN: true })),
  recent: fc.nat(20),
  blocked: fc.option(fc.constantFrom('cooling' as const, 'breaker_open' as const, 'credential' as const)),
  blockedUntil: fc.nat(1_000),
})
const anyCandidate = fc.record({
  tier: fc.nat(3),
  weight: fc.nat(10),
  parallelMax: fc.option(fc.integer({ min: 1, max: 20 })),
  perMinuteMax: fc.option(fc.integer({ min: 1, max: 20 })),
  inputTokensMax: fc.option(fc.integer({ min: 1, max: 200 })),
  canaryPercent: fc.option(fc.nat(50)),
})
const anyAsk = fc.record({
  inputTokens: fc.nat(300),
  outputTokens: fc.nat(300),
  sticky: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true })),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  turn: fc.nat(),
})

describe('the order of a route', () => {
  test('whatever the route: everybody is either tried once or passed over for a reason, and tiers keep their order', () => {
    fc.assert(
      fc.property(
        anyRoute,
        fc.array(fc.tuple(anyCandidate, anyLoad), { minLength: 1, maxLength: 8 }),
        anyAsk,
        (differs, drawn, asked) => {
          const candidates = drawn.map(([options], at) => named(at, options))
          const found = orderRoute(
            routeWith(differs),
            candidates,
            drawn.map(([, one]) => one),
            asked,
          )
          expect(new Set(found.order).size).toBe(found.order.length)
          for (const [at, why] of found.passedOver.entries()) expect(found.order.includes(at)).toBe(why === null)
          const regular = found.order.filter((at) => candidates[at]?.options.canaryPercent === null)
          const tiers = regular.map((at) => candidates[at]?.options.tier ?? 0)
          expect(tiers).toEqual([...tiers].sort((a, b) => a - b))
        },
      ),
    )
  })

  test('a blocked deployment is never tried while another can serve', () => {
    fc.assert(
      fc.property(anyRoute, fc.array(anyLoad, { minLength: 2, maxLength: 8 }), anyAsk, (differs, loads, asked) => {
        const candidates = loads.map((_, at) => named(at))
        const { order, lastResort } = orderRoute(routeWith(differs), candidates, loads, asked)
        const isAnyAlive = loads.some(({ blocked }) => blocked === null)
        expect(lastResort).toBe(!isAnyAlive)
        if (isAnyAlive) for (const at of order) expect(loads[at]?.blocked).toBeNull()
        else expect(order).toHaveLength(1)
      }),
    )
  })

  test('the last resort is the one that may be well again soonest, and never one that is switched off', () => {
    const off = { ...named(2), active: false }
    const loads = [load({ ...open, blockedUntil: 900 }), load({ ...open, blockedUntil: 300 }), idle]
    expect(orderRoute(routeWith(), [named(0), named(1), off], loads, ask())).toEqual({
      order: [1],
      passedOver: ['breaker_open', null, 'disabled'],
      lastResort: true,
    })
  })

  test('weights hold within two percent of all calls', () => {
    const route = routeWith({ strategy: 'weighted' })
    const [a = 0, b = 0, c = 0] = firsts(route, [
      named(0, { weight: 7 }),
      named(1, { weight: 2 }),
      named(2, { weight: 1 }),
    ])
    expect(Math.abs(a - 0.7)).toBeLessThan(0.02)
    expect(Math.abs(b - 0.2)).toBeLessThan(0.02)
    expect(Math.abs(c - 0.1)).toBeLessThan(0.02)
  })

  test('without weight a deployment only stands in for those that have one', () => {
    const route = routeWith({ strategy: 'weighted' })
    const candidates = [named(0, { weight: 0 }), named(1), named(2)]
    expect(firsts(route, candidates)[0]).toBe(0)
    expect(orderRoute(route, candidates, [], ask()).order.at(-1)).toBe(0)
  })

  test('a canary gets its share of all calls and none of the others, not even when they fail', () => {
    const candidates = [named(0), named(1, { canaryPercent: 5 })]
    const [, canary = 0] = firsts(routeWith(), candidates)
    expect(Math.abs(canary - 0.05)).toBeLessThan(0.01)
    const undrawn = Array.from({ length: 200 }, (_, at) =>
      orderRoute(routeWith(), candidates, [], ask({ random: at / 200 })),
    )
    for (const { order } of undrawn) expect([[0], [1, 0]]).toContainEqual(order)
  })

  test('round robin takes turns in the first tier and leaves the next tier behind it', () => {
    const candidates = [named(0), named(1), named(2, { tier: 1 })]
    const orders = [0, 1, 2].map(
      (turn) => orderRoute(routeWith({ strategy: 'round_robin' }), candidates, [], ask({ turn })).order,
    )
    expect(orders).toEqual([
      [0, 1, 2],
      [1, 0, 2],
      [0, 1, 2],
    ])
  })

  test.each([
    ['least_busy', [load({ busy: 3 }), load({ busy: 1 }), load({ busy: 2 })], [1, 2, 0]],
    ['lowest_latency', [load({ latencyMs: 900 }), load({ latencyMs: 80 }), load({ latencyMs: 300 })], [1, 2, 0]],
    ['lowest_latency', [load({ latencyMs: 900 }), load({ latencyMs: 80 }), load({ latencyMs: null })], [2, 1, 0]],
  ] as const)('%s orders by what the process has seen', (strategy, loads, order) => {
    expect(orderRoute(routeWith({ strategy }), [named(0), named(1), named(2)], loads, ask()).order).toEqual(order)
  })

  test('a deployment with more weight may be busier before another is preferred', () => {
    const loads = [load({ busy: 3 }), load({ busy: 2 })]
    const route = routeWith({ strategy: 'least_busy' })
    expect(orderRoute(route, [named(0, { weight: 4 }), named(1)], loads, ask()).order).toEqual([0, 1])
  })

  test('the lowest cost depends on what the call is', () => {
    const candidates = [
      named(0, { cost: { input: '1', output: '10' } }),
      named(1, { cost: { input: '3', output: '3' } }),
      named(2, { cost: { input: '0', output: '0' }, tier: 1 }),
    ]
    const first = (inputTokens: number, outputTokens: number) =>
      orderRoute(routeWith({ strategy: 'lowest_cost' }), candidates, [], ask({ inputTokens, outputTokens })).order[0]
    expect([first(10_000, 10), first(10, 10_000)]).toEqual([0, 1])
  })

  test('a session stays with its deployment whatever the dice say, and moves only when that one is gone', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.array(anyAsk, { minLength: 2 }),
        (sticky, asks) => {
          const route = routeWith({ strategy: 'weighted', sticky: 'session' })
          const candidates = [named(0), named(1), named(2), named(3)]
          const orders = asks.map((one) => orderRoute(route, candidates, [], { ...one, sticky }).order)
          expect(new Set(orders.map(String)).size).toBe(1)
          const [home = 0, ...others] = orders[0] ?? []
          const gone = candidates.map((_, at) => (at === home ? open : idle))
          expect(orderRoute(route, candidates, gone, ask({ sticky })).order).toEqual(others)
          // the loss of somebody else's home changes nothing
          const other = candidates.map((_, at) => (at === others[0] ? open : idle))
          expect(orderRoute(route, candidates, other, ask({ sticky })).order[0]).toBe(home)
        },
      ),
    )
  })

  test('limits and lengths leave out, each with its reason', () => {
    const candidates = [
      named(0, { parallelMax: 2 }),
      named(1, { perMinuteMax: 5 }),
      named(2, { inputTokensMax: 50 }),
      { ...named(3), active: false },
    ]
    const loads = [load({ busy: 2 }), load({ recent: 5 }), idle, idle]
    const { order, passedOver } = orderRoute(routeWith(), candidates, loads, ask())
    expect([order, passedOver]).toEqual([[], ['parallel_limit', 'rate_limit', 'context_length', 'disabled']])
    expect(emptyRouteReason(passedOver)).toBe('rate_limit')
    expect(emptyRouteReason(['context_length', 'disabled'])).toBe('context_length')
  })
})

test('a fallback is chosen by its reason, in order, and never twice', () => {
  const route = routeWith({
    fallbacks: [
      { model: 'long', on: ['context_length'] },
      { model: 'spare', on: ['error', 'timeout'] },
      { model: 'last', on: ['error'] },
    ],
  })
  expect(fallbackAfter(route, 'context_length', ['m'])).toBe('long')
  expect(fallbackAfter(route, 'error', ['m'])).toBe('spare')
  expect(fallbackAfter(route, 'error', ['m', 'spare'])).toBe('last')
  expect(fallbackAfter(route, 'content_filter', ['m'])).toBeNull()
})

describe('what would happen', () => {
  const on = (
    place: number,
    fails: 'error' | 'slow' | 'credential' | 'context_length' | 'rate_limit' | null,
    differs: object = {},
  ) => ({
    connectionId: `con_${place}`,
    connection: `Connection ${place}`,
    upstreamModel: 'm',
    candidate: named(place),
    load: null,
    maxRetries: 1,
    fails,
    ...differs,
  })
  const route = routeWith({ fallbacks: [{ model: 'long', on: ['context_length', 'error'] }] })

  test('an error is repeated, then the next one answers', () => {
    const { steps, answeredBy } = simulateRoute('m', route, [on(0, 'error'), on(1, null)], ask())
    expect(steps.map(({ kind, ok }) => [kind, ok])).toEqual([
      ['attempt', false],
      ['retry', false],
      ['attempt', true],
    ])
    expect(answeredBy).toEqual({ connectionId: 'con_1', connection: 'Connection 1', model: 'm' })
  })

  test('a refused credential takes every deployment of its connection with it', () => {
    const second = on(0, null, { upstreamModel: 'other' })
    const { steps } = simulateRoute('m', route, [on(0, 'credential'), second, on(1, null)], ask())
    expect(steps.map(({ kind }) => kind)).toEqual(['attempt', 'skip', 'attempt'])
  })

  test('a prompt that is too long is no matter for the other deployments but for another model', () => {
    const { steps, answeredBy } = simulateRoute('m', route, [on(0, 'context_length'), on(1, null)], ask())
    expect(steps.map(({ kind }) => kind)).toEqual(['attempt', 'fallback'])
    expect(answeredBy?.model).toBe('long')
  })

  test('attempts end where the route says, and without a fallback the caller gets the error', () => {
    const short = routeWith({ attemptsMax: 1 })
    const { steps, answeredBy } = simulateRoute('m', short, [on(0, 'rate_limit'), on(1, null)], ask())
    expect(steps.map(({ kind }) => kind)).toEqual(['attempt', 'refused', 'refused'])
    expect(answeredBy).toBeNull()
  })

  test('who begins late is overtaken where the route sends a second call, and only there', () => {
    const hedging = routeWith({ hedge: { afterMs: 300 } })
    const told = (differs: ModelRoute, second: 'error' | null = null) => {
      const { steps, answeredBy } = simulateRoute('m', differs, [on(0, 'slow'), on(1, second)], ask())
      return [...steps.map(({ kind, ok }) => `${kind} ${ok}`), answeredBy?.connectionId]
    }
    expect(told(hedging)).toEqual(['attempt false', 'hedge true', 'con_1'])
    expect(told(hedging, 'error')).toEqual(['attempt false', 'hedge false', 'attempt true', 'con_0'])
    expect(told(routeWith())).toEqual(['attempt true', 'con_0'])
    expect(told(routeWith({ hedge: { afterMs: 300 }, attemptsMax: 1 }))).toEqual(['attempt true', 'con_0'])
  })
})
