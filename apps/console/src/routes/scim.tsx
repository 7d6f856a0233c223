export { ScimPage as Page } from '../features/scim/scim-page.tsx'
