import type { ExplainStep } from '@cockpit/contract/explain'
import { decimalOf } from '@cockpit/contract/money'
import { type Denial, refuse } from './denial.ts'
import { inWords, type RateScope } from './limits.ts'
import type { CallPlan } from './plan.ts'
import { type Billing, creditsOf, isPriced, worstCase } from './price.ts'
import { dayOf } from './words.ts'

/** What is left of one rate limit. `resetMs` until it is full again, `retryMs` until this call would fit. */
export type RateFigure = {
  scope: RateScope
  unit: 'requests' | 'tokens' | 'parallel'
  limit: number
  remaining: number
  resetMs: number
  retryMs: number
  fits: boolean
  /** By how much all processes together may let through more, while several share it. */
  slack: number
}

/** Budget figures of one node, in micro-credits. `remaining` where it is less than limit − held − settled. */
export type NodeFigures = { nodeId: string; limit: bigint; held: bigint; settled: bigint; remaining?: bigint }

/** Micro-credits to hold for a call before it is made; null when it, or a unit of it, has no price. */
export const holdFor = (
  { price, factor }: Pick<CallPlan, 'price' | 'factor' | 'model'>,
  inputTokens: number,
  outputTokensMax: number,
  billing?: Billing,
): bigint | null => {
  if (!price || (billing && !isPriced(price, billing))) return null
  return creditsOf(worstCase(price, inputTokens, outputTokensMax, billing), factor)
}

/** The step that tells how the rate limits judged a call. */
export const rateStep = (figures: readonly RateFigure[]): ExplainStep => {
  const blocked = figures.find((figure) => !figure.fits)
  const tightest =
    blocked ??
    figures.reduce<RateFigure | undefined>(
      (min, f) => (!min || f.remaining / f.limit < min.remaining / min.limit ? f : min),
      undefined,
    )
  if (!tightest)
    return { layer: 'rate', rule: 'rate.none', source: 'account', value: 'No rate limit applies', verdict: 'skip' }
  const { scope, unit, limit, remaining, slack } = tightest
  return {
    layer: 'rate',
    rule: rules[unit],
    source: scope.limitId === undefined ? `${scope.type} ${scope.id}` : `limit ${scope.limitId}`,
    value: `${Math.max(0, Math.floor(remaining))} of ${limit} ${counted[unit]} left for ${inWords(scope)}${slack > 0 ? `, ${slack} more at most while several processes share it` : ''}`,
    verdict: blocked ? 'deny' : 'allow',
  }
}

const rules = { requests: 'rate.rpm', tokens: 'rate.tpm', parallel: 'rate.parallel' } as const
const counted = {
  requests: 'requests per minute',
  tokens: 'tokens per minute',
  parallel: 'calls at once',
} as const
const codes = {
  requests: 'rate.requests_exceeded',
  tokens: 'rate.tokens_exceeded',
  parallel: 'rate.parallel_exceeded',
} as const

export const rateDenial = ({ scope, unit, limit, retryMs }: RateFigure, now: number): Denial =>
  refuse(
    codes[unit],
    unit === 'parallel'
      ? `${capital(inWords(scope))} may have ${limit} calls open at once; try again when one of them has ended.`
      : `${capital(inWords(scope))} may use ${limit} ${unit} per minute; try again in ${Math.max(1, Math.ceil(retryMs / 1000))} s.`,
    { type: scope.type, id: scope.id, name: scope.name },
    unit === 'parallel' ? null : new Date(now + retryMs).toISOString(),
  )

/** The step that tells how the budget judged a call: the node that binds, with what is left of it. */
export const budgetStep = (
  plan: CallPlan,
  figures: readonly NodeFigures[],
  hold: bigint,
  deniedNodeId: string | null,
): ExplainStep => {
  const path = plan.trace.budget?.path ?? []
  const binding = deniedNodeId ?? tightestNode(figures)
  const node = path.find((step) => step.nodeId === binding)
  const figure = figures.find((f) => f.nodeId === binding)
  const left = figure
    ? `${decimalOf(remainingOf(figure))} of ${decimalOf(figure.limit)} credits left`
    : 'within its lease'
  return {
    layer: 'budget',
    rule: 'budget.remaining',
    source: `allocation ${binding ?? plan.payer?.nodeId ?? ''}`,
    value: `${left}${node ? ` for ${node.scope.type} '${node.scope.name}'` : ''}; this call holds ${decimalOf(hold)}`,
    verdict: deniedNodeId ? 'deny' : 'allow',
  }
}

export const budgetDenial = (
  plan: CallPlan,
  figures: readonly NodeFigures[],
  hold: bigint,
  deniedNodeId: string,
): Denial => {
  const scope = plan.trace.budget?.path.find((step) => step.nodeId === deniedNodeId)?.scope ?? null
  const figure = figures.find((f) => f.nodeId === deniedNodeId)
  const endsAt = plan.trace.budget?.cycle.endsAt ?? null
  const renewsAt = endsAt === null ? null : new Date(endsAt).toISOString()
  const spent = figure
    ? ` has ${decimalOf(remainingOf(figure))} of ${decimalOf(figure.limit)} credits left`
    : ' has no credits left'
  return refuse(
    'budget.exhausted',
    `${scope ? `${capital(scope.type)} '${scope.name}'` : 'The budget'}${spent}; this call may need ${decimalOf(hold)}. ${endsAt !== null ? `It renews on ${dayOf(endsAt, plan.trace.budget?.cycle.timezone ?? 'UTC')}.` : 'An administrator can raise it.'}`,
    scope,
    renewsAt,
  )
}

export const remainingOf = ({ limit, held, settled, remaining = limit - held - settled }: NodeFigures): bigint =>
  remaining > 0n ? remaining : 0n

const tightestNode = (figures: readonly NodeFigures[]): string | null => {
  let least: NodeFigures | null = null
  for (const figure of figures) if (!least || remainingOf(figure) < remainingOf(least)) least = figure
  return least?.nodeId ?? null
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
