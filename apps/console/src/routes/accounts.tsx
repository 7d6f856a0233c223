export { AccountsPage as Page } from '../features/accounts/accounts-page.tsx'
