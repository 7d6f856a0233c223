/**
 * Accounts in Zitadel: provisioning in steps that can be repeated, and following what changes there. Owns zitadel_configs,
 * zitadel_defaults, zitadel_user_links, zitadel_runs, zitadel_run_steps, zitadel_suspensions, zitadel_reconciliations,
 * zitadel_turns, zitadel_events and zitadel_feed; emits zitadel.* and user.updated.
 */
export type { Accounts, Members, SignIn, ZitadelApi } from './port.ts'
export { zitadelHandlers } from './routes.ts'
export { createZitadel, type Zitadel, type ZitadelDeps } from './service.ts'
