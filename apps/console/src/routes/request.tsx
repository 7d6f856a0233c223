export { RequestPage as Page } from '../features/requests/request-page.tsx'
