export { EditGuardrailPage as Page } from '../features/guardrails/edit-guardrail.tsx'
