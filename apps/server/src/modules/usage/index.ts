/**
 * The log of calls through the gateway, their sums by the hour, and the live tail.
 * Owns `requests`, `trace_plans`, `request_contents`, `content_policies`, `usage_rollups`, `rejected_usage`, `traffic`; emits
 * kept_content.* (a call is its own story).
 */
export { createContents } from './contents.ts'
export { createUsageFeed } from './feed.ts'
export { createIngest, type Ingest, type UsageBatch } from './ingest.ts'
export { createUsageJobs } from './jobs.ts'
export { createLiveTail } from './live.ts'
export type { Settle } from './port.ts'
export { keptContentHandlers, trafficHandlers, usageHandlers } from './routes.ts'
export { createUsage, type Usage } from './service.ts'
export { createTrafficWatch } from './traffic.ts'
