/** The story of all changes, as admins read it. Owns no table: it reads events, which every room writes; emits nothing. */
export { auditHandlers } from './routes.ts'
export { type Audit, createAudit } from './service.ts'
