export { DistributePage as Page } from '../features/budgets/distribute-page.tsx'
