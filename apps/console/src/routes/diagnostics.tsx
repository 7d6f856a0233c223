export { RefusalsPage as Page } from '../features/diagnostics/refusals-page.tsx'
