export { NewGuardrailPage as Page } from '../features/guardrails/new-guardrail.tsx'
