/**
 * Sends requests on record to where operators watch them: OTLP, Langfuse, webhooks and S3. Owns exporters; reads the order of
 * booking through a port; emits exporter.*.
 */
export type { ExportedRequest, Outgoing, Send, UsageFeed } from './port.ts'
export { exporterHandlers } from './routes.ts'
export { createExporters } from './service.ts'
