/**
 * What the platform and each account ask of passwords, sessions and second factors. Owns security_settings; emits
 * security.updated.
 */
export type { InForce, RuleBook } from './model.ts'
export { securityHandlers } from './routes.ts'
export { createSecurity, type Security } from './service.ts'
