export { FilesPage as Page } from '../features/stored/files-page.tsx'
