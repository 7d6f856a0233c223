export { CyclesPage as Page } from '../features/budgets/cycles-page.tsx'
