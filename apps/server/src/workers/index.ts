/**
 * Several processes on one port: the first holds the database and the work of the installation, each worker serves the API
 * and the gateway with a write-ahead file and leases of its own.
 */
export type { Answer, Ask, Question } from './messages.ts'
export { startSupervisor } from './supervisor.ts'
export { giveUp, startWorker } from './worker.ts'
