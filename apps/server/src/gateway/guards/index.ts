/** Guardrails in the path of a call: over its request before a provider sees it, over its answer before the caller does. */
import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import { Inspection, verdictStep } from '@cockpit/policy'
import type { Call } from '../call.ts'
import type { Refusal } from '../refusal.ts'
import { blockedRefusal, lookThroughAnswer, lookThroughRequest, replaceRequest } from './look.ts'
import { createStreamGuard, type StreamGuard } from './stream.ts'

export { askAbout, askAboutAnswer, askAboutRequest, type HeldStream, holdStream, outsideOfAnswers } from './asked.ts'
export { blockedRefusal } from './look.ts'
export { maskedContent } from './masked.ts'
export { createOutside, type Outside, type OutsideChecks } from './outside/index.ts'
export type { StreamGuard } from './stream.ts'

/**
 * Looks through the request; masked, it takes the place of what came. A request that is blocked is masked too, for the
 * log: what must not leave must not be kept either.
 */
export const guardRequest = (call: Call): Refusal | null => {
  const guard = call.entry?.guard
  if (!guard || (!guard.input && !guard.tool_results) || call.bytes === null) return null
  const from = call.elapsedMs()
  const inspection = inspectionOf(call, new Inspection(guard, { cutAtBlock: false }))
  const body = lookThroughRequest(call, call.bytes, inspection)
  if (body !== call.bytes) replaceRequest(call, body)
  call.span('guardrails', from, null, inspection.blockedBy === null)
  return inspection.blockedBy && blockedRefusal(inspection.blockedBy)
}

/** Looks through a whole answer; a refusal where it must not reach the caller. */
export const guardAnswer = (call: Call, body: Buffer): Buffer | Refusal => {
  const guard = call.entry?.guard
  if (!guard || !looksAtAnswers(call)) return body
  const from = call.elapsedMs()
  const inspection = inspectionOf(call, new Inspection(guard, { cutAtBlock: false }))
  const out = lookThroughAnswer(call, body, inspection)
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
