export { AssignmentsPage as Page } from '../features/access/assignments-page.tsx'
