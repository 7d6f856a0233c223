/** One finished call as a usage line: what it used, what that costs, how it was decided and how long each part took. */

import { decimalOf } from '@cockpit/contract/decimal'
import type { ExplainStep } from '@cockpit/contract/explain'
import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import { usageLine } from '@cockpit/contract/usage-line'
import type { UsageRecord } from '@cockpit/contract/usage-record'
import {
  type BilledTokens,
  type Billing,
  budgetStep,
  type CallPlan,
  capStep,
  costOf,
  creditsOf,
  rateStep,
} from '@cockpit/policy'
import { settledBilling, usedUnits } from './billing.ts'
import type { CacheHit } from './cache/keep-as.ts'
import { type Call, msText } from './call.ts'
import type { Usage } from './dialects/index.ts'
import { guardSteps, maskedContent, verdictsOf } from './guards/index.ts'
import { writtenStep } from './json-text.ts'
import type { Entry } from './meter/index.ts'
import type { Deployment } from './plans.ts'
import type { LedgerFigures } from './ports.ts'
import { traceparentOf } from './traced.ts'

export type Outcome = {
  status: UsageRecord['status']
  httpStatus: number
  errorCode: string | null
  errorMessage: string | null
  usage: Usage | null
  deployment: Deployment | null
  /** The budget said no: the node that binds and what the call would have held. */
  budgetDenied?: { nodeId: string; need: bigint }
  /** What it costs, where that is no matter of tokens; micro-credits. */
  creditMicros?: bigint
}

const messageCharsMax = 1_000

export const recordOf = (
  call: Call,
  outcome: Outcome,
  tookMs: number,
  contentBytesMax: number,
): (Entry & { credits: bigint }) | null => {
  const { entry, account } = call
  if (!entry || !account) return null
  const { plan } = entry
  const tokens = tokensOf(outcome.usage)
  const billing = settledBilling(call, outcome.usage)
  const cost = plan.price && !call.cacheHit ? costOf(plan.price, billedTokens(tokens, outcome.usage), billing) : 0n
  const credits = outcome.creditMicros ?? creditsOf(cost, plan.factor)
  const trace = traceOf(call, outcome, billing)
  const { hold } = call
  call.hold = null
  const source = hold ? hold.purse.settle(hold, credits) : null
  const line = usageLine(entry.frame, {
    id: call.id,
    at: call.at,
    connectionId: outcome.deployment?.target.connection.id ?? null,
    dialect: call.surface?.id ?? call.dialect,
    operation:
      call.connectionId !== null ? 'pass_through' : call.operation === 'count_tokens' ? 'chat' : call.operation,
    stream: call.stream,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    errorCode: outcome.errorCode,
    errorMessage: outcome.errorMessage?.slice(0, messageCharsMax) ?? null,
    tokens,
    costMicros: cost.toString(),
    creditMicros: credits.toString(),
    ttftMs: call.firstByteAt === null ? null : msText(call.firstByteAt),
    durationMs: msText(tookMs),
    attempts: call.attempts,
    hold: source,
    trace,
    content: plan.logContent ? contentOf(call, contentBytesMax, account.slice.maskContent ?? false) : null,
  })
  return { accountId: account.slice.account.id, holdId: source?.id ?? null, plan: plan.trace, line, credits }
}

/** Steps whose value differs from call to call, spans, figures and what was left out, as JSON. */
const traceOf = (call: Call, outcome: Outcome, billing: Billing | undefined): string => {
  const figures = call.entry?.purse?.figures ?? noFigures
  const dropped = call.droppedFields.length === 0 ? '[]' : JSON.stringify(call.droppedFields)
  const verdicts = verdictsOf(call)
  const said = verdicts.length === 0 ? '' : `"verdicts":${JSON.stringify(verdicts)},`
  const traceparent = traceparentOf(call)
  const traced = traceparent === null ? '' : `,"traceparent":"${traceparent}"`
  return `{"steps":[${stepsOf(call, outcome, verdicts)}],"spans":[${call.spans}],${said}"figures":${writtenFigures(figures)},"droppedFields":${dropped}${unitsOf(outcome, billing)}${hitOf(call, outcome)}${traced}}`
}

/** Most calls use plain tokens and nothing else. */
const unitsOf = ({ usage }: Outcome, billing: Billing | undefined): string => {
  const units = usedUnits(billing, usage)
  const service = billing?.service
  return `${units ? `,"units":${JSON.stringify(units)}` : ''}${service ? `,"service":"${service}"` : ''}`
}

const billedTokens = (tokens: UsageRecord['tokens'], usage: Usage | null): BilledTokens =>
  usage === null ||
  (usage.cacheWrite1hTokens === undefined &&
    usage.audioInputTokens === undefined &&
    usage.audioOutputTokens === undefined)
    ? tokens
    : {
        ...tokens,
        cacheWrite1h: usage.cacheWrite1hTokens ?? 0,
        audioInput: usage.audioInputTokens ?? 0,
        audioOutput: usage.audioOutputTokens ?? 0,
      }

