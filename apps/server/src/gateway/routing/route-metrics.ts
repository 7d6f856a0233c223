/** How often routes had to help themselves, in figures for Prometheus. Models are named as the catalog has them. */
import { family } from '../metrics.ts'
import type { Loads } from './loads.ts'

export const createRouteMetrics = () => {
  const failovers = counter(['model', 'code'])
  const fallbacks = counter(['model', 'to', 'reason'])
  const breakers = counter(['to'])
  const hedges = counter(['model', 'winner'])
  const continuations = counter(['model', 'outcome'])
  return {
    failedOver: (model: string, code: string) => failovers.add(model, code),
    fellBack: (model: string, to: string, reason: string) => fallbacks.add(model, to, reason),
    hedged: (model: string, winner: 'first' | 'second') => hedges.add(model, winner),
    continued: (model: string, outcome: 'joined' | 'failed') => continuations.add(model, outcome),
    breaker: (to: 'open' | 'closed') => breakers.add(to),
    text(loads: Loads, now: number): string {
      const all = [...loads.all()].map((load) => ({ load, ...load.look(now) }))
      const labels = ({ load }: (typeof all)[number]) => ({ connection: load.connection, model: load.upstreamModel })
      return [
        family('cockpit_failovers_total', 'counter', 'Calls that moved on to the next deployment', failovers.samples()),
        family('cockpit_fallbacks_total', 'counter', 'Calls that moved on to another model', fallbacks.samples()),
        family('cockpit_hedges_total', 'counter', 'Second calls beside slow ones, by who answered', hedges.samples()),
        family(
          'cockpit_continuations_total',
          'counter',
          'Calls for the rest of a stream that broke off, by whether it came',
          continuations.samples(),
        ),
        family(
          'cockpit_breaker_changes_total',
          'counter',
          'Circuit breakers that opened or closed',
          breakers.samples(),
        ),
        family(
          'cockpit_deployment_blocked',
          'gauge',
          '1 while a deployment is left alone',
          all.map((one) => ({
            labels: { ...labels(one), why: one.blocked ?? '' },
            value: one.blocked === null ? 0 : 1,
          })),
        ),
        family(
          'cockpit_deployment_busy',
          'gauge',
          'Calls a deployment is answering',
          all.map((one) => ({ labels: labels(one), value: one.busy })),
        ),
      ].join('')
    },
  }
}
export type RouteMetrics = ReturnType<typeof createRouteMetrics>

const counter = <const Names extends readonly string[]>(names: Names) => {
  const counts = new Map<string, { values: readonly string[]; count: number }>()
  return {
    add(...values: { [At in keyof Names]: string }) {
      const key = values.join('\n')
      const known = counts.get(key)
      if (known) known.count++
      else counts.set(key, { values, count: 1 })
    },
    samples: () =>
      [...counts.values()].map(({ values, count }) => ({
        labels: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])),
        value: count,
      })),
  }
}
