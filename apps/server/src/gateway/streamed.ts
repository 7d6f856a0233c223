/** A streamed answer from its first byte to its end, whoever ends it: provider, caller, budget or clock. */
import { sendRefusal } from './answer.ts'
import type { AnswerCache } from './cache/index.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { GatewayConfig } from './config.ts'
import type { CreateContinuing } from './continuing.ts'
import { extendHold, forgetRequest } from './counted.ts'
import type { UpstreamError } from './dialects/index.ts'
import type { Endings } from './endings.ts'
import type { StreamTaker } from './exchange.ts'
import { blockedRefusal, guardStream, holdStream } from './guards/index.ts'
import { type Attempt, badAnswer, firstDeadline, tooSlow } from './journey.ts'
import { spokenTo } from './providers/index.ts'
import { refusal } from './refusal.ts'
import { createRelay, type Relay, type RelayEnd } from './relay.ts'
import { streamTranslator } from './translate.ts'
import { type Failure, tellable } from './upstream/index.ts'

const eventStream = 'text/event-stream; charset=utf-8'

const cutBy = {
  denied: refusal('budget.exhausted', 'The budget was used up in the middle of this answer, so it ends here.'),
  unavailable: refusal(
    'budget.unavailable',
    'The ledger does not answer, so nothing more can be reserved for this answer and it ends here.',
  ),
}

type Deps = {
  calls: Calls
  config: GatewayConfig
  cache: AnswerCache
  endings: Endings
  continuing: CreateContinuing
  /** Nothing has reached the caller: another attempt may follow. */
  failed: (exchange: Attempt, failure: Failure) => void
  onBug: (call: Call, error: unknown) => void
  now: () => number
}

export const createStreamed = ({ calls, config, cache, endings, failed, continuing, onBug, now }: Deps) => {
  const { leftCounted, settleCounted } = endings

  const relayFor = (exchange: Attempt): StreamTaker => {
    const { task: journey, call, deployment } = exchange
    const { connection, provider } = deployment.target
    const from = spokenTo(provider, call.dialect)
    const tell = (error: UpstreamError) => tellable(error, answering.deployment.target.redact)
    // of whom more is awaited, and who said what has come
    let current = exchange
    let answering = exchange
    const relay: Relay = createRelay({
      call,
      exchange,
      from,
      tell,
      translator: streamTranslator(call, from, tell),
      guard: call.entry?.guard ? guardStream(call) : null,
      held: call.entry?.outside ? holdStream(call) : null,
      continuing: continuing(exchange, {
        counted: (inputTokens) => relay.counted(inputTokens),
        unsent: () => relay.goesOnWith(null, null),
        gaveUp: (failure) => relay.gaveUp(failure),
        sent(rest, inputTokens) {
          current = rest
          relay.goesOnWith(rest, inputTokens)
          wait(firstDeadline(call, rest.deployment))
        },
        taker(rest) {
          answering = rest
          call.deadlineAt = call.endsAt
          return relay
        },
      }),
      onBug: (error) => onBug(call, error),
      hideUsage: journey.request?.hideUsage ?? false,
      contentBytesMax: config.contentBytesMax,
      keepContent: call.entry?.plan.logContent ?? false,
      waitsForContent: call.entry?.router != null,
      hooks: {
        outputTokensMax:
          (call.outputLimit ??
            call.scan?.maxOutputTokens ??
            call.entry?.plan.model?.outputTokensMax ??
            Number.POSITIVE_INFINITY) * (call.scan?.choices ?? 1),
        onFirstByte() {
          call.firstByteAt = call.elapsedMs()
          call.deadlineAt = call.endsAt
          deployment.load?.answered(call.firstByteAt - exchange.beganAt, now(), true)
          call.span('first byte', exchange.beganAt, connection.name)
          forgetRequest(journey, config.contentBytesMax)
          calls.streaming(call)
        },
        onHeadSent() {
          call.rateStep = call.rates?.step() ?? null
          call.rates = null
        },
        onFailure(failure) {
          exchange.abandon()
          failed(exchange, failure)
        },
        onEnd: (end) => streamEnded(answering, current, end),
        extend: () => extendHold(call, config.streamStepTokens),
      },
    })
    const gone = () => {
      relay.mute()
      if (connection.onDisconnect === 'drain') return
      current.abandon()
      if (relay.started()) calls.streamed(call)
      leftCounted(call, answering.deployment, relay.observed())
    }
    const late = () => {
      current.abandon()
      const isRest = current !== answering
      if (isRest && !call.revoked && performance.now() < call.endsAt) return journey.rest?.fell(current, tooSlow)
      if (call.revoked && !relay.started()) return endings.refuse(call, call.revoked, deployment)
      if (!relay.started() && performance.now() < call.endsAt) return failed(exchange, tooSlow)
      relay.broken({
        ...badAnswer,
        code: 'upstream.timeout',
        status: 504,
        message: 'The stream took longer than it may.',
      })
    }
    const wait = (until: number) => {
      call.deadlineAt = until
      call.onGone = gone
      call.onDeadline = late
    }
    wait(call.deadlineAt)
    return relay
  }

  const streamEnded = (answering: Attempt, current: Attempt, end: RelayEnd) => {
    const { call, deployment } = answering
    if (call.finished || call.counting) return
    const { usage } = end
    calls.streamed(call)
    if (end.kind === 'complete') current.ignoreRest()
    else current.abandon()
    call.span('stream', call.firstByteAt ?? 0, null, end.kind === 'complete')
    // the failure of one that was asked for the rest is noted already
    if (end.kind === 'broken' && current === answering) brokeOff(answering)
    if (call.gone) return leftCounted(call, deployment, usage)
    if (end.kind === 'complete') {
      const { last } = end
      if (call.keepAs?.pieces) cache.keep(call, Buffer.concat(call.keepAs.pieces), eventStream, usage)
      return settleCounted(
        call,
        { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null, usage, deployment },
        () => void (last ? call.res.end(last) : call.res.end()),
      )
    }
    if (end.kind === 'blocked') {
      const refused = blockedRefusal(end.by)
      return settleCounted(
        call,
        {
          status: 'denied',
          httpStatus: 200,
          errorCode: refused.code,
          errorMessage: refused.message,
          usage,
          deployment,
        },
        () => sendRefusal(call, refused),
      )
    }
    const error = end.kind === 'cut' ? cutBy[end.why] : (call.revoked ?? { ...end.error, status: 502, retryable: true })
    // whoever may read no more is told at once: the count of what they had may take its time
    if (call.revoked) sendRefusal(call, call.revoked)
    const told = end.kind === 'broken' && end.told ? end.last : null
    settleCounted(
      call,
      { status: 'error', httpStatus: 200, errorCode: error.code, errorMessage: error.message, usage, deployment },
      () => {
        if (call.revoked) return
        if (told) call.res.end(told)
        else sendRefusal(call, error)
      },
    )
  }

  /** A deployment that breaks off its answers is as bad as one that gives none. */
  const brokeOff = ({ call, deployment }: Attempt) => {
    const route = call.entry?.router?.route
    if (route && !call.revoked) deployment.load?.failed(badAnswer, route.breaker, now())
  }

  return relayFor
}
