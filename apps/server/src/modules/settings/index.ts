/** What this installation runs with. Owns no table, emits nothing. */
export { settingsHandlers } from './routes.ts'
export { createSettings, type InstallationFacts, type Settings } from './service.ts'
