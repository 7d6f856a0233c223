/** Prompts put to several models beside each other, and what came of them. Owns lab_runs; emits lab_run.*. */
export { labRunHandlers } from './routes.ts'
export { createLabRuns, type LabRuns } from './service.ts'
