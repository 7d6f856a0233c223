export { AlertsPage as Page } from '../features/budgets/alerts-page.tsx'
