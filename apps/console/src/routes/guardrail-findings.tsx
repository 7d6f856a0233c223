export { FindingsPage as Page } from '../features/guardrails/findings-page.tsx'
