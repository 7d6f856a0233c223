/**
 * What looks at the texts of calls: rules of an account, tried on texts and on kept requests before they are saved, and
 * what they said. Owns guardrails and guardrail_verdicts; emits guardrail.*.
 */
export type { Inspect, KeptRequest } from './port.ts'
export { guardrailHandlers } from './routes.ts'
export { createGuardrails, type Guardrails } from './service.ts'
