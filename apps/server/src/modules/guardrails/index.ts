/**
 * What looks at the texts of calls: rules of an account, tried on texts and on kept requests before they are saved, and
 * what they said; and the services outside that judge for them. Owns guardrails, guardrail_services and
 * guardrail_verdicts; emits guardrail.* and guardrail_service.*.
 */
export type { AskService, Inspect, JudgeOutside, KeptRequest } from './port.ts'
export { guardrailHandlers, guardrailServiceHandlers } from './routes.ts'
export { createGuardrails, type Guardrails } from './service.ts'
export { createGuardrailServices, type GuardrailServices } from './services.ts'
