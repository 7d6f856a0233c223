export { TeamsPage as Page } from '../features/people/teams-page.tsx'
