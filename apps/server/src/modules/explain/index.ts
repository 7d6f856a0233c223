/** Says what a caller may use, and whether a call would be allowed and why. Owns no table; decides as the gateway does. */
export type { ExplainPorts } from './port.ts'
export { explainHandlers } from './routes.ts'
export { createExplain, type Explain } from './service.ts'
