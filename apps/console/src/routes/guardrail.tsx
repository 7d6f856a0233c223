export { GuardrailPage as Page } from '../features/guardrails/guardrail-page.tsx'
