export { ServiceAccountPage as Page } from '../features/people/service-account-page.tsx'
