export { ComparePage as Page } from '../features/models/compare-page.tsx'
