/** A limit as its form holds it, and back. */
import type { WorkCap } from '@cockpit/contract/caps'
import type { CallLimits, LimitScopeType, NewCallLimit } from '@cockpit/contract/limits'
import { t } from './strings.ts'

export const plainFields = ['rpm', 'tpm', 'parallel', 'inputTokensMax', 'outputTokensMax'] as const
export const capFields = ['perRun', 'perSession', 'perAgent'] as const
export type CapField = (typeof capFields)[number]
export const counted = ['tokens', 'calls', 'seconds'] as const
export type Counted = (typeof counted)[number]

type Plain = Record<(typeof plainFields)[number], number | null>
type CapCounts = Record<`${CapField}.${Counted}`, number | null>
type CapCredits = Record<`${CapField}.credits`, string>
export type LimitValues = Plain &
  CapCounts &
  CapCredits & { scopeType: LimitScopeType; scopeId: string | null; tag: string }

const empty: Plain & CapCounts & CapCredits = {
  ...{ rpm: null, tpm: null, parallel: null, inputTokensMax: null, outputTokensMax: null },
  ...{ 'perRun.credits': '', 'perRun.tokens': null, 'perRun.calls': null, 'perRun.seconds': null },
  ...{ 'perSession.credits': '', 'perSession.tokens': null, 'perSession.calls': null, 'perSession.seconds': null },
  ...{ 'perAgent.credits': '', 'perAgent.tokens': null, 'perAgent.calls': null, 'perAgent.seconds': null },
}

export const freshLimit = (scopeType: LimitScopeType): LimitValues => ({ ...empty, scopeType, scopeId: null, tag: '' })

export const valuesOf = (scope: { type: LimitScopeType; id: string }, limits: CallLimits): LimitValues => {
  const values = { ...freshLimit(scope.type), scopeId: scope.id, tag: scope.type === 'tag' ? scope.id : '' }
  for (const field of plainFields) values[field] = limits[field]
  for (const field of capFields) {
    const cap: WorkCap = limits[field] ?? {}
    values[`${field}.credits`] = cap.credits ?? ''
    for (const measure of counted) values[`${field}.${measure}`] = cap[measure] ?? null
  }
  return values
}

const capOf = (values: LimitValues, field: CapField): WorkCap | null => {
  const credits = values[`${field}.credits`].trim()
  const cap: WorkCap = credits === '' ? {} : { credits }
  for (const measure of counted) {
    const most = values[`${field}.${measure}`]
    if (most !== null) cap[measure] = most
  }
  return Object.keys(cap).length === 0 ? null : cap
}

export const limitsOf = (values: LimitValues): CallLimits => {
  const { rpm, tpm, parallel, inputTokensMax, outputTokensMax } = values
  return {
    ...{ rpm, tpm, parallel, inputTokensMax, outputTokensMax },
    perRun: capOf(values, 'perRun'),
    perSession: capOf(values, 'perSession'),
    perAgent: capOf(values, 'perAgent'),
  }
}

/** What differs, and no more: somebody else's change of another number stays. */
export const changedLimits = (before: LimitValues, after: LimitValues): Partial<CallLimits> => {
  const [from, to] = [limitsOf(before), limitsOf(after)]
  return Object.fromEntries(
    Object.entries(to).filter(
      ([name, value]) => JSON.stringify(from[name as keyof CallLimits]) !== JSON.stringify(value),
    ),
  )
}

export const scopeOf = ({ scopeType: type, scopeId, tag }: LimitValues): NewCallLimit['scope'] =>
  type === 'platform' || type === 'account' ? { type } : { type, id: type === 'tag' ? tag.trim() : (scopeId ?? '') }

export const checkLimit = (values: LimitValues) => {
  const { scopeType, scopeId, tag } = values
  const needsId = scopeType !== 'platform' && scopeType !== 'account' && scopeType !== 'tag'
  const saysNothing = Object.values(limitsOf(values)).every((value) => value === null)
  const wrong: { [K in keyof LimitValues]?: string | undefined } = {
    scopeId: needsId && !scopeId ? t.required : undefined,
    tag: scopeType === 'tag' && tag.trim() === '' ? t.required : undefined,
    rpm: saysNothing ? t.oneAtLeast : undefined,
  }
  for (const field of capFields) {
    const credits = values[`${field}.credits`].trim()
    if (credits !== '' && !/^\d{1,12}(\.\d{1,6})?$/.test(credits)) wrong[`${field}.credits`] = t.creditsWrong
  }
  return wrong
}
