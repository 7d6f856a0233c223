/** How secrets of any room are kept: sealed, bound to where they belong, never shown again. Owns sentinels; emits nothing. */
export { createSecrets, type Secrets } from './service.ts'
