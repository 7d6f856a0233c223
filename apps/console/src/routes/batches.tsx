export { BatchesPage as Page } from '../features/stored/batches-page.tsx'
