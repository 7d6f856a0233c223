export { GuardrailsPage as Page } from '../features/guardrails/guardrails-page.tsx'
