export { ScimRequestsPage as Page } from '../features/scim/requests-page.tsx'
