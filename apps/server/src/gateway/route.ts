/** From a call that may be made to its answer: deployments in order, retries, fallbacks, streams and disconnects. */
import { holdFor, rateStep } from '@cockpit/policy'
import { sendBody, sendRefusal } from './answer.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { GatewayConfig } from './config.ts'
import {
  countMessages,
  countTokens,
  estimatedUsage,
  gatewayErrorFrom,
  textOfAnswer,
  type Usage,
  usageOfAnswer,
} from './dialects/index.ts'
import { Exchange, type ExchangeHooks, type StreamTaker } from './exchange.ts'
import type { Deployment } from './plans.ts'
import type { Outcome } from './record.ts'
import { type Refusal, refusal } from './refusal.ts'
import { createRelay, type RelayEnd } from './relay.ts'
import type { Settle } from './settle.ts'
import { streamTranslator, translatedAnswer } from './translate.ts'
import { decideNext, type Failure } from './upstream/index.ts'
import { type UpstreamRequest, upstreamRequest } from './upstream-request.ts'

type Deps = {
  settle: Settle
  calls: Calls
  config: GatewayConfig
  random: () => number
  onBug: (call: Call, error: unknown) => void
}

/** How far the attempts of one call have come. */
type Journey = {
  call: Call
  at: number
  tries: number
  dead: Set<string>
  failure: Failure | null
  onlyDead: boolean
  request: UpstreamRequest | null
}

type Attempt = Exchange<Journey>

