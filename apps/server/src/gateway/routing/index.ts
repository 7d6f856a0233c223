/** Which deployment a call is sent to: the load and health of each in this process, and the order the policy makes of them. */

export { fallbackReasonOf } from './fallback-reason.ts'
export { DeploymentLoad } from './load.ts'
export { createLoads, type Loads } from './loads.ts'
export { createRouteMetrics, type RouteMetrics } from './route-metrics.ts'
export { createRouter, type Router, type Shadow, type Turns } from './router.ts'
