export { ScimGroupsPage as Page } from '../features/scim/groups-page.tsx'
