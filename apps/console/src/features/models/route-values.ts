import type { Model } from '@cockpit/contract/models'
import { DeploymentRoute, type FallbackReason, type ModelRoute } from '@cockpit/contract/routing'

/** A route as its form holds it: every deployment of the model has a row. */
export type RouteValues = {
  strategy: ModelRoute['strategy']
  sticky: ModelRoute['sticky']
  deployments: (DeploymentRoute & { connectionName: string; costInput: string; costOutput: string })[]
  fallbacks: { model: string | null; on: FallbackReason[] }[]
  attemptsMax: number | null
  retriesPercentMax: number | null
  breakerFailures: number | null
  breakerSeconds: number | null
  hedge: 'none' | 'after' | 'usual'
  hedgeMs: number | null
  hedgeCredits: string
  hedgePercent: number | null
  continuationsMax: number | null
  shadowModel: string | null
  shadowKey: string | null
  shadowPercent: number | null
}

export const routeValuesOf = (model: Model, route: ModelRoute): RouteValues => ({
  strategy: route.strategy,
  sticky: route.sticky,
  deployments: model.deployments.map(({ connectionId, connectionName, upstreamModel }) => {
    const stored =
      route.deployments.find((one) => one.connectionId === connectionId && one.upstreamModel === upstreamModel) ??
      DeploymentRoute.parse({ connectionId, upstreamModel })
    return {
      ...stored,
      connectionName,
      costInput: stored.cost?.input ?? '',
      costOutput: stored.cost?.output ?? '',
    }
  }),
  fallbacks: route.fallbacks,
  attemptsMax: route.attemptsMax,
  retriesPercentMax: route.retriesPercentMax,
  breakerFailures: route.breaker.failures,
  breakerSeconds: route.breaker.coolMs / 1_000,
  hedge: route.hedge ? (route.hedge.afterMs === null ? 'usual' : 'after') : 'none',
  hedgeMs: route.hedge?.afterMs ?? null,
  hedgeCredits: route.hedge?.creditsMax ?? '',
  hedgePercent: route.hedge?.percentMax ?? 5,
  continuationsMax: route.continuationsMax ?? null,
  shadowModel: route.shadow?.model ?? null,
  shadowKey: route.shadow?.keyId ?? null,
  shadowPercent: route.shadow?.percent ?? 1,
})

/** Deployments that say nothing but the defaults are left out. */
export const routeInput = (values: RouteValues): ModelRoute => ({
  strategy: values.strategy,
  sticky: values.sticky,
  deployments: values.deployments.map(({ connectionName: _, costInput, costOutput, ...options }) => ({
    ...options,
    cost: costInput || costOutput ? { input: costInput || '0', output: costOutput || '0' } : null,
  })),
  fallbacks: values.fallbacks.flatMap(({ model, on }) => (model ? [{ model, on }] : [])),
  attemptsMax: values.attemptsMax,
  retriesPercentMax: values.retriesPercentMax,
  breaker: { failures: values.breakerFailures ?? 5, coolMs: (values.breakerSeconds ?? 30) * 1_000 },
  ...(values.continuationsMax !== null && { continuationsMax: values.continuationsMax }),
  ...(values.shadowModel !== null && {
    shadow: { model: values.shadowModel, keyId: values.shadowKey ?? '', percent: values.shadowPercent ?? 1 },
  }),
  ...(values.hedge !== 'none' && {
    hedge: {
      afterMs: values.hedge === 'after' ? (values.hedgeMs ?? 1_000) : null,
      creditsMax: values.hedgeCredits || null,
      percentMax: values.hedgePercent ?? 5,
    },
  }),
})
