export { ServiceAccountsPage as Page } from '../features/people/service-accounts-page.tsx'
