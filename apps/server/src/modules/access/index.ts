/**
 * What roles may do, who has which, why, and what the caller may do here. Owns custom_roles, role_assignments,
 * role_requests, deny_rules, impersonations, worn_masks and access_settings; emits role.*, role_assignment.*, role_request.*,
 * deny_rule.*, impersonation.* and access_settings.updated.
 */
export { createKeepAdmin, type KeepAdmin } from './administrators.ts'
export { createMaskOf } from './impersonations.ts'
export type { WhoIs } from './port.ts'
export { createRefuseHigherProgram } from './programs.ts'
export { createRightsOf } from './rights.ts'
export { accessHandlers } from './routes.ts'
export { type Access, createAccess } from './service.ts'
