/** Guardrails in the path of a call: over its request before a provider sees it, over its answer before the caller does. */
import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import { type Block, blockInWords, Inspection, verdictStep } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { scanRequest } from '../dialects/index.ts'
import { boundaryOf, type Form, fieldsOf, mayBeText, readForm, scanForm, withFields } from '../media/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { createStreamGuard, type StreamGuard } from './stream.ts'
import { inspectBody } from './whole.ts'

export type { StreamGuard } from './stream.ts'

export const blockedRefusal = (block: Block): Refusal =>
  refusal(block.unchecked ? 'guardrail.unavailable' : 'guardrail.blocked', blockInWords(block))

/**
 * Looks through the request; masked, it takes the place of what came. A request that is blocked is masked too, for the
 * log: what must not leave must not be kept either.
 */
export const guardRequest = (call: Call): Refusal | null => {
  const guard = call.entry?.guard
  if (!guard || (!guard.input && !guard.tool_results) || call.bytes === null) return null
  const from = call.elapsedMs()
  const inspection = inspectionOf(call, new Inspection(guard, { cutAtBlock: false }))
  if (call.form) {
    guardForm(call, call.form, inspection)
    call.span('guardrails', from, null, inspection.blockedBy === null)
    return inspection.blockedBy && blockedRefusal(inspection.blockedBy)
  }
  const body = inspectBody(call.bytes, 'request', inspection)
  if (body !== call.bytes) {
    call.bytes = body
    call.scan = scanRequest(body, call.dialect)
  }
  call.span('guardrails', from, null, inspection.blockedBy === null)
  return inspection.blockedBy && blockedRefusal(inspection.blockedBy)
}

/** The fields of a form are its texts; masked, they take the place of what came. */
const guardForm = (call: Call, form: Form, inspection: Inspection): void => {
  const written = Buffer.from(JSON.stringify(fieldsOf(form)))
  const body = inspectBody(written, 'request', inspection)
  if (body === written) return
  const boundary = boundaryOf(call.req.headers['content-type'] ?? '') ?? ''
  call.form = readForm(withFields(form, JSON.parse(body.toString('utf8'))), boundary)
  call.bytes = call.form.bytes
  call.scan = scanForm(call.form)
}

/** Looks through a whole answer; a refusal where it must not reach the caller. */
export const guardAnswer = (call: Call, body: Buffer): Buffer | Refusal => {
  const guard = call.entry?.guard
  if (!guard || !looksAtAnswers(call)) return body
  const from = call.elapsedMs()
  const inspection = inspectionOf(call, new Inspection(guard, { cutAtBlock: false }))
  const out =
    mayBeText(call.operation) && body[0] !== OPEN_BRACE
      ? inspectText(body, inspection)
      : inspectBody(body, 'answer', inspection)
  call.span('guardrails of the answer', from, null, inspection.blockedBy === null)
  return inspection.blockedBy ? blockedRefusal(inspection.blockedBy) : out
}

/** For a stream; null where nothing looks at answers, and the stream passes as it comes. */
export const guardStream = (call: Call): StreamGuard | null => {
  const guard = call.entry?.guard
  if (!guard || !looksAtAnswers(call)) return null
  const stream = createStreamGuard(guard, call.dialect)
  inspectionOf(call, stream.inspection)
  return stream
}

const OPEN_BRACE = 0x7b

/** A transcript may come as nothing but its text. */
const inspectText = (body: Buffer, inspection: Inspection): Buffer => {
  const text = body.toString('utf8')
  const after = inspection.text('output', text, false)
  return after === text ? body : Buffer.from(after)
}

const looksAtAnswers = ({ entry }: Call): boolean => {
  const guard = entry?.guard
  return guard != null && (guard.output !== null || guard.tool_calls !== null || guard.tool_results !== null)
}

const inspectionOf = (call: Call, inspection: Inspection): Inspection => {
  call.inspections = call.inspections === null ? [inspection] : [...call.inspections, inspection]
  return inspection
}

/** Everything guardrails have said about a call. */
export const verdictsOf = ({ inspections }: Call): readonly GuardrailVerdict[] =>
  inspections === null ? none : inspections.flatMap(({ verdicts }) => verdicts)

const none: readonly GuardrailVerdict[] = []

export const guardSteps = (verdicts: readonly GuardrailVerdict[]): string =>
  verdicts.map((verdict) => JSON.stringify(verdictStep(verdict))).join(',')
