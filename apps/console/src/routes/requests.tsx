export { RequestsPage as Page } from '../features/requests/requests-page.tsx'
