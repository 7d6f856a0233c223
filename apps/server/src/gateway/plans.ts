/** Decisions made once and used for every call of a key to a model until the snapshot or the clock changes them. */
import type { SliceCacheRule, SliceConnection } from '@cockpit/contract/snapshot'
import { usageFrame } from '@cockpit/contract/usage-line'
import {
  type AccountWorld,
  type CallPlan,
  type Guard,
  guardOf,
  type PlannedDeployment,
  planCall,
  type Via,
} from '@cockpit/policy'
import type { Funds } from './funds/index.ts'
import type { Purse } from './funds/purse.ts'
import type { Outside, OutsideChecks } from './guards/index.ts'
import { type Holder, principalOf } from './holder.ts'
import type { Limits, RateGate } from './limits.ts'
import { createRouter, type DeploymentLoad, type Loads, type Router, type Turns } from './routing/index.ts'
import type { Target, Targets } from './upstream/index.ts'

export type Deployment = {
  readonly target: Target
  readonly upstreamModel: string
  readonly upstreamModelJson: string
  /** What this process knows of it; null where nothing depends on it. */
  readonly load: DeploymentLoad | null
  /** The longest its stream may take until there is content; null where only its connection's time-outs count. */
  readonly firstTokenMs: number | null
}

/** A plan with what it refers to in this process. */
export type PlanEntry = {
  readonly plan: CallPlan
  readonly gate: RateGate
  readonly purse: Purse | null
  readonly deployments: readonly Deployment[]
  /** What looks at its texts; null where nothing does. */
  readonly guard: Guard | null
  /** Who outside is asked about its texts; null where nobody is. */
  readonly outside: Outside | null
  /** How its answers are kept; null where they are not. */
  readonly cache: SliceCacheRule | null
  /** Null where there is nothing to decide: one deployment, and no route. */
  readonly router: Router | null
  /** What is said instead to calls that need what the model cannot do, by what they need. */
  readonly refusing: Map<number, PlanEntry>
  /** The part of its usage lines that is the same for all calls. */
  readonly frame: string
}

/** `tags`: those that count, in one order. */
type Asked = {
  account: AccountWorld
  holder: Holder
  model: string
  tags: readonly string[]
  /** The one deployment that may serve it; null: any. */
  via: Via | null
}
type Deps = {
  limits: Limits
  funds: Funds
  targets: Targets
  loads: Loads
  outside: OutsideChecks
  now: () => number
  random: () => number
}

/** Callers may invent model names, so the cache of one key is emptied rather than grown without end. */
const modelsPerKeyMax = 5_000

export const createPlans = ({ limits, funds, targets, loads, outside, now, random }: Deps) => {
  const cache = new WeakMap<AccountWorld, Map<Holder, Map<string, PlanEntry>>>()

  const turns: Turns = new Map()

  const prepare = (account: AccountWorld, holder: Holder, model: string, plan: CallPlan, at: number): PlanEntry => {
    const deployments = plan.denied ? [] : deploymentsOf(account, plan)
    return {
      plan,
      refusing: new Map(),
      cache: plan.denied ? null : plan.cache,
      frame: frameOf(account, holder, model, plan),
      guard: plan.denied || plan.guardrails.length === 0 ? null : guardOf(plan.guardrails),
      outside: plan.denied ? null : outside.of(plan.guardrails, account.slice),
      gate: limits.gateFor(plan.rateScopes, at),
      purse: plan.denied ? null : funds.purseFor(plan, holder),
      deployments,
      router: createRouter(plan, deployments, { now, random, turns }),
    }
  }

  const deploymentsOf = (account: AccountWorld, { deployments, model }: CallPlan): Deployment[] => {
    const isPlain = deployments.length === 1 && model?.route === undefined
    return deployments.map((planned) => {
      const { connection, upstreamModel, candidate } = planned
      return {
        target: targets.of(timed(planned), account.slice.connections.includes(connection)),
        upstreamModel,
        upstreamModelJson: JSON.stringify(upstreamModel),
        load: isPlain ? null : loads.of(connection, upstreamModel),
        firstTokenMs: candidate.options.timeouts.firstTokenMs ?? null,
      }
    })
  }

  const modelsOf = (account: AccountWorld, holder: Holder): Map<string, PlanEntry> => {
    let keys = cache.get(account)
    if (!keys) {
      keys = new Map()
      cache.set(account, keys)
    }
    let models = keys.get(holder)
    if (!models || models.size > modelsPerKeyMax) {
      models = new Map()
      keys.set(holder, models)
    }
    return models
  }

  const made = ({ account, holder, model, tags, via }: Asked, needs: number, at: number): PlanEntry =>
    prepare(account, holder, model, planCall(account, principalOf(holder), model, at, needs, tags, via), at)

  return {
    /** `needs`: what the call asks of the model, as the policy counts it. */
    of(asked: Asked, needs: number): PlanEntry {
      const { account, holder, model, tags, via } = asked
      const models = modelsOf(account, holder)
      const at = now()
      const tagged = tags.length === 0 ? model : `${model}\n${tags.join()}`
      const name = via === null ? tagged : `${tagged}\n\n${via.connectionId}\n${via.upstreamModel}`
      let entry = models.get(name)
      if (!entry || at >= entry.plan.validUntil) {
        entry = made(asked, 0, at)
        models.set(name, entry)
      }
      if ((needs & ~entry.plan.abilities) === 0) return entry
      const refusing = entry.refusing.get(needs) ?? made(asked, needs, at)
      entry.refusing.set(needs, refusing)
      return refusing
    },
  }
}
export type Plans = ReturnType<typeof createPlans>

/** A connection with the time-outs of one deployment: one object for as long as both are the same, as targets are kept by it. */
const timed = ({ connection, candidate }: PlannedDeployment): SliceConnection => {
  const { connectMs, betweenTokensMs, totalMs } = candidate.options.timeouts
  const { timeouts } = connection
  const differs = {
    connectMs: connectMs ?? timeouts.connectMs,
    firstByteMs: timeouts.firstByteMs,
    idleMs: betweenTokensMs ?? timeouts.idleMs,
    totalMs: totalMs ?? timeouts.totalMs,
  }
  const name = JSON.stringify(differs)
  if (name === JSON.stringify(timeouts)) return connection
  const known = timedConnections.get(connection) ?? new Map<string, SliceConnection>()
  timedConnections.set(connection, known)
  const one = known.get(name) ?? { ...connection, timeouts: differs }
  known.set(name, one)
  return one
}

const timedConnections = new WeakMap<SliceConnection, Map<string, SliceConnection>>()

const frameOf = (account: AccountWorld, holder: Holder, model: string, plan: CallPlan): string =>
  usageFrame({
    accountId: account.slice.account.id,
    planId: plan.trace.id,
    keyId: holder.id,
    ...plan.owner,
    modelId: plan.model?.id ?? null,
    model,
    factor: plan.factor,
    priceVersion: plan.price?.version ?? null,
  })
