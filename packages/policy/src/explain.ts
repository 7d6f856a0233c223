import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { ExplainStep, Explanation } from '@cockpit/contract/explain'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { allocationOf } from './allocation.ts'
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
  budget: allocationFor(input.trace, input.figures),
  snapshotVersion: input.trace.snapshotVersion,
  at: new Date(input.at).toISOString(),
})

const allocationFor = ({ budget, factor }: TracePlan, figures: readonly NodeFigures[]): EffectiveAllocation | null => {
  if (!budget) return null
  const chain = budget.path.flatMap(({ nodeId, mode, scope }) => {
    const figure = figures.find((one) => one.nodeId === nodeId)
    return figure ? [{ ...figure, mode, scope, left: remainingOf(figure) }] : []
  })
  return allocationOf(chain, { ...budget, factor })
}
