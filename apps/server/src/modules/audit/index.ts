/**
 * The story of all changes, as admins read it, with the refused attempts and looks at sensitive data that change nothing,
 * and the proof that nobody rewrote it. Owns audit_checkpoints and audit_keys; reads events and their chains, which the
 * transactions of every room write; emits access.denied, sign_in.failed, audit.exported and whatever a sensitive route names.
 */
export { auditJobs } from './jobs.ts'
export { auditHandlers } from './routes.ts'
export { type Audit, createAudit } from './service.ts'
export { createWitness } from './witness.ts'
