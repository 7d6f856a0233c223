export { AccountPage as Page } from '../features/accounts/account-page.tsx'
