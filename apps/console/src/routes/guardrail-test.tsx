export { BenchPage as Page } from '../features/guardrails/bench-page.tsx'
