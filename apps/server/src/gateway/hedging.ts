/** A second call beside one whose provider is slow to begin: whoever begins first answers, the other is broken off and paid. */
import { holdFor } from '@cockpit/policy'
import { reservedBilling } from './billing.ts'
import { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { dialects, estimatedUsage, type SseEvent, type Usage } from './dialects/index.ts'
import { hasEffects } from './effects.ts'
import type { Endings } from './endings.ts'
import type { StreamTaker } from './exchange.ts'
import type { Hold } from './funds/index.ts'
import { type Attempt, firstDeadline, type Journey, placeAfter, tooSlow } from './journey.ts'
import type { Deployment } from './plans.ts'
import { spokenTo } from './providers/index.ts'
import { failureInStream, streamFailure } from './stream-failure.ts'
import { type Failure, tellable } from './upstream/index.ts'
import { tellDropped, type UpstreamRequest, upstreamRequest } from './upstream-request.ts'

type Second = { exchange: Attempt; request: UpstreamRequest; place: number; hold: Hold | null }

/** Two attempts at one call, from when the first waits until one of them has begun to answer. */
export type Race = {
  readonly first: Attempt
  second: Second | null
  timer: NodeJS.Timeout | null
  /** What each has told of its use before it was broken off. */
  readonly observed: Map<Attempt, () => Usage | null>
}

type Deps = {
  calls: Calls
  endings: Endings
  send: (journey: Journey, deployment: Deployment, request: UpstreamRequest) => Attempt
  /** From now on the call waits for this attempt and for no other. */
  waitFor: (exchange: Attempt) => void
  /** Notes what an attempt did wrong, and nothing else. */
  noted: (exchange: Attempt, failure: Failure) => void
  onFailure: (exchange: Attempt, failure: Failure) => void
  /** Takes in the stream of the one that answers. */
  taker: (exchange: Attempt) => StreamTaker
  onHedge: (model: string, winner: 'first' | 'second') => void
  newId: () => string
  now: () => number
}

export const createHedging = (deps: Deps) => {
  const { calls, endings, send, waitFor, noted, onFailure, taker, onHedge, newId, now } = deps

  /** The call goes on as if there had never been but this one attempt. */
  const decide = (race: Race, winner: Attempt) => {
    const { task: journey, call } = winner
    stop(journey)
    const { second } = race
    if (!second) return
    const secondWon = winner === second.exchange
    const loser = secondWon ? race.first : second.exchange
    const usage = race.observed.get(loser)?.() ?? null
    loser.abandon()
    loser.deployment.load?.waited(call.elapsedMs() - loser.beganAt, now(), call.stream)
    if (secondWon) goOnWith(journey, second)
    else journey.spent = second.place
    call.upstreamRequestId = winner.upstreamRequestId
    onHedge(call.model, secondWon ? 'second' : 'first')
    pay(loser, usage, second.hold)
    waitFor(winner)
  }

  const goOnWith = (journey: Journey, { request, place }: Second) => {
    journey.request = request
    journey.at = place
    journey.tries = 1
    tellDropped(journey.call, request)
  }

  /** The one that lost is on record by itself: its provider may have read the prompt, and takes money for that. */
  const pay = (loser: Attempt, usage: Usage | null, hold: Hold | null) => {
    const { call, deployment } = loser
    const lost = beside(call, newId(), now())
    lost.hold = hold
    if (usage) lost.scan = null
    calls.add(lost)
    endings.lost(lost, deployment, usage ?? estimatedUsage(call.inputTokens, 0), call.id)
  }

  const fire = async (race: Race) => {
    const { task: journey, call } = race.first
    const isOver = () => journey.race !== race || call.finished || call.counting || call.gone || call.revoked !== null
    const next = isOver() ? null : nextIn(race)
    if (!next) return
    const hold = next.need === 0n ? null : await heldFor(call, next.need)
    if (hold === 'refused') return
    if (isOver()) return hold?.purse.cancel(hold)
    call.span('hedge', race.first.beganAt, `${next.deployment.target.connection.name}: called too`)
    const exchange = send(journey, next.deployment, next.request)
    race.second = { exchange, hold, request: next.request, place: next.place }
    waitForBoth(race, race.second)
  }

  /** Whom to call beside the first; null where nobody may be. */
  const nextIn = ({ first: { task: journey, call } }: Race) => {
    const place = placeAfter(journey)
    const deployment = place === null ? undefined : journey.order[place]
    const { entry } = call
    const router = entry?.router
    if (place === null || !deployment || !entry || !router?.hedge || hasEffects(call)) return null
    const { attemptsMax } = router.route
    if (attemptsMax !== null && call.attempts >= attemptsMax) return null
    const need = holdFor(entry.plan, call.inputTokens, 0, reservedBilling(call))
    if (need === null || (router.hedge.microsMax !== null && need > router.hedge.microsMax)) return null
    const request = upstreamRequest(call, deployment)
    return 'body' in request && router.hedge.may() ? { place, deployment, need, request } : null
  }

  const waitForBoth = (race: Race, second: Second) => {
    const { first } = race
    const { task: journey, call } = first
    const late = () => {
      if (call.revoked || performance.now() >= call.endsAt) {
        forgetSecond(journey, second)
        waitFor(first)
        return call.onDeadline()
      }
      first.abandon()
      second.exchange.abandon()
      onFailure(first, tooSlow)
      onFailure(second.exchange, tooSlow)
    }
    const gone = () => {
      const usage = race.observed.get(second.exchange)?.() ?? null
      second.exchange.abandon()
      stop(journey)
      pay(second.exchange, usage, second.hold)
      waitFor(first)
      call.onGone()
    }
    call.deadlineAt = firstDeadline(call, second.exchange.deployment)
    call.onDeadline = late
    call.onGone = gone
  }

  const forgetSecond = (journey: Journey, { exchange, hold }: Second) => {
    stop(journey)
    exchange.abandon()
    hold?.purse.cancel(hold)
  }

  return {
    /** From now on a second call goes out when the first takes too long. */
    arm(first: Attempt): void {
      const { task: journey, call, deployment } = first
      const hedge = call.entry?.router?.hedge
      // what a run may use at most is reserved for one attempt
      if (
        !hedge ||
        call.work.length > 0 ||
        first.isOver ||
        journey.hedged ||
        (call.operation !== 'chat' && call.operation !== 'embeddings')
      )
        return
      const afterMs = hedge.afterMs ?? deployment.load?.usualMs(call.stream) ?? null
      if (afterMs === null) return
      journey.hedged = true
      const race: Race = { first, second: null, timer: null, observed: new Map() }
      journey.race = race
      race.timer = setTimeout(() => void fire(race), afterMs)
      race.timer.unref()
    },

    /** It has a complete answer. */
    answered(exchange: Attempt): void {
      const { race } = exchange.task
      if (race) decide(race, exchange)
    },

    /** One failed. True where the other still runs, so that nothing else need be done. */
    fell(exchange: Attempt, failure: Failure): boolean {
      const { task: journey, call } = exchange
      const { race } = journey
      stop(journey)
      if (!race?.second) return false
      const { first, second } = race
      noted(exchange, failure)
      second.hold?.purse.cancel(second.hold)
      if (exchange === first) goOnWith(journey, second)
      else journey.spent = second.place
      const left = exchange === first ? second.exchange : first
      call.upstreamRequestId = left.upstreamRequestId
      waitFor(left)
      return true
    },

    /** A stream of one of them begins: its words are kept until it has any, for then the other is broken off. */
    stream(exchange: Attempt, race: Race): StreamTaker {
      const { call, deployment } = exchange
      const { reading } = dialects[spokenTo(deployment.target.provider, call.dialect)]
      const parser = reading.createParser()
      const reader = reading.createUsageReader()
      let kept: Buffer[] = []
      let into: StreamTaker | null = null
      race.observed.set(exchange, () => reader.usage())
      const begin = (): StreamTaker => {
        if (exchange.task.race === race) decide(race, exchange)
        into = taker(exchange)
        for (const chunk of kept) into.push(chunk)
        kept = []
        return into
      }
      const isRaced = () => exchange.task.race === race && race.second !== null
      const fail = (failure: Failure) => {
        exchange.abandon()
        onFailure(exchange, failure)
      }
      /** Whether it has begun to answer, or to say that it will not. */
      const speaks = (event: SseEvent): boolean => {
        if (event.data === '') return false
        if (reading.readStreamError(event)) return true
        reader.read(event)
        const isOver = reading.isLast(event) || reading.finishes?.(event, reader.usage())
        return isOver || reader.generatedBytes() > 0
      }
      const take = (event: SseEvent): boolean => {
        if (!speaks(event)) return false
        const error = reading.readStreamError(event)
        if (error && isRaced()) fail(failureInStream(error, tellable(error, deployment.target.redact)))
        else begin()
        return true
      }
      return {
        push(chunk) {
          if (into) return into.push(chunk)
          kept.push(Buffer.from(chunk))
          try {
            for (const event of parser.push(chunk)) if (take(event)) return
          } catch (error) {
            fail(streamFailure(error instanceof Error ? error.message : String(error)))
          }
        },
        end() {
          if (!into && isRaced())
            return onFailure(exchange, streamFailure('The provider ended the stream before it answered.'))
          const last = into ?? begin()
          last.end()
        },
        broken(failure) {
          if (into) return into.broken(failure)
          onFailure(exchange, failure)
        },
      }
    },
    /** Nobody else is called any more. */
    stop,
  }
}
export type Hedging = ReturnType<typeof createHedging>

const stop = (journey: Journey) => {
  if (journey.race?.timer) clearTimeout(journey.race.timer)
  journey.race = null
}

/** From the leases at hand, else from the ledger: the first call goes on meanwhile. */
const heldFor = async (call: Call, need: bigint): Promise<Hold | 'refused'> => {
  const purse = call.entry?.purse
  if (!purse) return 'refused'
  const hold = purse.admit(need)
  if (hold) return hold
  const admission = await purse.request(`${call.id}.h${call.attempts}`, need)
  return admission.kind === 'held' ? admission.hold : 'refused'
}

/** The same call once more, for a record of its own. */
const beside = (call: Call, id: string, at: number): Call => {
  const { req, res, dialect, operation, search, surface } = call
  const other = new Call({ id, req, res, dialect, operation, search, ...(surface && { surface }), at })
  const { account, holder, scan, model, stream, inputTokens, service, entry } = call
  return Object.assign(other, { account, holder, scan, model, stream, inputTokens, service, entry, attempts: 1 })
}
