import type { GuardrailCheck, GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { Guardrail, GuardrailReport, GuardrailTest } from '@cockpit/contract/guardrails'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { checkRefusal, guardOf, Inspection } from '@cockpit/policy'
import { Problem } from '../../platform/index.ts'

/** Refuses checks that have the right shape and cannot be made, naming the field of each. */
export const requireUsable = (checks: readonly GuardrailCheck[]): void => {
  const errors = checks.flatMap((check, at) => {
    const refused = checkRefusal(check)
    return refused ? [{ pointer: `/checks/${at}/${refused.field}`, detail: refused.why }] : []
  })
  const [first] = errors
  if (first) throw new Problem('input.invalid', `'${first.pointer.slice(1)}' in the body: ${first.detail}`, { errors })
}

/** A guardrail as gateways carry it. */
export const sliceGuardrailOf = ({ id, name, position, scope, onFailure, checks }: Guardrail): SliceGuardrail => ({
  id,
  name,
  position,
  scope,
  onFailure,
  checks,
})

type Draft = Pick<SliceGuardrail, 'checks' | 'onFailure'>
export const draftOf = ({ checks, onFailure }: Draft, scope: SliceGuardrail['scope']): SliceGuardrail => ({
  id: 'grd_draft',
  name: 'Draft',
  position: 0,
  scope,
  onFailure,
  checks,
})

type Result = GuardrailReport['results'][number]

export const testReport = ({ cases, ...draft }: GuardrailTest): GuardrailReport => {
  const guard = guardOf([draftOf(draft, { type: 'account' })])
  const results = cases.map((one): Result => {
    const matches: Result['matches'] = []
    if (!guard) throw new Error('a guardrail has at least one check')
    const inspection = new Inspection(guard, {
      cutAtBlock: false,
      onMatch: ({ rule: { of, detector, action }, start, end }) =>
        matches.push({ check: of.place, kind: detector.kind, action, start, end }),
    })
    const text = inspection.text(one.direction, one.text)
    const { verdicts } = inspection
    return {
      outcome: outcomeOf(verdicts),
      text,
      matches,
      verdicts: verdicts.map(({ check, action, found }) => ({ check, action, found })),
      right: one.expected === undefined ? null : verdicts.length > 0 === (one.expected === 'found'),
    }
  })
  return { results, score: scoreOf(cases, results) }
}

/** The strongest of what was said. */
const outcomeOf = (verdicts: readonly GuardrailVerdict[]): Result['outcome'] => {
  const said = new Set(verdicts.map(({ action }) => action))
  if (said.has('block') || said.has('refused')) return 'blocked'
  if (said.has('mask')) return 'masked'
  if (said.has('flag')) return 'flagged'
  return said.size > 0 ? 'logged' : 'clean'
}

export const previewOutcome = (verdicts: readonly GuardrailVerdict[]): 'noticed' | 'changed' | 'blocked' => {
  const outcome = outcomeOf(verdicts)
  if (outcome === 'blocked') return 'blocked'
  return outcome === 'masked' ? 'changed' : 'noticed'
}

const scoreOf = (cases: GuardrailTest['cases'], results: readonly Result[]): GuardrailReport['score'] => {
  const count = (expected: 'found' | 'clean', right: boolean) =>
    cases.filter((one, at) => one.expected === expected && results[at]?.right === right).length
  const found = count('found', true)
  const missed = count('found', false)
  const wrong = count('clean', false)
  const clean = count('clean', true)
  if (found + missed + wrong + clean === 0) return null
  return {
    ...{ found, missed, wrong, clean },
    precision: found + wrong === 0 ? null : found / (found + wrong),
    recall: found + missed === 0 ? null : found / (found + missed),
  }
}

const stepsSeconds = [3_600, 21_600, 86_400]
export const seriesPointsMax = 200
/** The finest step that keeps a range under 200 points. */
export const seriesStep = (from: Date, to: Date): number => {
  const seconds = (to.getTime() - from.getTime()) / 1_000
  return stepsSeconds.find((step) => seconds / step <= seriesPointsMax) ?? 86_400
}
