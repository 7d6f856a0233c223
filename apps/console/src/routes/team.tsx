export { TeamPage as Page } from '../features/people/team-page.tsx'
