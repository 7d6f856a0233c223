/** From a call that may be made to its answer: deployments in order, retries and fallbacks, answers and disconnects. */
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { emptyRouteReason, fallbackAfter } from '@cockpit/policy'
import { sendBody, sendRefusal } from './answer.ts'
import type { AnswerCache } from './cache/index.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { GatewayConfig } from './config.ts'
import { createContinuing } from './continuing.ts'
import { countedUsage } from './counted.ts'
import { dialects, estimatedUsage, Untranslatable, type Usage } from './dialects/index.ts'
import { createEndings } from './endings.ts'
import { Exchange, type ExchangeHooks } from './exchange.ts'
import { askAboutAnswer, guardAnswer, outsideOfAnswers } from './guards/index.ts'
import { createHedging } from './hedging.ts'
import {
  type Attempt,
  badAnswer,
  firstDeadline,
  hasNext,
  type Journey,
  nextDeployment,
  nobodyFor,
  passesAsIs,
  refusalFor,
  tooSlow,
  within,
} from './journey.ts'
import { usageOfMedia } from './media/index.ts'
import { createPassing } from './passing.ts'
import type { Deployment } from './plans.ts'
import { isMedia, spokenTo } from './providers/index.ts'
import { refusal } from './refusal.ts'
import { fallbackReasonOf, type RouteMetrics, type Shadow } from './routing/index.ts'
import type { Settle } from './settle.ts'
import { createStreamed } from './streamed.ts'
import { translatedAnswer } from './translate.ts'
import { decideNext, type Failure, unreadable } from './upstream/index.ts'
import { tellDropped, type UpstreamRequest, upstreamRequest } from './upstream-request.ts'

type Deps = {
  settle: Settle
  cache: AnswerCache
  calls: Calls
  config: GatewayConfig
  random: () => number
  onBug: (call: Call, error: unknown) => void
  /** A provider takes the credential of a connection no longer. */
  onRefusedCredential: (connection: SliceConnection, failure: Failure) => void
  /** Sends a call to another model; false where its caller may not use that one. */
  fallBack: (call: Call, model: string) => boolean
  /** Chance says whether it is made once more, to compare. */
  draw: (call: Call, shadow: Shadow) => void
  metrics: RouteMetrics
  /** Of a record beside that of a call. */
  newId: () => string
  now: () => number
}

