/**
 * The story of all changes, as admins read it, with the refused attempts and looks at sensitive data that change nothing,
 * and the proof that nobody rewrote it. Owns audit_checkpoints, audit_keys, audit_retention,
 * audit_holds and audit_destinations; reads events and their chains, which the
 * transactions of every room write; emits access.denied, sign_in.failed, audit.exported,
 * audit.pruned, audit_retention.set, audit_hold.*, audit_destination.* and whatever a sensitive route names.
 */

export { createGatewayDenials } from './gateway-denials.ts'
export { auditJobs } from './jobs.ts'
export { ownEventHandlers } from './own-events.ts'
export type { Deliver, Delivery } from './port.ts'
export { holdTurn, isHeld } from './retention.ts'
export { auditHandlers } from './routes.ts'
export { type Audit, createAudit } from './service.ts'
export { createWitness } from './witness.ts'
