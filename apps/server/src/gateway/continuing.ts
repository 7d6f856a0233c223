/** The rest of an answer that broke off in the middle, from a provider that takes what was said and goes on with it. */
import { tierFor } from '@cockpit/contract/prices'
import { holdFor } from '@cockpit/policy'
import { reservedBilling } from './billing.ts'
import type { Call } from './call.ts'
import { countedInput, promptBytesMax } from './counted.ts'
import {
  createRestText,
  isRecord,
  type Joining,
  type Json,
  joinings,
  limitFields,
  parseJson,
  type SseEvent,
  type Usage,
} from './dialects/index.ts'
import { hasEffects } from './effects.ts'
import type { StreamTaker } from './exchange.ts'
import type { Extension } from './funds/index.ts'
import { type Attempt, badAnswer, type Journey, type Rest } from './journey.ts'
import type { Deployment } from './plans.ts'
import { spokenTo } from './providers/index.ts'
import type { Failure } from './upstream/index.ts'
import { type Asked, type UpstreamRequest, upstreamRequest } from './upstream-request.ts'

type Deps = {
  send: (journey: Journey, deployment: Deployment, request: UpstreamRequest) => Attempt
  /** Notes what an attempt did wrong, and nothing else. */
  noted: (exchange: Attempt, failure: Failure) => void
  onContinued: (model: string, outcome: 'joined' | 'failed') => void
  now: () => number
}

/** The stream that has broken off, as it is told how its rest fares. */
type Broken = {
  /** How much its first prompt was, where its provider had not said so. */
  counted(inputTokens: number): void
  /** The rest was asked for, with a prompt of about so many tokens. */
  sent(exchange: Attempt, inputTokens: number): void
  /** Nothing comes of what was asked for. */
  unsent(): void
  /** Takes in the rest as it comes. */
  taker(exchange: Attempt): StreamTaker
  gaveUp(failure: Failure): void
}

/** What is known of an answer when it breaks off. */
type Seen = {
  /** What its provider had said it used. */
  used: Usage | null
  /** Tokens of all that was said, about. */
  tokens: number
}

export type Continuing = {
  /** What reaches the caller. */
  hear(event: SseEvent): void
  /** An event of the provider as one of the answer the caller knows. */
  join(event: SseEvent, used: Usage | null): readonly SseEvent[]
  /** Whether the rest will come, or its coming to nothing be told. */
  goOn(failure: Failure, seen: Seen): boolean
}

type Next = { place: number; deployment: Deployment; request: UpstreamRequest; inputTokens: number; text: string }

export const createContinuing = (deps: Deps) => {
  const { send, noted, onContinued, now } = deps

  return (first: Attempt, broken: Broken): Continuing | null => {
    const { task: journey, call } = first
    const joining = joiningFor(first)
    const router = call.entry?.router
    if (!joining || !router) return null
    const asked: Asked = { bytes: call.bytes, scan: call.scan }
    const speech = joining.createSpeech()
    let left = router.route.continuationsMax ?? 0
    let current = first
    let join: ((event: SseEvent, used: Usage | null) => SseEvent[]) | null = null
    let firstInput: number | null = null
    let why = badAnswer
    let seenTokens = 0

    const isOver = () => call.finished || call.counting || call.revoked !== null || call.gone
    const mayAsk = (failure: Failure) =>
      left > 0 && (failure.retryable || failure.elsewhere) && !isOver() && performance.now() < call.endsAt

    const next = (failure: Failure): Next | null => {
      const text = speech.text()
      const { attemptsMax } = router.route
      if (text === null || !mayAsk(failure) || (attemptsMax !== null && call.attempts >= attemptsMax)) return null
      const inputTokens = (firstInput ?? call.inputTokens) + seenTokens
      if (changesTier(call, inputTokens)) return null
      for (const place of placesAfter(journey, failure)) {
        const deployment = journey.order[place]
        const request = deployment && requestFor({ call, asked, joining, deployment, text, seenTokens })
        if (!request || (place === journey.at && !router.mayRepeat())) continue
        return { place, deployment, request, inputTokens, text }
      }
      return null
    }

    const ask = async (wanted: Next, used: Usage | null) => {
      left--
      const isUnknown = firstInput === null && used === null
      const [counted, extension] = await Promise.all([isUnknown ? countedInput(call) : null, heldFor(call, wanted)])
      call.prompt = null
      if (isOver()) return
      firstInput ??= counted ?? (used && promptOf(used))
      if (counted !== null) broken.counted(counted)
      if (extension !== 'extended') return broken.gaveUp(why)
      const { deployment, request, place, text, inputTokens } = wanted
      join = speech.join(createRestText(text, deployment.target.provider.continues?.echoes === true))
      journey.at = place
      journey.rest = rest
      current = send(journey, deployment, request)
      broken.sent(current, inputTokens)
    }

    const rest: Rest = {
      stream(exchange) {
        const { load, target } = exchange.deployment
        onContinued(call.model, 'joined')
        load?.answered(call.elapsedMs() - exchange.beganAt, now(), true)
        call.span('continued', exchange.beganAt, target.connection.name)
        return broken.taker(exchange)
      },
      fell(exchange, failure) {
        if (exchange !== current || isOver()) return
        onContinued(call.model, 'failed')
        noted(exchange, failure)
        broken.unsent()
        const other = next(failure)
        if (other) void ask(other, null)
        else broken.gaveUp(why)
      },
    }

    return {
      hear: (event) => speech.hear(event),
      join: (event, used) => (join ? join(event, used) : [event]),
      goOn(failure, { used, tokens }) {
        seenTokens = tokens
        const wanted = next(failure)
        if (!wanted) return false
        why = failure
        const { connection } = current.deployment.target
        const said = `${connection.name}: ${failure.message}`.slice(0, 300)
        call.span(`attempt ${call.attempts}`, current.beganAt, said, false)
        current.deployment.load?.failed(badAnswer, router.route.breaker, now())
        // what was put together is nobody's answer to be given again
        call.keepAs = null
        void ask(wanted, used)
        return true
      },
    }
  }
}
export type CreateContinuing = ReturnType<typeof createContinuing>

