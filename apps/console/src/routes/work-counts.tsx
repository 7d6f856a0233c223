export { WorkPage as Page } from '../features/limits/work-page.tsx'
