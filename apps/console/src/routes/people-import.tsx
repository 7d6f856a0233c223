export { ImportPage as Page } from '../features/people/import-page.tsx'
