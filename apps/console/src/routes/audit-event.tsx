export { EventPage as Page } from '../features/audit/event-page.tsx'
