/**
 * What runs, sessions and agents use, counted in the database for all processes together: reserved before a call, settled
 * after it, exact and without any slack. Only calls that have a cap come here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { amountOf, type CapFigure, capDenial, measures, type WorkMeasure } from '@cockpit/policy'
import type { Log } from '../../platform/index.ts'
import type { CapPort, WorkAsk, WorkUse } from '../ports.ts'
import { type Refusal, refusal, refusalOf } from '../refusal.ts'
import type { CappedWork } from './named.ts'

export type CapTicket = { readonly accountId: string; readonly callId: string }
export type CapVerdict = {
  ticket: CapTicket | null
  figures: readonly CapFigure[]
  blocked: CapFigure | null
  refused: Refusal | null
  /** How long the call may take, where the time of something it belongs to ends, and what is said then. */
  late: { afterMs: number; refused: Refusal } | null
}
type Need = { credits: bigint; tokens: number }
type Used = Need & { calls: number }
type Deps = { port: CapPort | null; newId: () => string; now: () => number; log: Log; waitMs?: number }

const unsettled = 8

export const createCaps = ({ port, newId, now, log, waitMs = 500 }: Deps) => {
  const underWay = new Set<Promise<void>>()

  const settleSoon = async ({ accountId, callId }: CapTicket, used: Used): Promise<void> => {
    for (let attempt = 1; port && attempt <= unsettled; attempt++)
      try {
        return await port.settle({ accountId, callId, used })
      } catch (error) {
        if (attempt === unsettled)
          log.error({ err: error, requestId: callId }, 'what a call used of a cap is not settled')
        else await sleep(Math.min(30_000, 250 * 2 ** attempt), undefined, { ref: false })
      }
  }

  const count = async (named: readonly CappedWork[], ticket: CapTicket, need: Need): Promise<CapVerdict> => {
    const uses = await port?.take({ ...ticket, asks: named.map((work) => askOf(work, newId())), ...need })
    if (!uses) throw new Error('nobody counts')
    return verdictOf(named, uses, ticket, need, now())
  }

  return {
    /** Reserves in all of it or in nothing. */
    async take(work: readonly CappedWork[], ticket: CapTicket, need: Need): Promise<CapVerdict> {
      const alone = work.filter(({ name }) => name === null)
      const tooMuch = alone.flatMap((one) => aloneDenial(one, need) ?? [])[0]
      if (tooMuch) return { ...nothing, refused: tooMuch }
      const named = work.filter(({ name }) => name !== null)
      if (named.length === 0) return { ...nothing, ticket }
      try {
        return await count(named, ticket, need)
      } catch (error) {
        log.warn({ err: error, requestId: ticket.callId }, 'what a run, a session or an agent has used is not known')
        return { ...nothing, refused: unavailable }
      }
    },

    /** Fulfilled when it is settled, or has taken so long that nobody should wait for it. */
    settle(ticket: CapTicket, used: Used): Promise<void> {
      const settled = settleSoon(ticket, used)
      underWay.add(settled)
      void settled.finally(() => underWay.delete(settled))
      return Promise.race([settled, sleep(waitMs, undefined, { ref: false })])
    },

    async drain(): Promise<void> {
      await Promise.race([Promise.all(underWay), sleep(2_000, undefined, { ref: false })])
    },
  }
}
export type Caps = ReturnType<typeof createCaps>

const nothing: CapVerdict = { ticket: null, figures: [], blocked: null, refused: null, late: null }
const unavailable = refusal(
  'budget.unavailable',
  'What its run, session or agent has used is not known at the moment, so nothing can be reserved for this call.',
)

const askOf = ({ kind, name, owner, period, bounds }: CappedWork, id: string): WorkAsk => ({
  ...{ kind, id, owner, name: name ?? '', period },
  credits: bounds.credits?.max ?? null,
  tokens: bounds.tokens?.max ?? null,
  calls: bounds.calls?.max ?? null,
  seconds: bounds.seconds?.max ?? null,
})

const verdictOf = (
  named: readonly CappedWork[],
  uses: readonly WorkUse[],
  ticket: CapTicket,
  need: Need,
  now: number,
): CapVerdict => {
  const short = uses.find((use) => use.short !== null)
  const took = short ? none : { credits: need.credits, tokens: BigInt(need.tokens), calls: 1n }
  const counted = named.flatMap((work) => {
    const use = uses.find(({ kind }) => kind === work.kind)
    return use ? [{ work, use }] : []
  })
  const figures = counted.flatMap(({ work, use }) => figuresOf(work, use, took, now))
  const blocked = figures.find(({ kind, measure }) => kind === short?.kind && measure === short.short) ?? null
  const bound = blocked && named.find(({ kind }) => kind === blocked.kind)?.bounds[blocked.measure]
  const needed = blocked?.measure === 'credits' ? need.credits : BigInt(need.tokens)
  return {
    ticket: short ? null : ticket,
    figures,
    blocked,
    refused: blocked && bound ? refusalOf(capDenial(blocked, bound, needed)) : null,
    late: short ? null : soonest(counted.flatMap(({ work, use }) => endOf(work, use, now) ?? [])),
  }
}

const figuresOf = ({ kind, name, bounds }: CappedWork, use: WorkUse, took: typeof none, now: number): CapFigure[] => {
  const used: Record<WorkMeasure, bigint> = {
    credits: use.credits + took.credits,
    tokens: use.tokens + took.tokens,
    calls: use.calls + took.calls,
    seconds: BigInt(Math.max(0, Math.floor((now - use.since) / 1_000))),
  }
  return measures.flatMap((measure) => {
    const bound = bounds[measure]
    return bound ? [{ kind, name: name ?? '', measure, max: bound.max, used: used[measure] }] : []
  })
}

type End = NonNullable<CapVerdict['late']>

const endOf = ({ kind, name, bounds: { seconds } }: CappedWork, use: WorkUse, now: number): End | null => {
  if (!seconds) return null
  const over = { kind, name: name ?? '', measure: 'seconds' as const, max: seconds.max, used: seconds.max }
  return {
    afterMs: use.since + Number(seconds.max) * 1_000 - now,
    refused: refusalOf(capDenial(over, seconds, 0n)),
  }
}

const soonest = (ends: readonly End[]): End | null =>
  ends.reduce<End | null>((least, one) => (least === null || one.afterMs < least.afterMs ? one : least), null)

const none = { credits: 0n, tokens: 0n, calls: 0n }

/** A call that is all of its run may use as much as a run may. */
const aloneDenial = ({ kind, bounds }: CappedWork, need: Need): Refusal | null => {
  for (const measure of ['credits', 'tokens'] as const) {
    const bound = bounds[measure]
    const needed = measure === 'credits' ? need.credits : BigInt(need.tokens)
    if (bound && needed > bound.max)
      return refusalOf(capDenial({ kind, name: 'without a name', measure, max: bound.max, used: 0n }, bound, needed))
  }
  return null
}

/** What is left, for the caller: `x-cockpit-run-remaining: credits=0.4, calls=7`. */
export const capHeaders = (figures: readonly CapFigure[]): string[] => {
  const byKind = new Map<string, string[]>()
  for (const { kind, measure, max, used } of figures) {
    const left = used < max ? max - used : 0n
    byKind.set(kind, [...(byKind.get(kind) ?? []), `${measure}=${amountOf(measure, left)}`])
  }
  return [...byKind].flatMap(([kind, left]) => [`x-cockpit-${kind}-remaining`, left.join(', ')])
}
