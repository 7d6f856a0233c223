export { DestinationsPage as Page } from '../features/audit/destinations-page.tsx'
