/** What is kept for callers: answers to continue, files and batches. */
import type { FilePort, ResponsePort } from './port.ts'

export type StorePort = { responses: ResponsePort; files: FilePort }
export { fileRoutes } from './files.ts'
export type { FilePort, Owner, ResponsePort, Turn } from './port.ts'
export { responseRoutes } from './responses.ts'
export { createStoredEdge } from './routes.ts'
export { createTurns, type Turns } from './turns.ts'