export const createRoute = (deps: Deps) => {
  const { settle, calls, config, random, onBug, onRefusedCredential, metrics, newId, now } = deps
  const endings = createEndings({ settle, onBug })
  const { refuse, left, leftCounted } = endings

  const attempt = (journey: Journey) => {
    const { call } = journey
    const deployment = nextDeployment(journey)
    if (!deployment) return leave(journey)
    const request = upstreamRequest(call, deployment)
    if (!('body' in request)) return refuse(call, request, deployment)
    journey.request = request
    tellDropped(call, request)
    journey.tries++
    const exchange = send(journey, deployment, request)
    if (call.entry?.router?.hedge) hedging.arm(exchange)
  }

  const send = (journey: Journey, deployment: Deployment, request: UpstreamRequest): Attempt => {
    const { call } = journey
    const { timeouts } = deployment.target.connection
    call.attempts++
    deployment.load?.began(now())
    const exchange = new Exchange(journey, call, deployment, hooks)
    if (call.endsAt === Number.POSITIVE_INFINITY)
      call.endsAt = Math.min(call.capEndsAt, call.startedAt + exchange.beganAt + timeouts.totalMs)
    waitFor(exchange)
    deployment.target.dispatcher.dispatch(
      {
        path: request.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
      },
      exchange,
    )
    return exchange
  }

  const waitFor = (exchange: Attempt) => {
    const { call, deployment } = exchange
    const late = () => timedOut(exchange)
    const gone = () => leftWhileWaiting(exchange)
    call.deadlineAt = firstDeadline(call, deployment)
    call.onDeadline = late
    call.onGone = gone
  }

  const hooks: ExchangeHooks<Journey> = {
    answerBytesMax: config.answerBytesMax,
    onAnswer(exchange, body) {
      const { rest } = exchange.task
      if (rest) return rest.fell(exchange, unreadable('The provider answered whole what was asked for as a stream.'))
      if (exchange.task.race) hedging.answered(exchange)
      answered(exchange, body)
    },
    onFailure: (exchange, failure) => fell(exchange, failure),
    onStream(exchange) {
      const { race, rest } = exchange.task
      if (rest) return rest.stream(exchange)
      if (race) return hedging.stream(exchange, race)
      return isMedia(exchange.call.operation) ? passing(exchange) : streamed(exchange)
    },
  }

  const fell = (exchange: Attempt, failure: Failure) => {
    const { rest } = exchange.task
    if (rest) return rest.fell(exchange, failure)
    if (exchange.task.race === null || !hedging.fell(exchange, failure)) failed(exchange, failure)
  }

  const noted = (exchange: Attempt, failure: Failure) => {
    const { task: journey, call } = exchange
    const { connection } = exchange.deployment.target
    call.span(
      `attempt ${call.attempts}`,
      exchange.beganAt,
      `${connection.name}: ${failure.message}`.slice(0, 300),
      false,
    )
    journey.failure = failure
    call.deadlineAt = call.endsAt
    const route = call.entry?.router?.route
    if (route) exchange.deployment.load?.failed(failure, route.breaker, now())
    if (failure.credentialDead) {
      journey.dead = [...journey.dead, connection.id]
      onRefusedCredential(connection, failure)
    } else journey.onlyDead = false
  }

  const failed = (exchange: Attempt, failure: Failure) => {
    const { task: journey, call } = exchange
    if (call.finished || call.counting) return
    const { connection } = exchange.deployment.target
    noted(exchange, failure)
    if (call.gone) return left(call, exchange.deployment, null)
    const step = within(
      journey,
      decideNext({
        failure,
        tries: journey.tries,
        maxRetries: connection.maxRetries,
        hasNext: hasNext(journey),
        waitMaxMs: config.retryWaitMaxMs,
        chance: random(),
      }),
    )
    if (step.kind === 'give_up') return leave(journey, exchange.deployment)
    if (step.kind === 'next') {
      metrics.failedOver(call.model, failure.code)
      journey.at++
      journey.tries = 0
      return attempt(journey)
    }
    const timer = setTimeout(() => attempt(journey), step.afterMs)
    const stop = () => {
      clearTimeout(timer)
      left(call, exchange.deployment, null)
    }
    const late = () => {
      clearTimeout(timer)
      if (call.revoked) return refuse(call, call.revoked, exchange.deployment)
      giveUp(journey, exchange.deployment)
    }
    call.onGone = stop
    call.onDeadline = late
  }

  /** The last deployment of a model has failed: another model may answer instead. */
  const leave = (journey: Journey, deployment: Deployment | null = null) => {
    const { call, failure } = journey
    const route = call.entry?.router?.route
    const reason = failure ? fallbackReasonOf(failure) : emptyRouteReason(journey.passedOver)
    if (!route || reason === null || call.revoked) return giveUp(journey, deployment)
    const from = call.model
    call.leftModels = [...call.leftModels, from]
    for (;;) {
      const to = fallbackAfter(route, reason, call.leftModels)
      if (to === null) return giveUp(journey, deployment)
      const at = call.elapsedMs()
      if (deps.fallBack(call, to)) {
        metrics.fellBack(from, to, reason)
        return call.span('fallback', at, `${from} → ${to}: ${reason}`)
      }
      call.leftModels = [...call.leftModels, to]
    }
  }

  const giveUp = (journey: Journey, deployment: Deployment | null = null) => {
    const { call, failure } = journey
    if (call.finished) return
    const refused = failure ? refusalFor(journey, failure) : nobodyFor(journey)
    const asIs = failure && passesAsIs(call, failure, deployment)
    settle(
      call,
      {
        status: 'error',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: failure?.message ?? refused.message,
        usage: null,
        deployment,
      },
      () =>
        asIs && failure.answer
          ? sendBody(call, failure.status, failure.answer.contentType, failure.answer.body)
          : sendRefusal(call, refused),
    )
  }

  const timedOut = (exchange: Attempt) => {
    const { call } = exchange
    hedging.stop(exchange.task)
    exchange.abandon()
    if (!call.revoked && !call.gone && performance.now() < call.endsAt) return failed(exchange, tooSlow)
    const { totalMs } = exchange.deployment.target.connection.timeouts
    const late = refusal('upstream.timeout', `The provider did not finish within ${totalMs / 1000} seconds.`)
    const over = performance.now() >= call.capEndsAt ? call.capLate : null
    refuse(call, call.revoked ?? over ?? late, exchange.deployment)
  }

  /** The caller hung up before the answer began. */
  const leftWhileWaiting = (exchange: Attempt) => {
    const { call } = exchange
    hedging.stop(exchange.task)
    if (exchange.deployment.target.connection.onDisconnect === 'drain') return
    exchange.abandon()
    leftCounted(call, exchange.deployment, estimatedUsage(call.inputTokens, 0))
  }

  const answered = (exchange: Attempt, body: Buffer) => {
    const { call, deployment } = exchange
    const { provider, connection } = deployment.target
    const { reading } = dialects[spokenTo(provider, call.dialect)]
    const at = call.elapsedMs()
    call.firstByteAt ??= at
    deployment.load?.answered(at - exchange.beganAt, now(), false)
    call.span(`attempt ${call.attempts}`, exchange.beganAt, connection.name, true, at)
    const usage = isMedia(call.operation) ? usageOfMedia(call, body) : reading.usageOfAnswer(body)
    if (usage) return complete(exchange, body, usage)
    countedUsage(call, body).then(
      (counted) => complete(exchange, body, counted),
      (error) => onBug(call, error),
    )
  }

  const complete = (exchange: Attempt, body: Buffer, usage: Usage) => {
    const { call, deployment } = exchange
    const from = spokenTo(deployment.target.provider, call.dialect)
    let out = body
    if (from !== call.dialect) {
      try {
        out = translatedAnswer(call, from, body, usage)
      } catch (error) {
        // the words of other errors quote what they could not read
        const message = error instanceof Untranslatable ? error.message : 'The provider’s answer cannot be read.'
        return failed(exchange, { ...badAnswer, message })
      }
    }
    const guarded = call.entry?.guard ? guardAnswer(call, out) : out
    if (!Buffer.isBuffer(guarded)) return endings.block(call, guarded, usage, deployment)
    const outside = outsideOfAnswers(call)
    if (!outside) return pass(exchange, guarded, usage)
    // the answer is here and paid: neither its caller nor the clock changes what is on record of it
    call.onGone = nothing
    call.onDeadline = nothing
    askAboutAnswer(call, outside, guarded).then(
      (judged) => {
        if (call.finished) return
        if (call.revoked) return endings.block(call, call.revoked, usage, deployment)
        if (!Buffer.isBuffer(judged)) return endings.block(call, judged, usage, deployment)
        pass(exchange, judged, usage)
      },
      (error) => onBug(call, error),
    )
  }

  const pass = ({ call, deployment, contentType: said }: Attempt, out: Buffer, usage: Usage) => {
    const from = spokenTo(deployment.target.provider, call.dialect)
    if (call.entry?.plan.logContent) {
      call.answerText = [out]
      call.answerTextBytes = out.length
    }
    const contentType = from === call.dialect ? said || jsonType : jsonType
    if (call.gone) return left(call, deployment, usage)
    if (call.keepAs) deps.cache.keep(call, out, contentType, usage)
    if (call.shadow) call.shadow.whole = out
    settle(call, { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null, usage, deployment }, () =>
      sendBody(call, 200, contentType, out),
    )
  }

  const passing = createPassing({ calls, endings, settle, failed, now })
  const hedging = createHedging({
    ...{ calls, endings, send, waitFor, noted, newId, now },
    onFailure: fell,
    taker: (exchange) => streamed(exchange),
    onHedge: metrics.hedged,
  })
  const continuing = createContinuing({ send, noted, now, onContinued: metrics.continued })
  const streamed = createStreamed({ calls, config, cache: deps.cache, endings, failed, continuing, onBug, now })

  return (call: Call) => {
    const { entry } = call
    const routed = entry?.router?.order(call)
    const order = routed?.deployments ?? entry?.deployments ?? noDeployments
    const passedOver = routed?.passedOver ?? noneLeftOut
    const shadow = entry?.router?.shadow
    if (shadow) deps.draw(call, shadow)
    attempt({
      call,
      order,
      passedOver,
      at: 0,
      tries: 0,
      dead: none,
      failure: null,
      onlyDead: true,
      request: null,
      rest: null,
      race: null,
      hedged: false,
      spent: -1,
    })
  }
}
export type Route = ReturnType<typeof createRoute>

const jsonType = 'application/json'
const nothing = () => {}
const none: readonly string[] = []
const noDeployments: readonly Deployment[] = []
const noneLeftOut: Journey['passedOver'] = []
