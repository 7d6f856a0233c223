/** What is kept for callers: answers to continue, files and batches. */
import type { BatchPort, FilePort, ResponsePort } from './port.ts'

export type StorePort = { responses: ResponsePort; files: FilePort; batches: BatchPort }
export { batchRoutes } from './batches.ts'
export { fileRoutes } from './files.ts'
export { createLineCalls } from './line.ts'
export { messageBatchRoutes } from './message-batches.ts'
export { responseRoutes } from './responses.ts'
export { createStoredEdge } from './routes.ts'
export { createTurns, type Turns } from './turns.ts'
