/** Virtual keys: what programs call the gateway with. Owns keys; emits key.created, .updated, .rotated and .revoked. */
export type { FoundKey } from './lookup.ts'
export type { ModelNames } from './port.ts'
export { keyHandlers } from './routes.ts'
export { createKeys, type Keys, type KeysDeps } from './service.ts'
