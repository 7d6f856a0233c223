/** Decisions made once and used for every call of a key to a model until the snapshot or the clock changes them. */
import { usageFrame } from '@cockpit/contract/usage-line'
import { type AccountWorld, type CallPlan, type Guard, guardOf, planCall } from '@cockpit/policy'
import type { Funds } from './funds/index.ts'
import type { Purse } from './funds/purse.ts'
import { type Holder, principalOf } from './holder.ts'
import type { Limits, RateGate } from './limits.ts'
import type { Target, Targets } from './upstream/index.ts'

export type Deployment = { readonly target: Target; readonly upstreamModel: string; readonly upstreamModelJson: string }

/** A plan with what it refers to in this process. */
export type PlanEntry = {
  readonly plan: CallPlan
  readonly gate: RateGate
  readonly purse: Purse | null
  readonly deployments: readonly Deployment[]
  /** What looks at its texts; null where nothing does. */
  readonly guard: Guard | null
  /** What is said instead to calls that need what the model cannot do, by what they need. */
  readonly refusing: Map<number, PlanEntry>
  /** The part of its usage lines that is the same for all calls. */
  readonly frame: string
}

type Deps = { limits: Limits; funds: Funds; targets: Targets; now: () => number }

/** Callers may invent model names, so the cache of one key is emptied rather than grown without end. */
const modelsPerKeyMax = 5_000

export const createPlans = ({ limits, funds, targets, now }: Deps) => {
  const cache = new WeakMap<AccountWorld, Map<Holder, Map<string, PlanEntry>>>()

  const prepare = (account: AccountWorld, holder: Holder, model: string, plan: CallPlan, at: number): PlanEntry => ({
    plan,
    refusing: new Map(),
    frame: frameOf(account, holder, model, plan),
    guard: plan.denied || plan.guardrails.length === 0 ? null : guardOf(plan.guardrails),
    gate: limits.gateFor(plan.rateScopes, at),
    purse: plan.denied ? null : funds.purseFor(plan),
    deployments: plan.denied
      ? []
      : plan.deployments.map(({ connection, upstreamModel }) => ({
          target: targets.of(connection, account.slice.connections.includes(connection)),
          upstreamModel,
          upstreamModelJson: JSON.stringify(upstreamModel),
        })),
  })

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

  const made = (account: AccountWorld, holder: Holder, model: string, needs: number, at: number): PlanEntry =>
    prepare(account, holder, model, planCall(account, principalOf(holder), model, at, needs), at)

  return {
    /** `needs`: what the call asks of the model, as the policy counts it. */
    of(account: AccountWorld, holder: Holder, model: string, needs: number): PlanEntry {
      const models = modelsOf(account, holder)
      const at = now()
      let entry = models.get(model)
      if (!entry || at >= entry.plan.validUntil) {
        entry = made(account, holder, model, 0, at)
        models.set(model, entry)
      }
      if ((needs & ~entry.plan.abilities) === 0) return entry
      const refusing = entry.refusing.get(needs) ?? made(account, holder, model, needs, at)
      entry.refusing.set(needs, refusing)
      return refusing
    },
  }
}
export type Plans = ReturnType<typeof createPlans>

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
