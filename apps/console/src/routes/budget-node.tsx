export { NodePage as Page } from '../features/budgets/node-page.tsx'
