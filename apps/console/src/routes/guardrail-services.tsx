export { GuardrailServicesPage as Page } from '../features/guardrails/services-page.tsx'