export const createRoute = ({ settle, calls, config, random, onBug }: Deps) => {
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
    onStream: (exchange) => relayFor(exchange),
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
    if (failure.credentialDead) journey.dead.add(connection.id)
    else journey.onlyDead = false
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

  const refuse = (call: Call, refused: Refusal, deployment: Deployment | null) =>
    settle(
      call,
      {
        status: 'error',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        usage: null,
        deployment,
      },
      () => sendRefusal(call, refused),
    )

  const timedOut = (exchange: Attempt) => {
    exchange.abandon()
    const { totalMs } = exchange.deployment.target.connection.timeouts
    const refused = refusal('upstream.timeout', `The provider did not finish within ${totalMs / 1000} seconds.`)
    refuse(exchange.call, refused, exchange.deployment)
  }

  /** The caller hung up before the answer began. */
  const leftWhileWaiting = (exchange: Attempt) => {
    const { call } = exchange
    if (exchange.deployment.target.connection.onDisconnect === 'drain') return
    exchange.abandon()
    leftCounted(call, exchange.deployment, estimatedUsage(call.inputTokens, 0))
  }

  const left = (call: Call, deployment: Deployment, usage: Usage | null) =>
    settle(call, { ...cancelled, usage, deployment }, () => {})

  const leftCounted = (call: Call, deployment: Deployment, usage: Usage) =>
    settleCounted(call, { ...cancelled, usage, deployment }, () => {})

  /** Settles what has no complete report: the input is counted then, and only then does the end wait for a tokenizer. */
  const settleCounted = (call: Call, outcome: Outcome & { usage: Usage }, answer: () => void) => {
    if (call.scan === null && call.prompt === null) return settle(call, outcome, answer)
    call.counting = true
    call.deadlineAt = Number.POSITIVE_INFINITY
    call.onDeadline = nothing
    call.onGone = nothing
    countedInput(call).then(
      (inputTokens) => settle(call, { ...outcome, usage: { ...outcome.usage, inputTokens } }, answer),
      (error) => onBug(call, error),
    )
  }

  const answered = (exchange: Attempt, body: Buffer) => {
    const { call, deployment } = exchange
    const { provider, connection } = deployment.target
    call.firstByteAt ??= call.elapsedMs()
    call.span(`attempt ${call.attempts}`, exchange.beganAt, connection.name)
    const usage = usageOfAnswer(provider.dialect, body)
    if (usage) return complete(exchange, body, usage)
    countedUsage(call, body).then(
      (counted) => complete(exchange, body, counted),
      (error) => onBug(call, error),
    )
  }

  const complete = (exchange: Attempt, body: Buffer, usage: Usage) => {
    const { call, deployment } = exchange
    const from = deployment.target.provider.dialect
    let out = body
    if (from !== call.dialect && call.operation === 'chat') {
      try {
        out = translatedAnswer(call, body, usage)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return failed(exchange, { ...badAnswer, message })
      }
    }
    if (call.entry?.plan.logContent) {
      call.answerText = [out]
      call.answerTextBytes = out.length
    }
    const contentType = from === call.dialect ? exchange.contentType || jsonType : jsonType
    if (call.gone) return left(call, deployment, usage)
    settle(call, { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null, usage, deployment }, () =>
      sendBody(call, 200, contentType, out),
    )
  }

  const relayFor = (exchange: Attempt): StreamTaker => {
    const { task: journey, call, deployment } = exchange
    const { connection, provider } = deployment.target
    const relay = createRelay({
      call,
      exchange,
      from: provider.dialect,
      translator: provider.dialect === call.dialect ? null : streamTranslator(call),
      hideUsage: journey.request?.hideUsage ?? false,
      contentBytesMax: config.contentBytesMax,
      keepContent: call.entry?.plan.logContent ?? false,
      hooks: {
        outputTokensMax: call.scan?.maxOutputTokens ?? Number.POSITIVE_INFINITY,
        onFirstByte() {
          call.firstByteAt = call.elapsedMs()
          call.span('first byte', exchange.beganAt, connection.name)
          forgetRequest(journey, config.contentBytesMax)
          calls.streaming(call)
        },
        onHeadSent() {
          call.rateStep = rateStep(call.figures)
          call.figures = []
        },
        onFailure(failure) {
          exchange.abandon()
          failed(exchange, failure)
        },
        onEnd: (end) => streamEnded(exchange, end),
        extend: () => extendHold(call, config.streamStepTokens),
      },
    })
    const gone = () => {
      relay.mute()
      if (connection.onDisconnect === 'drain') return
      exchange.abandon()
      if (relay.started()) calls.streamed(call)
      leftCounted(call, deployment, relay.observed())
    }
    const late = () => {
      exchange.abandon()
      relay.broken({
        ...badAnswer,
        code: 'upstream.timeout',
        status: 504,
        message: 'The stream took longer than it may.',
      })
    }
    call.onGone = gone
    call.onDeadline = late
    return relay
  }

  const streamEnded = (exchange: Attempt, end: RelayEnd) => {
    const { call, deployment } = exchange
    if (call.finished || call.counting) return
    const { usage } = end
    calls.streamed(call)
    if (end.kind === 'complete') exchange.ignoreRest()
    else exchange.abandon()
    call.span('stream', call.firstByteAt ?? 0, null, end.kind === 'complete')
    if (call.gone) return leftCounted(call, deployment, usage)
    if (end.kind === 'complete') {
      const { last } = end
      return settleCounted(
        call,
        { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null, usage, deployment },
        () => void (last ? call.res.end(last) : call.res.end()),
      )
    }
    const error =
      end.kind === 'cut'
        ? refusal('budget.exhausted', 'The budget was used up in the middle of this answer, so it ends here.')
        : { ...end.error, status: 502, retryable: true }
    const told = end.kind === 'broken' && end.told ? end.last : null
    settleCounted(
      call,
      { status: 'error', httpStatus: 200, errorCode: error.code, errorMessage: error.message, usage, deployment },
      () => void (told ? call.res.end(told) : sendRefusal(call, error)),
    )
  }

  return (call: Call) =>
    attempt({ call, at: 0, tries: 0, dead: new Set(), failure: null, onlyDead: true, request: null })
}
export type Route = ReturnType<typeof createRoute>

