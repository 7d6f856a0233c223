/**
 * What the platform and each account ask of passwords, sessions and second factors, and where people and calls may come
 * from. Owns security_settings and allowed_networks; emits security.updated and security.networks_updated.
 */
export type { InForce, RuleBook } from './model.ts'
export { createNetworks, type Networks } from './networks.ts'
export { networkHandlers, securityHandlers } from './routes.ts'
export { createSecurity, type Security } from './service.ts'
