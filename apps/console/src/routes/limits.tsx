export { LimitsPage as Page } from '../features/limits/limits-page.tsx'
