export { RequestsPage as Page } from '../features/access/requests-page.tsx'
