/** From a call that may be made to its answer: deployments in order, retries and fallbacks, answers and disconnects. */
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { sendBody, sendRefusal } from './answer.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { GatewayConfig } from './config.ts'
import { countedUsage } from './counted.ts'
import { dialects, estimatedUsage, Untranslatable, type Usage } from './dialects/index.ts'
import { createEndings } from './endings.ts'
import { Exchange, type ExchangeHooks } from './exchange.ts'
import { guardAnswer } from './guards/index.ts'
import { type Attempt, badAnswer, hasNext, type Journey, nextDeployment, passesAsIs, refusalFor } from './journey.ts'
import type { Deployment } from './plans.ts'
import { spokenTo } from './providers/index.ts'
import { refusal } from './refusal.ts'
import type { Settle } from './settle.ts'
import { createStreamed } from './streamed.ts'
import { translatedAnswer } from './translate.ts'
import { decideNext, type Failure } from './upstream/index.ts'
import { upstreamRequest } from './upstream-request.ts'

type Deps = {
  settle: Settle
  calls: Calls
  config: GatewayConfig
  random: () => number
  onBug: (call: Call, error: unknown) => void
  /** A provider takes the credential of a connection no longer. */
  onRefusedCredential: (connection: SliceConnection, failure: Failure) => void
}

export const createRoute = ({ settle, calls, config, random, onBug, onRefusedCredential }: Deps) => {
  const endings = createEndings({ settle, onBug })
  const { refuse, left, leftCounted } = endings

  const attempt = (journey: Journey) => {
    const { call } = journey
    const deployment = nextDeployment(journey)
    if (!deployment) return giveUp(journey)
    const request = upstreamRequest(call, deployment)
    if (!('body' in request)) return refuse(call, request, deployment)
    journey.request = request
    call.droppedFields = request.dropped
    call.attempts++
    journey.tries++
    const { timeouts } = deployment.target.connection
    if (call.deadlineAt === Number.POSITIVE_INFINITY) call.deadlineAt = performance.now() + timeouts.totalMs
    const exchange = new Exchange(journey, call, deployment, hooks)
    const late = () => timedOut(exchange)
    const gone = () => leftWhileWaiting(exchange)
    call.onDeadline = late
    call.onGone = gone
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
  }

  const hooks: ExchangeHooks<Journey> = {
    answerBytesMax: config.answerBytesMax,
    onAnswer: (exchange, body) => answered(exchange, body),
    onFailure: (exchange, failure) => failed(exchange, failure),
    onStream: (exchange) => streamed(exchange),
  }

  const failed = (exchange: Attempt, failure: Failure) => {
    const { task: journey, call } = exchange
    if (call.finished || call.counting) return
    const { connection } = exchange.deployment.target
    call.span(
      `attempt ${call.attempts}`,
      exchange.beganAt,
      `${connection.name}: ${failure.message}`.slice(0, 300),
      false,
    )
    journey.failure = failure
    if (failure.credentialDead) {
      journey.dead = [...journey.dead, connection.id]
      onRefusedCredential(connection, failure)
    } else journey.onlyDead = false
    if (call.gone) return left(call, exchange.deployment, null)
    const step = decideNext({
      failure,
      tries: journey.tries,
      maxRetries: connection.maxRetries,
      hasNext: hasNext(journey),
      waitMaxMs: config.retryWaitMaxMs,
      chance: random(),
    })
    if (step.kind === 'give_up') return giveUp(journey, exchange.deployment)
    if (step.kind === 'next') {
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

  const giveUp = (journey: Journey, deployment: Deployment | null = null) => {
    const { call, failure } = journey
    if (call.finished) return
    const refused = failure ? refusalFor(journey, failure) : refusal('internal.error', 'No deployment could be tried.')
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
    exchange.abandon()
    const { totalMs } = exchange.deployment.target.connection.timeouts
    const late = refusal('upstream.timeout', `The provider did not finish within ${totalMs / 1000} seconds.`)
    refuse(exchange.call, exchange.call.revoked ?? late, exchange.deployment)
  }

  /** The caller hung up before the answer began. */
  const leftWhileWaiting = (exchange: Attempt) => {
    const { call } = exchange
    if (exchange.deployment.target.connection.onDisconnect === 'drain') return
    exchange.abandon()
    leftCounted(call, exchange.deployment, estimatedUsage(call.inputTokens, 0))
  }

  const answered = (exchange: Attempt, body: Buffer) => {
    const { call, deployment } = exchange
    const { provider, connection } = deployment.target
    const { reading } = dialects[spokenTo(provider, call.dialect)]
    call.firstByteAt ??= call.elapsedMs()
    call.span(`attempt ${call.attempts}`, exchange.beganAt, connection.name)
    const usage = reading.usageOfAnswer(body)
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
    pass(exchange, guarded, usage)
  }

  const pass = ({ call, deployment, contentType: said }: Attempt, out: Buffer, usage: Usage) => {
    const from = spokenTo(deployment.target.provider, call.dialect)
    if (call.entry?.plan.logContent) {
      call.answerText = [out]
      call.answerTextBytes = out.length
    }
    const contentType = from === call.dialect ? said || jsonType : jsonType
    if (call.gone) return left(call, deployment, usage)
    settle(call, { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null, usage, deployment }, () =>
      sendBody(call, 200, contentType, out),
    )
  }

  const streamed = createStreamed({ calls, config, endings, failed })

  return (call: Call) => attempt({ call, at: 0, tries: 0, dead: none, failure: null, onlyDead: true, request: null })
}
export type Route = ReturnType<typeof createRoute>

const jsonType = 'application/json'
const none: readonly string[] = []
