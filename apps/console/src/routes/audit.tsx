export { AuditPage as Page } from '../features/audit/audit-page.tsx'
