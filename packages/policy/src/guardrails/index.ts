/** Guardrails, pure: what they look for, how they look through texts whole or in pieces, and what they say. */
export { guardrailsFor } from './applies.ts'
export { checkRefusal, type Guard, type GuardrailRules, guardOf, guardrailInWords } from './compile.ts'
export {
  type ExternalCheck,
  externalChecks,
  externalInspection,
  type Finding,
  type Judged,
  judge,
  looksIn,
  mayChange,
  type Said,
} from './external.ts'
export { type Block, Inspection, type Look, type TextPass, type TextStream } from './inspection.ts'
export { blockInWords, verdictStep } from './words.ts'
