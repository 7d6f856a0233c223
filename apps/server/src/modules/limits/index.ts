/** Limits of calls beyond those that stand on a key, a person, a team and an account. Owns limits; emits limit.*. */
export { limitHandlers } from './routes.ts'
export { createCallLimits } from './service.ts'
