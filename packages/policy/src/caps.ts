/** What a run, a session or an agent may use all together: the least that anybody says, and who says it. */
import { capMicros, type WorkCap, type WorkKind, workKinds } from '@cockpit/contract/caps'
import { decimalOf } from '@cockpit/contract/decimal'
import type { ExplainStep } from '@cockpit/contract/explain'
import { type Denial, refuse, type ScopeRef } from './denial.ts'
import { inWords, type ScopedLimit } from './limits.ts'

export type WorkMeasure = 'credits' | 'tokens' | 'calls' | 'seconds'
/** Credits in millionths. `by` null: the caller itself asked for it. */
export type CapBound = { readonly max: bigint; readonly by: (ScopeRef & { limitId: string }) | null }
export type BoundedWork = { readonly [M in WorkMeasure]?: CapBound }
export type WorkCaps = { readonly [K in WorkKind]?: BoundedWork }

/** What is used of a cap, in its own measure. */
export type CapFigure = { kind: WorkKind; name: string; measure: WorkMeasure; max: bigint; used: bigint }

const fields = { run: 'perRun', session: 'perSession', agent: 'perAgent' } as const

export const capsOf = (limits: readonly ScopedLimit[]): WorkCaps | null => {
  const caps: { [K in WorkKind]?: BoundedWork } = {}
  for (const { type, id, name, limitId = '', ...limit } of limits)
    for (const kind of workKinds) {
      const cap = limit[fields[kind]]
      if (cap) caps[kind] = lesser(caps[kind] ?? {}, cap, { type, id, name, limitId })
    }
  return workKinds.some((kind) => caps[kind]) ? caps : null
}

/** With what one more says, where that is less. */
export const lesser = (known: BoundedWork, cap: WorkCap, by: CapBound['by']): BoundedWork => {
  const said: Record<WorkMeasure, bigint | null> = {
    credits: capMicros(cap),
    tokens: cap.tokens == null ? null : BigInt(cap.tokens),
    calls: cap.calls == null ? null : BigInt(cap.calls),
    seconds: cap.seconds == null ? null : BigInt(cap.seconds),
  }
  const least: { [M in WorkMeasure]?: CapBound } = { ...known }
  for (const measure of measures) {
    const max = said[measure]
    const before = known[measure]
    if (max !== null && (before === undefined || max < before.max)) least[measure] = { max, by }
  }
  return least
}

export const measures: readonly WorkMeasure[] = ['credits', 'tokens', 'calls', 'seconds']

export const capDenial = (
  { kind, name, measure, max, used }: CapFigure,
  { by }: Pick<CapBound, 'by'>,
  need: bigint,
): Denial => {
  const said = by ? `each ${kind} of ${inWords(by)} may use` : 'its caller lets it use'
  const wants = measure === 'credits' || measure === 'tokens' ? `; this call may need ${amountOf(measure, need)}` : ''
  return refuse(
    'limit.cap_reached',
    `${kind === 'agent' ? 'Agent' : kind === 'run' ? 'Run' : 'Session'} '${name}' has used ${amountOf(measure, used)}${wants}, and ${said} ${amountOf(measure, max)} ${measure}${kind === 'agent' ? ' in a day' : ''}.`,
    by && { type: by.type, id: by.id, name: by.name },
  )
}

/** The step that tells how the caps judged a call. */
export const capStep = (figures: readonly CapFigure[], blocked: CapFigure | null): ExplainStep | null => {
  const told = blocked ?? figures.reduce<CapFigure | null>((tightest, one) => tighter(tightest, one), null)
  if (!told) return null
  const { kind, name, measure, max, used } = told
  return {
    layer: 'rate',
    rule: `cap.${measure}`,
    source: `${kind} ${name}`,
    value: `${amountOf(measure, used)} of ${amountOf(measure, max)} ${measure} used or reserved`,
    verdict: blocked ? 'deny' : 'allow',
  }
}

const tighter = (least: CapFigure | null, one: CapFigure): CapFigure =>
  least === null || one.used * least.max > least.used * one.max ? one : least

export const amountOf = (measure: WorkMeasure, value: bigint): string =>
  measure === 'credits' ? decimalOf(value) : String(value)