const nothing = () => {}
const jsonType = 'application/json'
const cancelled = {
  status: 'cancelled',
  httpStatus: 499,
  errorCode: 'client.disconnected',
  errorMessage: 'The caller closed the connection before the answer was complete.',
} as const
const badAnswer: Failure = {
  code: 'upstream.invalid_answer',
  status: 502,
  message: '',
  retryable: false,
  elsewhere: true,
  credentialDead: false,
  retryAfterMs: null,
  answer: null,
}

/** The deployment to try now; those that cannot serve this call are passed over. */
const nextDeployment = (journey: Journey): Deployment | null => {
  const deployments = journey.call.entry?.deployments ?? []
  for (; journey.at < deployments.length; journey.at++, journey.tries = 0) {
    const deployment = deployments[journey.at]
    if (!deployment || journey.dead.has(deployment.target.connection.id)) continue
    const { broken, provider, connection } = deployment.target
    const lacks = provider.paths[journey.call.operation] === null
    if (broken === null && (!lacks || deployments.length === 1)) return deployment
    if (broken !== null) {
      journey.failure = { ...badAnswer, code: 'upstream_credentials_exhausted', message: broken, credentialDead: true }
      journey.dead.add(connection.id)
    }
  }
  return null
}

const hasNext = ({ call, at, dead }: Journey): boolean =>
  (call.entry?.deployments ?? [])
    .slice(at + 1)
    .some(
      ({ target }) =>
        target.broken === null && !dead.has(target.connection.id) && target.provider.paths[call.operation] !== null,
    )

/** An upstream's 401 must never look like the caller's own: to the caller, it is the gateway that has no access. */
const refusalFor = ({ onlyDead, call }: Journey, failure: Failure): Refusal => {
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
    const from = failure.answer.error
    const error = gatewayErrorFrom(
      from,
      { from: call.dialect, to: call.dialect },
      { requestId: call.id, code: failure.code, ...wait },
    )
    const status = call.dialect === 'openai' && error.status === 529 ? 503 : error.status
    return { ...error, status }
  }
  return { code: failure.code, status: failure.status, message: failure.message, retryable: failure.retryable, ...wait }
}

/** A provider's own complaint about a request reaches the caller unchanged when both speak the same dialect. */
const passesAsIs = (call: Call, failure: Failure, deployment: Deployment | null): boolean =>
  failure.code === 'upstream.rejected' &&
  failure.status < 500 &&
  deployment?.target.provider.dialect === call.dialect &&
  failure.answer?.contentType.includes('json') === true &&
  failure.answer.body.length > 2

/** A longer request is not kept for a count: without a report its stream is billed by the estimate of its hold. */
const promptBytesMax = 1 << 20

/** After the first byte nothing can be tried again, and a large prompt must not stay in memory as long as its stream. */
const forgetRequest = (journey: Journey, contentBytesMax: number) => {
  const { call } = journey
  journey.request = null
  call.scan = null
  if (call.bytes === null) return
  call.requestBytes = call.bytes.length
  call.prompt = call.bytes.length <= promptBytesMax ? call.bytes : null
  call.bytes = call.entry?.plan.logContent ? Buffer.from(call.bytes.subarray(0, contentBytesMax)) : null
}

const extendHold = async (call: Call, tokens: number): Promise<boolean> => {
  const { hold, entry } = call
  if (!hold || !entry) return true
  const more = holdFor(entry.plan, 0, tokens)
  if (more === null || !(await hold.purse.extend(hold, more))) return false
  call.outputTokens += tokens
  return true
}

/** What an answer without a report must have used: counted, not guessed. */
const countedUsage = async (call: Call, body: Buffer): Promise<Usage> => {
  const answer = parse(body)
  const input = await countedInput(call)
  if (call.operation !== 'chat' || answer === null) return estimatedUsage(input, 0)
  return estimatedUsage(input, await countTokens(textOfAnswer(answer)))
}

const countedInput = async (call: Call): Promise<number> => {
  if (call.operation !== 'chat') return call.inputTokens
  const body = call.scan?.body ?? (call.prompt && parse(call.prompt))
  call.prompt = null
  return body ? countMessages(body, call.dialect) : call.inputTokens
}

const parse = (body: Buffer): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}
