/** What would happen to a call on a route when certain deployments fail in certain ways. The order is the gateway's own. */
import type { Failing, FallbackReason, ModelRoute, RouteOutcome } from '@cockpit/contract/routing'
import { emptyRouteReason, fallbackAfter, idle, orderRoute, type RouteAsk } from './route.ts'
import { candidatesInWords, type NamedCandidate } from './route-words.ts'

export type SimulatedDeployment = NamedCandidate & { maxRetries: number; fails: Failing | null }

type Steps = RouteOutcome['steps']

export const simulateRoute = (
  modelName: string,
  route: ModelRoute,
  deployments: readonly SimulatedDeployment[],
  ask: RouteAsk,
): RouteOutcome => {
  const order = orderRoute(
    route,
    deployments.map(({ candidate }) => candidate),
    deployments.map(({ load }) => load ?? idle),
    ask,
  )
  const candidates = candidatesInWords(route, deployments, order)
  const steps: Steps = []
  const walked = walk(
    route,
    order.order.flatMap((at) => deployments[at] ?? []),
    steps,
  )
  if ('answered' in walked) {
    const { connectionId, connection } = walked.answered
    return { candidates, steps, answeredBy: { connectionId, connection, model: modelName } }
  }
  const reason = walked.failed ?? emptyRouteReason(order.passedOver)
  if (order.order.length === 0)
    steps.push(step('refused', null, 'No deployment of the model may take the call.', false))
  const next = fallbackAfter(route, reason, [modelName])
  if (next === null) {
    steps.push(step('refused', null, `The caller gets the error: ${reasonWords[reason]}.`, false))
    return { candidates, steps, answeredBy: null }
  }
  const text = `Falls back to model '${next}', because ${reasonWords[reason]}; it is billed at its own price.`
  steps.push(step('fallback', null, text, true))
  return { candidates, steps, answeredBy: { connectionId: null, connection: null, model: next } }
}

type Walked = { answered: SimulatedDeployment } | { failed: FallbackReason | null }

const walk = (route: ModelRoute, order: readonly SimulatedDeployment[], steps: Steps): Walked => {
  const dead = new Set<string>()
  let failed: FallbackReason | null = null
  let attempts = 0
  for (const [at, one] of order.entries()) {
    const { connection, connectionId, upstreamModel, fails } = one
    if (dead.has(connectionId)) {
      steps.push(step('skip', connectionId, `${connection} (${upstreamModel}): its credential was refused.`, false))
      continue
    }
    if (route.attemptsMax !== null && attempts >= route.attemptsMax) {
      steps.push(step('refused', null, `The call has had its ${route.attemptsMax} attempts.`, false))
      break
    }
    attempts++
    if (fails === 'slow') return { answered: overtaken(route, one, order[at + 1], attempts, steps) }
    if (fails === null) {
      steps.push(step('attempt', connectionId, `${connection} (${upstreamModel}) answers.`, true))
      return { answered: one }
    }
    failed = reasonOf[fails]
    steps.push(step('attempt', connectionId, `${connection} (${upstreamModel}): ${failureWords[fails]}.`, false))
    // the provider's word about the request itself holds for all who serve the model
    if (fails === 'context_length' || fails === 'content_filter') return { failed }
    if (fails === 'credential') dead.add(connectionId)
    attempts += repeat(route, one, at + 1 < order.length, attempts, steps)
  }
  return { failed }
}

/** Who is slow to begin is overtaken by the next one where the route sends a second call, and answers late where not. */
const overtaken = (
  { hedge, attemptsMax }: ModelRoute,
  slow: SimulatedDeployment,
  next: SimulatedDeployment | undefined,
  attempts: number,
  steps: Steps,
): SimulatedDeployment => {
  const { connectionId, connection, upstreamModel } = slow
  const mayHedge = hedge && next && next.connectionId !== connectionId && attempts < (attemptsMax ?? attempts + 1)
  const late = step('attempt', connectionId, `${connection} (${upstreamModel}) answers, late.`, true)
  if (!mayHedge) {
    steps.push(late)
    return slow
  }
  const after = hedge.afterMs === null ? 'longer than usual' : `for ${hedge.afterMs} ms`
  const called = `${next.connection} (${next.upstreamModel})`
  steps.push(step('attempt', connectionId, `${connection} (${upstreamModel}) says nothing ${after}.`, false))
  if (next.fails === null) {
    const cancelled = `${called} is called too and answers first; what the other had used is billed.`
    steps.push(step('hedge', next.connectionId, cancelled, true))
    return next
  }
  steps.push(step('hedge', next.connectionId, `${called} is called too, in vain: ${failureWords[next.fails]}.`, false))
  steps.push(late)
  return slow
}

/** An error may pass, so it is asked again there; one that limits the rate is full for all, and silence may still be work. */
const repeat = (
  { attemptsMax }: ModelRoute,
  { fails, maxRetries, connectionId, connection }: SimulatedDeployment,
  hasNext: boolean,
  attempts: number,
  steps: Steps,
): number => {
  const retries = fails === 'error' || (fails === 'rate_limit' && !hasNext) ? maxRetries : 0
  const left = Math.min(retries, (attemptsMax ?? Number.POSITIVE_INFINITY) - attempts)
  if (left <= 0) return 0
  const text = `${connection} is asked again ${left === 1 ? 'once' : `${left} times`}, in vain.`
  steps.push(step('retry', connectionId, text, false))
  return left
}

const step = (kind: Steps[number]['kind'], connectionId: string | null, text: string, ok: boolean): Steps[number] => ({
  kind,
  connectionId,
  text,
  ok,
})

const reasonOf: Record<Failing, FallbackReason> = {
  error: 'error',
  rate_limit: 'rate_limit',
  slow: 'timeout',
  timeout: 'timeout',
  credential: 'error',
  context_length: 'context_length',
  content_filter: 'content_filter',
}
const failureWords: Record<Failing, string> = {
  error: 'an error',
  rate_limit: 'too many calls (429)',
  slow: 'it begins late',
  timeout: 'silence until the time-out',
  credential: 'the credential is refused or has no quota left',
  context_length: 'the prompt is too long for it',
  content_filter: 'its content filter refuses the prompt',
}
const reasonWords: Record<FallbackReason, string> = {
  error: 'every deployment failed',
  rate_limit: 'every deployment is at its limit',
  timeout: 'no deployment answered in time',
  context_length: 'the prompt is too long',
  content_filter: 'a content filter refused the prompt',
}
