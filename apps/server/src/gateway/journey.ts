/** How far the attempts of one call have come: which deployment is next, and what to say when none is left. */
import { emptyRouteReason, type RouteOrder } from '@cockpit/policy'
import type { Call } from './call.ts'
import { gatewayErrorFrom, isRecord } from './dialects/index.ts'
import type { Exchange, StreamTaker } from './exchange.ts'
import type { Race } from './hedging.ts'
import type { Deployment } from './plans.ts'
import { pathOf, spokenTo } from './providers/index.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Failure, NextStep } from './upstream/index.ts'
import type { UpstreamRequest } from './upstream-request.ts'

export type Journey = {
  call: Call
  /** The deployments that may serve it, in the order in which they are tried. */
  readonly order: readonly Deployment[]
  /** Why the route left out others. */
  readonly passedOver: RouteOrder['passedOver']
  /** Place in that order. */
  at: number
  /** Attempts on that deployment. */
  tries: number
  /** Connections whose credential is refused. */
  dead: readonly string[]
  failure: Failure | null
  onlyDead: boolean
  request: UpstreamRequest | null
  /** What waits for the rest of an answer that broke off; null while nothing has. */
  rest: Rest | null
  /** A second call may go out beside the one that is waited for, or has; null where there is none. */
  race: Race | null
  /** It has had its second call, or the chance of one. */
  hedged: boolean
  /** The place in the order whose turn was taken before it came; -1: none. */
  spent: number
}

/** Takes in what comes of an attempt to get the rest of an answer. */
export type Rest = { stream(exchange: Attempt): StreamTaker; fell(exchange: Attempt, failure: Failure): void }

/** One attempt of a journey. */
export type Attempt = Exchange<Journey>

export const badAnswer: Failure = {
  code: 'upstream.invalid_answer',
  status: 502,
  message: '',
  retryable: false,
  elsewhere: true,
  credentialDead: false,
  retryAfterMs: null,
  answer: null,
}

/** It took the call, or began a stream, and no content came in time: another one may be faster. */
export const tooSlow: Failure = {
  ...badAnswer,
  code: 'upstream.timeout',
  status: 504,
  message: 'The provider did not begin to answer in time.',
}

/** When the attempt has taken too long: the whole call, or this stream without any content. */
export const firstDeadline = ({ stream, endsAt }: Call, { firstTokenMs }: Deployment): number =>
  stream && firstTokenMs !== null ? Math.min(endsAt, performance.now() + firstTokenMs) : endsAt

/** The next step as far as the route allows it: so many attempts, and so many repeats among all its calls. */
export const within = (journey: Journey, step: NextStep): NextStep => {
  const { call } = journey
  const router = call.entry?.router
  if (!router || step.kind === 'give_up') return step
  const { attemptsMax } = router.route
  if (attemptsMax !== null && call.attempts >= attemptsMax) return giveUp
  if (step.kind === 'next' || router.mayRepeat()) return step
  return journey.failure?.elsewhere && hasNext(journey) ? { kind: 'next' } : giveUp
}
const giveUp: NextStep = { kind: 'give_up' }

/** The deployment to try now; those that cannot serve this call are passed over. */
export const nextDeployment = (journey: Journey): Deployment | null => {
  const { order: deployments } = journey
  for (; journey.at < deployments.length; journey.at++, journey.tries = 0) {
    const deployment = deployments[journey.at]
    if (!deployment || journey.at === journey.spent) continue
    if (journey.dead.includes(deployment.target.connection.id)) continue
    const { broken, provider, connection } = deployment.target
    const lacks = pathOf(provider, journey.call.operation) === null
    if (broken === null && (!lacks || deployments.length === 1)) return deployment
    if (broken !== null) {
      journey.failure = { ...badAnswer, code: 'upstream_credentials_exhausted', message: broken, credentialDead: true }
      journey.dead = [...journey.dead, connection.id]
    }
  }
  return null
}

/** Who comes after the one that is tried now; null where nobody does. */
export const placeAfter = ({ call, order, at, dead, spent }: Journey): number | null => {
  const place = order.findIndex(
    ({ target }, place) =>
      place > at &&
      place !== spent &&
      target.broken === null &&
      !dead.includes(target.connection.id) &&
      pathOf(target.provider, call.operation) !== null,
  )
  return place < 0 ? null : place
}

export const hasNext = (journey: Journey): boolean => placeAfter(journey) !== null

/** An upstream's 401 must never look like the caller's own: to the caller, it is the gateway that has no access. */
export const refusalFor = ({ onlyDead, call }: Journey, failure: Failure): Refusal => {
  if (onlyDead)
    return {
      code: 'upstream_credentials_exhausted',
      status: 502,
      message: `No credential for model '${call.model}' works: ${failure.message}`,
      retryable: false,
    }
  const waitMs = failure.retryAfterMs
  const wait = waitMs === null ? {} : { retryAfterSeconds: Math.ceil(waitMs / 1000) }
  if (failure.credentialDead) return { code: failure.code, status: 502, message: failure.message, retryable: false }
  if (failure.answer) {
    const { error: said, dialect } = failure.answer
    const error = gatewayErrorFrom(
      said,
      { from: dialect, to: call.dialect },
      { requestId: call.id, code: failure.code, ...wait },
    )
    return error
  }
  return { code: failure.code, status: failure.status, message: failure.message, retryable: failure.retryable, ...wait }
}

/** What is said when the route has nobody for a call. */
export const nobodyFor = ({ call, passedOver }: Journey): Refusal => {
  const reason = emptyRouteReason(passedOver)
  if (reason === 'rate_limit')
    return {
      code: 'upstream.rate_limited',
      status: 429,
      message: `Every deployment of model '${call.model}' is at its limit; call again.`,
      retryable: true,
    }
  if (reason === 'context_length')
    return refusal(
      'input.invalid',
      `The prompt of about ${call.inputTokens} tokens is longer than any deployment of model '${call.model}' takes.`,
    )
  return {
    code: 'upstream.unreachable',
    status: 502,
    message: `No deployment of model '${call.model}' takes this call.`,
    retryable: true,
  }
}

/** A provider's own complaint about a request reaches the caller unchanged when both speak the same dialect. */
export const passesAsIs = (call: Call, failure: Failure, deployment: Deployment | null): boolean =>
  failure.code === 'upstream.rejected' &&
  failure.status < 500 &&
  deployment !== null &&
  spokenTo(deployment.target.provider, call.dialect) === call.dialect &&
  failure.answer?.contentType.includes('json') === true &&
  isInDialect(failure.answer.body)

/** Many servers speak a dialect except for its errors, which no SDK of it could read then. */
const isInDialect = (body: Buffer): boolean => {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'))
    return isRecord(said) && isRecord(said.error)
  } catch {
    return false
  }
}
