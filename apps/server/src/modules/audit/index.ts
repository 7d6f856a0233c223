/**
 * The story of all changes, as admins read it, with the refused attempts and looks at sensitive data that change nothing.
 * It reads events and their chains, which the transactions of every room write; emits access.denied, sign_in.failed and
 * whatever a sensitive route names.
 */
export { auditHandlers } from './routes.ts'
export { type Audit, createAudit } from './service.ts'
export { createWitness } from './witness.ts'
