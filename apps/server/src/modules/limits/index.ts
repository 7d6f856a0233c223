/**
 * Limits of calls beyond those that stand on a key, a person, a team and an account, what gateway processes have left of
 * them together, and what runs, sessions and agents have used. Owns limits, rate_windows, rate_places, rate_processes,
 * work_counts, work_holds; emits limit.*.
 */
export { limitJobs } from './jobs.ts'
export { limitHandlers, workCountHandlers } from './routes.ts'
export { createCallLimits } from './service.ts'
export { createUsedOf } from './used.ts'
export { createRateWindows } from './windows.ts'
export { createWorkCounts } from './work.ts'
