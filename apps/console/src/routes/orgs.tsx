export { OrgsPage as Page } from '../features/people/orgs-page.tsx'