const noFigures: readonly LedgerFigures[] = []
const written = new WeakMap<readonly LedgerFigures[], string>()

/** Figures change with each lease and not with each call, so their text is made once for all the calls between. */
const writtenFigures = (figures: readonly LedgerFigures[]): string => {
  const known = written.get(figures)
  if (known !== undefined) return known
  const plain: UsageRecord['figures'] = figures.map(({ nodeId, limit, held, settled, remaining }) => ({
    nodeId,
    limit: limit.toString(),
    held: held.toString(),
    settled: settled.toString(),
    ...(remaining !== undefined && { remaining: remaining.toString() }),
  }))
  const fresh = JSON.stringify(plain)
  written.set(figures, fresh)
  return fresh
}

type KnownStep = { planId: string; amount: bigint; step: string }
const budgetSteps = new WeakMap<readonly LedgerFigures[], KnownStep>()

/** Calls of one size between two leases are told the same. */
const admittedStep = (plan: CallPlan, figures: readonly LedgerFigures[], amount: bigint): string => {
  const known = budgetSteps.get(figures)
  if (known?.amount === amount && known.planId === plan.trace.id) return known.step
  const step = JSON.stringify(budgetStep(plan, figures, amount, null))
  budgetSteps.set(figures, { planId: plan.trace.id, amount, step })
  return step
}

const unlimited = writtenStep(rateStep([]))

const stepsOf = (call: Call, outcome: Outcome, verdicts: readonly GuardrailVerdict[]): string => {
  const { entry, hold } = call
  if (!entry || entry.plan.denied) return ''
  const rated = call.rateStep ?? call.rates?.step() ?? unlimited
  const capped = call.capFigures.length === 0 ? null : capStep(call.capFigures, call.capBlocked)
  const limited = capped ? `${rated},${writtenStep(capped)}` : rated
  const rate = verdicts.length === 0 ? limited : `${limited},${guardSteps(verdicts)}`
  const figures = entry.purse?.figures ?? noFigures
  const { cacheHit } = call
  if (cacheHit) return `${rate},${writtenStep(hitStep(entry.plan, cacheHit))}`
  if (outcome.budgetDenied) {
    const { nodeId, need } = outcome.budgetDenied
    return `${rate},${JSON.stringify(budgetStep(entry.plan, figures, need, nodeId))}`
  }
  return hold ? `${rate},${admittedStep(entry.plan, figures, hold.amount)}` : rate
}

/** What it would have cost to ask again. */
const savedBy = ({ price, factor }: CallPlan, { usage }: CacheHit): bigint =>
  price ? creditsOf(costOf(price, billedTokens(tokensOf(usage), usage)), factor) : 0n

const hitOf = ({ cacheHit, entry }: Call, { status }: Outcome): string => {
  if (!cacheHit || !entry || status !== 'ok') return ''
  const { ruleId, similarity } = cacheHit
  return `,"cache":${JSON.stringify({ ruleId, similarity, savedMicros: savedBy(entry.plan, cacheHit).toString() })}`
}

const hitStep = (plan: CallPlan, hit: CacheHit): ExplainStep => {
  const { ageSeconds, ruleId, similarity } = hit
  const [rule, as] =
    similarity === null ? ['cache.hit', 'as'] : ['cache.similar', `like a question ${similarity.toFixed(3)} alike`]
  const value = `Answered ${as} ${ageSeconds} s ago, without a provider; saved ${decimalOf(savedBy(plan, hit))} credits`
  return { layer: 'route', rule, source: `cache rule ${ruleId}`, value, verdict: 'allow' }
}

const tokensOf = (usage: Usage | null): UsageRecord['tokens'] =>
  usage
    ? {
        input: usage.inputTokens,
        cachedInput: usage.cachedTokens,
        cacheWrite: usage.cacheWriteTokens,
        output: usage.outputTokens,
        reasoning: usage.reasoningTokens,
        source: usage.source,
      }
    : { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0, source: 'none' }

const contentOf = (call: Call, bytesMax: number, mask: boolean): UsageRecord['content'] => {
  // of a form its fields are worth reading, its files are not
  const request = call.form ? Buffer.from(JSON.stringify(call.scan?.body ?? {})) : (call.bytes ?? Buffer.alloc(0))
  const response = call.answerText ? Buffer.concat(call.answerText) : Buffer.alloc(0)
  const said = { request: request.subarray(0, bytesMax), response: response.subarray(0, bytesMax) }
  const requestEnds = Math.max(call.requestBytes, request.length) <= bytesMax
  const responseEnds = Math.max(call.answerTextBytes, response.length) <= bytesMax
  const kept = mask ? maskedContent({ ...call, ...said, requestEnds, responseEnds }) : said
  return {
    request: cut(kept.request, bytesMax),
    response: cut(kept.response, bytesMax),
    truncated: !(requestEnds && responseEnds),
  }
}

/** NUL cannot be stored as text. A character cut in half at the end becomes a replacement sign. */
const cut = (bytes: Buffer, bytesMax: number): string => bytes.toString('utf8', 0, bytesMax).replaceAll('\0', '\ufffd')
