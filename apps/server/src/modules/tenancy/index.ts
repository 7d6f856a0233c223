/** Accounts, the tenants of an installation. Owns accounts; emits account.*. */
export type { AccountSeed, CreditsSpent, NewAdmin, People } from './port.ts'
export { accountHandlers } from './routes.ts'
export { createTenancy, type Tenancy, type TenancyDeps } from './service.ts'
