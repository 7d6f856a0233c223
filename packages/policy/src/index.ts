/** What a principal may do, decided purely over a snapshot: the gateway enforces it, `/v1/explain` shows it. */
export {
  type AccessFacts,
  accessOf,
  type Denial as AccessDenial,
  type Grant,
  type Held,
  isBoundBy,
  isInForce,
  mayBeSeenBy,
  rightsIn,
} from './access.ts'
export {
  type Administration,
  type AdministrationFacts,
  administrationOf,
  isWorse,
} from './administration.ts'
export { type Admission, type AdmissionStep, admission, type Caller } from './admission.ts'
export * from './budget.ts'
export { needOf, needsOf } from './capabilities.ts'
export {
  amountOf,
  type BoundedWork,
  type CapFigure,
  capDenial,
  capStep,
  lesser,
  measures,
  type WorkCaps,
  type WorkMeasure,
} from './caps.ts'
export { concealed } from './concealment.ts'
export { type Denial, denials, refuse, type ScopeRef } from './denial.ts'
export { explanationOf } from './explain.ts'
export * from './guardrails/index.ts'
export {
  domainOf,
  type Evidence,
  grantingOrgs,
  type IdentityClaims,
  type Resolution,
  type ResolutionFacts,
  type ResolutionRules,
  type ResolvedVia,
  resolutionSteps,
  resolveIdentity,
  roleClaimed,
  speaksForEmail,
  standardRoleKeys,
} from './identity.ts'
export { countedTags, inputDenial, type RateScope, type TokenCap } from './limits.ts'
export { callerDenial, mcpServersFor, mcpToolName, planTool, type ToolPlan, toolStanding } from './mcp.ts'
export * from './models.ts'
export { clientAddress, isAllowedFrom, loopback, networkDenial, networksOf, senderOf } from './network.ts'
export { type CallPlan, planCall } from './plan.ts'
export type { PlannedDeployment } from './plan-model.ts'
export {
  type BilledTokens,
  type BilledUnit,
  type Billing,
  costOf,
  creditsOf,
  priceAt,
  unpricedUnit,
  worstCase,
} from './price.ts'
export type { Principal } from './principal.ts'
export {
  type Candidate,
  type CandidateLoad,
  candidateOf,
  emptyRouteReason,
  fallbackAfter,
  idle,
  orderRoute,
  type RouteAsk,
  type RouteOrder,
  routeOf,
} from './route.ts'
export { identityOf } from './route-draw.ts'
export { type SimulatedDeployment, simulateRoute } from './route-trial.ts'
export { candidatesInWords } from './route-words.ts'
export { accountDenial, type Holding, ownerDenial, revocation, wayInDenial } from './standing.ts'
export {
  budgetDenial,
  budgetStep,
  holdFor,
  type NodeFigures,
  type RateFigure,
  rateDenial,
  rateStep,
  remainingOf,
} from './steps.ts'
export { busiest, noTraffic, observeTime, quantileOf, type TrafficDimension, TrafficTotals } from './traffic.ts'
export { connectionNamed, modelAt, otherPaths, type Via } from './via.ts'
export { type AccountWorld, emptyWorld, findKey, indexWorld, type World, withoutAccount, withSlice } from './world.ts'
export { asWritten, isAboveWriter, mightDo } from './writer.ts'