/** Null where an answer that breaks off is over. */
const joiningFor = ({ call, deployment }: Attempt): Joining | null => {
  const { entry, scan, bytes } = call
  if (!entry?.router?.route.continuationsMax || call.operation !== 'chat') return null
  // what a run may use at most is reserved for one attempt
  if (call.work.length > 0 || hasEffects(call) || scan?.choices !== 1) return null
  if (bytes === null || bytes.length > promptBytesMax) return null
  return joinings[spokenTo(deployment.target.provider, call.dialect)] ?? null
}

/** Whoever comes after the one that broke off, and then that one itself, where it may be well again. */
const placesAfter = (journey: Journey, failure: Failure): number[] => {
  const { order, at, dead, spent } = journey
  const others = order.flatMap(({ target }, place) =>
    place > at && place !== spent && target.broken === null && !dead.includes(target.connection.id) ? [place] : [],
  )
  return failure.retryable && !failure.credentialDead ? [...others, at] : others
}

type Wanted = {
  call: Call
  asked: Asked
  joining: Joining
  deployment: Deployment
  text: string
  seenTokens: number
}

const requestFor = ({ call, asked, joining, deployment, text, seenTokens }: Wanted): UpstreamRequest | null => {
  const { provider } = deployment.target
  const { continues } = provider
  const dialect = spokenTo(provider, call.dialect)
  if (!continues || joinings[dialect] !== joining) return null
  const request = upstreamRequest(call, deployment, asked)
  if (!('body' in request)) return null
  const body = parseJson(request.body.toString('utf8'))
  if (!isRecord(body)) return null
  const whole = joining.requestForRest({ body, model: deployment.upstreamModel, text, continues })
  const shorter = whole && withLess(whole, limitFields[dialect === 'anthropic' ? 'anthropic' : 'openai'], seenTokens)
  if (!shorter) return null
  const path = text.trim() === '' ? undefined : continues.path?.slice(1)
  return { ...request, path: path ?? request.path, body: Buffer.from(JSON.stringify(shorter)) }
}

/** The rest may be as long as the answer might still have become; null where that is nothing. */
const withLess = (body: Json, words: readonly string[], tokens: number): Json | null => {
  const limits = words.flatMap((word): [string, number][] => {
    const limit = body[word]
    return typeof limit === 'number' ? [[word, limit - tokens]] : []
  })
  return limits.some(([, limit]) => limit < 1) ? null : { ...body, ...Object.fromEntries(limits) }
}

/** Two prompts together must not be billed as one that is longer than either. */
const changesTier = ({ entry, inputTokens, service }: Call, more: number): boolean => {
  const tiers = entry?.plan.price?.tiers
  return tiers !== undefined && tierFor(tiers, service, inputTokens) !== tierFor(tiers, service, inputTokens + more)
}

const heldFor = async (call: Call, { inputTokens }: Next): Promise<Extension> => {
  const { hold, entry } = call
  if (!hold || !entry) return 'extended'
  const more = holdFor(entry.plan, inputTokens, 0, reservedBilling(call))
  return more === null ? 'denied' : hold.purse.extend(hold, more)
}

const promptOf = ({ inputTokens, cachedTokens, cacheWriteTokens }: Usage): number =>
  inputTokens + cachedTokens + cacheWriteTokens
