/** What follows from what services outside of this installation found. They judge whole texts; nothing here asks them. */
import type { GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import type { CheckOf, Guard, GuardrailRules, Of } from './compile.ts'
import { Inspection } from './inspection.ts'
import { placeholder } from './scanner.ts'

export type ExternalCheck = Of<'external'>

/** A text of a call, and what it is. */
export type Judged = { direction: GuardrailDirection; text: string }

/** Something a service found in one text; where it does not say the place, it is about the whole of it. */
export type Finding = { category: string; score: number; span: { start: number; end: number } | null }

/** What a service said of each text; null where it could not say anything. */
export type Said = readonly (readonly Finding[] | null)[]

/** The checks that ask somebody, in the order in which guardrails look. */
export const externalChecks = (guardrails: readonly GuardrailRules[]): readonly ExternalCheck[] => {
  const found: ExternalCheck[] = []
  for (const guardrail of guardrails)
    for (const [place, check] of guardrail.checks.entries())
      if (check.kind === 'external') found.push({ guardrail, check, place })
  return found
}

export const looksIn = ({ check }: ExternalCheck, direction: GuardrailDirection): boolean =>
  check.on.some((one) => one === direction)

/** Whether its verdict may change what goes on; where not, the text need not wait for it. */
export const mayChange = ({ check, guardrail }: ExternalCheck): boolean =>
  check.action === 'block' || check.action === 'mask' || guardrail.onFailure === 'closed'

/** For verdicts alone: nothing looks by itself. */
const nobodyLooks: Guard = { input: null, tool_results: null, output: null, tool_calls: null }
export const externalInspection = (): Inspection => new Inspection(nobodyLooks, { cutAtBlock: false })

/** Notes what was found and what could not be judged; returns the texts as they may go on, blocked ones masked. */
export const judge = (
  inspection: Inspection,
  checks: readonly ExternalCheck[],
  texts: readonly Judged[],
  saidBy: (check: ExternalCheck) => Said,
): string[] => {
  const spans: Masked[][] = texts.map(() => [])
  for (const one of checks) {
    const said = saidBy(one)
    for (const [at, { direction, text }] of texts.entries()) {
      if (!looksIn(one, direction)) continue
      const findings = said[at] ?? null
      if (findings === null) inspection.fail(direction, one)
      else spans[at]?.push(...follow(inspection, one, direction, text, findings))
    }
  }
  return texts.map(({ text }, at) => maskedIn(text, spans[at] ?? []))
}

type Masked = { start: number; end: number; kind: string }

const follow = (
  inspection: Inspection,
  one: ExternalCheck,
  direction: GuardrailDirection,
  text: string,
  findings: readonly Finding[],
): Masked[] => {
  const { check } = one
  const masked: Masked[] = []
  for (const { category, score, span } of findings) {
    if (score < check.threshold || (check.categories.length > 0 && !names(check.categories, category))) continue
    const kind = kindOf(category)
    inspection.note(direction, one as CheckOf, kind, check.action === 'block')
    if (span && (check.action === 'mask' || check.action === 'block')) masked.push({ ...span, kind })
    // what must not go on and cannot be cut out goes as a whole
    else if (check.action === 'mask' || check.action === 'block') masked.push({ start: 0, end: text.length, kind })
  }
  return masked
}

const names = (categories: readonly string[], category: string): boolean =>
  categories.some((one) => one.toLowerCase() === category.toLowerCase())

/** Verdicts are metrics and headers too, so the words of a service are kept to letters that are safe everywhere. */
const kindOf = (category: string): string =>
  category
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60) || 'found'

/** Where matches lie over one another, the one that begins first names them all. */
const maskedIn = (text: string, spans: readonly Masked[]): string => {
  if (spans.length === 0) return text
  const ordered = [...spans].sort((a, b) => a.start - b.start || b.end - a.end)
  let out = ''
  let at = 0
  for (const { start, end, kind } of ordered) {
    if (end <= at) continue
    if (start >= at) out += text.slice(at, start) + placeholder(kind)
    at = end
  }
  return out + text.slice(at)
}
