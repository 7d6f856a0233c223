/**
 * Limits of calls beyond those that stand on a key, a person, a team and an account, and what gateway processes have left
 * of them together. Owns limits, rate_windows, rate_places, rate_processes; emits limit.*.
 */
export { limitHandlers } from './routes.ts'
export { createCallLimits } from './service.ts'
export { createRateWindows } from './windows.ts'
