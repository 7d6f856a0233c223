export { UserPage as Page } from '../features/people/user-page.tsx'
