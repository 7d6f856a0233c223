export { AcceptPage as Page } from '../features/invites/accept-page.tsx'
