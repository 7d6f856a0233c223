import type { GuardrailCheck, GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { Guardrail, GuardrailReport, GuardrailTest } from '@cockpit/contract/guardrails'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { checkRefusal, type Guard, guardOf, Inspection } from '@cockpit/policy'
import { Problem } from '../../platform/index.ts'
import type { JudgeOutside } from './port.ts'

/** Refuses checks that ask a service the account does not have. */
export const requireServices = (checks: readonly GuardrailCheck[], services: readonly { id: string }[]): void => {
  const at = checks.findIndex(
    (check) => check.kind === 'external' && !services.some(({ id }) => id === check.serviceId),
  )
  if (at < 0) return
  const pointer = `/checks/${at}/serviceId`
  const detail = 'there is no such guardrail service'
  throw new Problem('input.invalid', `'checks.${at}.serviceId' in the body: ${detail}.`, {
    errors: [{ pointer, detail }],
  })
}

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

/** `outside`: what the services that it asks say; absent where it asks none. */
export const testReport = async (
  { cases, ...draft }: GuardrailTest,
  outside?: ReturnType<JudgeOutside>,
): Promise<GuardrailReport> => {
  const guard = guardOf([draftOf(draft, { type: 'account' })])
  const results: Result[] = []
  for (let at = 0; at < cases.length; at += casesAtOnce) {
    const some = cases.slice(at, at + casesAtOnce)
    results.push(...(await Promise.all(some.map((one) => tried(one, guard, outside)))))
  }
  return { results, score: scoreOf(cases, results) }
}

const casesAtOnce = 8

const tried = async (
  one: GuardrailTest['cases'][number],
  guard: Guard | null,
  outside?: ReturnType<JudgeOutside>,
): Promise<Result> => {
  const { text, matches, verdicts } = inspected(one, guard)
  const said = outside ? await outside({ direction: one.direction, text }) : { verdicts: [], text }
  const all = [...verdicts, ...said.verdicts]
  return {
    outcome: outcomeOf(all),
    text: said.text,
    matches,
    verdicts: all.map(({ check, action, found }) => ({ check, action, found })),
    right: one.expected === undefined ? null : all.some(isFinding) === (one.expected === 'found'),
  }
}

/** What a service could not say is neither found nor clean, but where it must not pass, it does not. */
const isFinding = ({ action }: GuardrailVerdict): boolean => action !== 'let_pass'

const inspected = ({ direction, text }: GuardrailTest['cases'][number], guard: Guard | null) => {
  const matches: Result['matches'] = []
  if (!guard) return { text, matches, verdicts: [] }
  const inspection = new Inspection(guard, {
    cutAtBlock: false,
    onMatch: ({ rule: { of, detector, action }, start, end }) =>
      matches.push({ check: of.place, kind: detector.kind, action, start, end }),
  })
  return { text: inspection.text(direction, text), matches, verdicts: inspection.verdicts }
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
