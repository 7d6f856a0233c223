export { RolesPage as Page } from '../features/access/roles-page.tsx'
