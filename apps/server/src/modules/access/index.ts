/**
 * What roles may do, who has which, and what the caller may do here. Owns custom_roles, role_assignments, role_requests
 * and deny_rules; emits role.*, role_assignment.*, role_request.* and deny_rule.*.
 */
export type { WhoIs } from './port.ts'
export { createRightsOf } from './rights.ts'
export { accessHandlers } from './routes.ts'
export { type Access, createAccess } from './service.ts'
