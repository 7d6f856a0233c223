/** The steps of a decision, told one by one. */
import type { ExplainStep } from '@cockpit/contract/explain'
import type { Denial } from './denial.ts'

export type Book = {
  steps: ExplainStep[]
  allow(layer: ExplainStep['layer'], rule: string, source: string, value: string): void
  deny(layer: ExplainStep['layer'], rule: string, source: string, denial: Denial): void
  skip(layer: ExplainStep['layer'], rule: string, source: string, value: string): void
  until(instant: number | null): void
  denied(): Denial | null
  validUntil(): number
}

/** Collects steps; the first refusal decides, the later ones are still told. */
export const ledgerOfSteps = (now: number): Book => {
  const steps: ExplainStep[] = []
  let first: Denial | null = null
  let until = Number.MAX_SAFE_INTEGER
  const add = (
    verdict: ExplainStep['verdict'],
    layer: ExplainStep['layer'],
    rule: string,
    source: string,
    value: string,
  ) => {
    steps.push({ layer, rule, source, value, verdict })
  }
  return {
    steps,
    allow: (...step) => add('allow', ...step),
    skip: (...step) => add('skip', ...step),
    deny(layer, rule, source, denial) {
      add('deny', layer, rule, source, denial.message)
      first ??= denial
    },
    until(instant) {
      if (instant !== null && instant > now && instant < until) until = instant
    },
    denied: () => first,
    validUntil: () => until,
  }
}
