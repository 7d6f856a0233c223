export { UsersPage as Page } from '../features/people/users-page.tsx'
