import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { ExplainStep, Explanation } from '@cockpit/contract/explain'
import { decimalOf } from '@cockpit/contract/money'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { type NodeFigures, remainingOf } from './steps.ts'

/** The explanation of one decision: its constant plan, the steps that varied, and the verdict. */
export const explanationOf = (input: {
  trace: TracePlan
  model: string
  steps: readonly ExplainStep[]
  figures: readonly NodeFigures[]
  /** As it was told; the log also holds failures that the policy does not know. */
  denied: { code: string; message: string } | null
  at: number
}): Explanation => ({
  decision: input.denied ? 'deny' : 'allow',
  code: input.denied?.code ?? null,
  message: input.denied?.message ?? null,
  principal: input.trace.principal,
  accountId: input.trace.accountId,
  model: input.model,
  steps: [...input.trace.steps, ...input.steps],
  deployments: input.trace.deployments,
  budget: allocationOf(input.trace, input.figures),
  snapshotVersion: input.trace.snapshotVersion,
  at: new Date(input.at).toISOString(),
})

const allocationOf = ({ budget, factor }: TracePlan, figures: readonly NodeFigures[]): EffectiveAllocation | null => {
  if (!budget) return null
  const chain = budget.path.flatMap(({ nodeId, mode, scope }) => {
    const figure = figures.find((f) => f.nodeId === nodeId)
    return figure ? [{ nodeId, mode, scope, figure }] : []
  })
  const least = chain.reduce<bigint | null>(
    (min, { figure }) => (min === null || remainingOf(figure) < min ? remainingOf(figure) : min),
    null,
  )
  return {
    payer: budget.payer,
    limit: chain.length > 0 ? decimalOf(chain.at(-1)?.figure.limit ?? 0n) : null,
    remaining: least === null ? null : decimalOf(least),
    source: budget.source,
    chain: chain.map(({ nodeId, mode, scope, figure }) => ({
      nodeId,
      mode,
      scope,
      limit: decimalOf(figure.limit),
      held: decimalOf(figure.held),
      settled: decimalOf(figure.settled),
      remaining: decimalOf(remainingOf(figure)),
      binding: remainingOf(figure) === least,
    })),
    cycle: {
      startsAt: new Date(budget.cycle.startsAt).toISOString(),
      endsAt: budget.cycle.endsAt === null ? null : new Date(budget.cycle.endsAt).toISOString(),
      timezone: budget.cycle.timezone,
    },
    factor,
  }
}
