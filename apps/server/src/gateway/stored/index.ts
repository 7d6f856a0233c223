/** What is kept for callers: answers to continue, files and batches. */
import type { ResponsePort } from './port.ts'

export type StorePort = { responses: ResponsePort }
export type { Owner, ResponsePort, Turn } from './port.ts'
export { responseRoutes } from './responses.ts'
export { createStoredEdge } from './routes.ts'
export { createTurns, type Turns } from './turns.ts'
