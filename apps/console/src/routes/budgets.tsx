export { TreePage as Page } from '../features/budgets/tree-page.tsx'
