export { InvitesPage as Page } from '../features/invites/invites-page.tsx'
