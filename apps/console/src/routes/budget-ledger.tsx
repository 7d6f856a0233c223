export { LedgerPage as Page } from '../features/budgets/ledger-page.tsx'
