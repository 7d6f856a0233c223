/** What roles may do, and what the caller may do here. Owns no table, emits nothing. */
export { permissionsFor } from './model.ts'
export type { WhoIs } from './port.ts'
export { rightsOf } from './rights.ts'
export { accessHandlers } from './routes.ts'
export { type Access, createAccess } from './service.ts'
