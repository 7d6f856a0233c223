export { BatchPage as Page } from '../features/stored/batch-page.tsx'
