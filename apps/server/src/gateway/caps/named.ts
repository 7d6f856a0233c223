/** The run, the session and the agent a call says it belongs to, and what each of them may still be made to use. */
import { readCap, type WorkCap, type WorkKind, workNameCharsMax } from '@cockpit/contract/caps'
import { type BoundedWork, lesser, type WorkCaps } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { asRecord } from '../dialects/index.ts'
import { type Refusal, refusal } from '../refusal.ts'

/** `name` null: a run or a session nobody named, which is this call alone. */
export type CappedWork = {
  readonly kind: WorkKind
  readonly name: string | null
  /** Empty for an agent. */
  readonly owner: string
  /** The day of an agent, UTC; empty else. */
  readonly period: string
  readonly bounds: BoundedWork
}

export const noWork: readonly CappedWork[] = []

type Said = { kind: WorkKind; idHeader: string; field: string; capHeader: string | null }
const kinds: readonly Said[] = [
  { kind: 'run', idHeader: 'x-cockpit-run-id', field: 'run_id', capHeader: 'x-cockpit-run-limit' },
  { kind: 'session', idHeader: 'x-cockpit-session-id', field: 'session_id', capHeader: 'x-cockpit-session-limit' },
  { kind: 'agent', idHeader: 'x-cockpit-agent', field: 'agent', capHeader: null },
]

/** Those with a cap, by a limit or by the caller; almost always none. */
export const cappedWork = (call: Call, caps: WorkCaps | null): readonly CappedWork[] | Refusal => {
  // a copy of a call belongs to whoever compares it
  if (call.shadow?.copyOf) return noWork
  const { headers } = call.req
  if (caps === null && headers['x-cockpit-run-limit'] === undefined && headers['x-cockpit-session-limit'] === undefined)
    return noWork
  const work: CappedWork[] = []
  for (const said of kinds) {
    const one = cappedOne(call, said, caps?.[said.kind])
    if (one === null) continue
    if ('code' in one) return one
    work.push(one)
  }
  return work.length === 0 ? noWork : work
}

const cappedOne = (call: Call, said: Said, known: BoundedWork | undefined): CappedWork | Refusal | null => {
  const asked = askedOf(call, said)
  if (asked !== null && 'code' in asked) return asked
  if (!known && asked === null) return null
  const name = nameOf(call, said)
  if (typeof name === 'object' && name !== null) return name
  // who says of no agent that it calls is none
  if (name === null && said.kind === 'agent') return null
  if (name === null && asked !== null)
    return refusal('input.invalid', `'${said.capHeader}' needs the name of the ${said.kind} in '${said.idHeader}'.`)
  const bounds = asked === null ? (known ?? {}) : lesser(known ?? {}, asked, null)
  return { kind: said.kind, name, bounds, ...placeOf(call, said.kind) }
}

const placeOf = (call: Call, kind: WorkKind): Pick<CappedWork, 'owner' | 'period'> => {
  if (kind === 'agent') return { owner: '', period: new Date(call.at).toISOString().slice(0, 10) }
  const { userId = null, serviceAccountId = null } = call.entry?.plan.owner ?? {}
  return { owner: userId ?? serviceAccountId ?? '', period: '' }
}

const askedOf = ({ req: { headers } }: Call, { capHeader }: Said): WorkCap | Refusal | null => {
  const text = capHeader === null ? undefined : headers[capHeader]
  if (typeof text !== 'string') return null
  return (
    readCap(text) ??
    refusal(
      'input.invalid',
      `'${capHeader}' lists what may be used at most, such as "credits=0.5, tokens=20000, calls=10, seconds=600".`,
    )
  )
}

const nameOf = ({ req: { headers }, scan }: Call, { idHeader, field }: Said): string | Refusal | null => {
  const header = headers[idHeader]
  const said = typeof header === 'string' ? header : asRecord(scan?.metadata)[field]
  if (typeof said !== 'string' || said.trim() === '') return null
  const name = said.trim()
  return name.length > workNameCharsMax || [...name].some((sign) => sign < ' ' || sign === '\u007f')
    ? refusal('input.invalid', `'${idHeader}' has at most ${workNameCharsMax} plain characters.`)
    : name
}
