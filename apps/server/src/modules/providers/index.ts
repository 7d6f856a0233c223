/** Configured credentials and addresses of model providers. Owns provider_connections and connection_checks; emits provider_connection.*. */
export { createConnectionChecks } from './checks.ts'
export { isLoopback, isPrivateAddress, namesPrivateAddress } from './model.ts'
export type { ConnectionSettings, TestConnection } from './port.ts'
export { providerHandlers } from './routes.ts'
export { createProviders, type Providers, type ProvidersDeps } from './service.ts'
