export { RetentionPage as Page } from '../features/audit/retention-page.tsx'
