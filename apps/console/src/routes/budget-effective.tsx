export { EffectivePage as Page } from '../features/budgets/effective-page.tsx'
