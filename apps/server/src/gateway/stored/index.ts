/** What is kept for callers: answers to continue, files and batches. */
import type { BatchPort, FilePort, ResponsePort } from './port.ts'

export type StorePort = { responses: ResponsePort; files: FilePort; batches: BatchPort }
export { type Answered, createBackground } from './background.ts'
export { batchRoutes } from './batches.ts'
export { fileRoutes } from './files.ts'
export { CollectedAnswer, callerOf, createLineCalls, HandedIn, Unread } from './line.ts'
export { messageBatchRoutes } from './message-batches.ts'
export { createPrepare, type Prepare } from './prepare.ts'
export { createReferences } from './references.ts'
export { responseRoutes } from './responses.ts'
export { createStoredEdge } from './routes.ts'
export { createTurns } from './turns.ts'
