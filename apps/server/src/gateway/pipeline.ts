/** What happens to a call between its arrival and its provider: authenticate, decide, limit, hold. */
import { inputDenial } from '@cockpit/policy'
import { sendRefusal } from './answer.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { readBody } from './body.ts'
import type { AnswerCache } from './cache/index.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { type Caps, cappedWork } from './caps/index.ts'
import type { GatewayConfig } from './config.ts'
import { countedInput } from './counted.ts'
import { createEndings } from './endings.ts'
import { askAboutRequest, guardRequest, type Outside } from './guards/index.ts'
import { revokedBy, shutOut } from './holder.ts'
import type { Limits } from './limits.ts'
import { prepareMedia } from './media/index.ts'
import type { Meter } from './meter/index.ts'
import type { Metrics } from './metrics.ts'
import { neededBy } from './needs.ts'
import type { Origin } from './origin.ts'
import { holdOutput } from './output-hold.ts'
import type { Plans } from './plans.ts'
import { isMedia } from './providers/index.ts'
import { createRating } from './rating.ts'
import { readRequest } from './read-request.ts'
import { type Refusal, refusal, refusalOf } from './refusal.ts'
import { createReserve, unused } from './reserve.ts'
import type { Route } from './route.ts'
import type { Settle } from './settle.ts'
import type { SnapshotStore } from './snapshot/index.ts'
import type { Answered, Prepare } from './stored/index.ts'
import { tagsOf } from './tags.ts'
import { decideOther, enterThrough, type ThroughAddress, viaOf } from './through/index.ts'
import type { TokenCallers } from './token-callers.ts'
import type { Traffic } from './traffic.ts'

type Deps = {
  snapshot: SnapshotStore
  tokens: TokenCallers
  origin: Origin
  plans: Plans
  limits: Limits
  caps: Caps
  meter: Meter
  metrics: Metrics
  traffic: Traffic | null
  calls: Calls
  settle: Settle
  cache: AnswerCache
  route: Route
  /** Sends a call that only its provider understands. */
  sendOther: (call: Call) => void
  /** An answer of a session is paid for. */
  onSession: (call: Call) => void
  countTokens: (call: Call) => void
  /** Null where nothing is kept for callers. */
  prepare: Prepare | null
  config: GatewayConfig
  now: () => number
  draining: () => boolean
  onBug: (call: Call, error: unknown) => void
}

export const createPipeline = (deps: Deps) => {
  const { snapshot, plans, limits, caps, meter, metrics, calls, settle, config, now } = deps

  const route = (call: Call) => {
    if (call.operation === 'pass_through') return deps.sendOther(call)
    return call.operation === 'realtime' ? deps.onSession(call) : deps.route(call)
  }
  const { deny } = createEndings({ settle, onBug: deps.onBug })
  const { takeRate, takeMore } = createRating({
    ...{ limits, config, deny, now, onBug: deps.onBug },
    again: (call) => take(call, false),
  })
  const { reserve, reserveAnew } = createReserve({ caps, deny, route, onBug: deps.onBug })

  const unready = (): Refusal | null => {
    if (deps.draining()) return refusal('gateway.draining', 'This gateway is shutting down; call again.')
    if (!snapshot.ready())
      return refusal('gateway.not_ready', 'This gateway has no snapshot yet; call again in a moment.')
    if (calls.size() > config.callsMax)
      return refusal('gateway.overloaded', `More than ${config.callsMax} calls are open here.`)
    if (meter.failing())
      return refusal('gateway.storage_full', 'Usage cannot be recorded at the moment, so no call is made.')
    return null
  }

  /** Whoever may call nothing at all learns that, and nothing of what they asked for. */
  const refuseUnrecorded = (call: Call, found: Refusal) => {
    if (call.finished) return
    call.finished = true
    const denial = shutOut(call, now())
    const refused = denial ? refusalOf(denial) : found
    metrics.refused(call, refused.code)
    deps.traffic?.refused(refused.code)
    sendRefusal(call, refused)
    calls.done(call)
  }

  /** Everything that can be said without the body is said before it is read. */
  const admit = (call: Call, then: () => void) => {
    const blocked = unready()
    if (blocked) return refuseUnrecorded(call, blocked)
    const caller = authenticate(snapshot.current(), call.req.headers, call.at, call.req.known)
    if ('code' in caller) return refuseUnrecorded(call, caller)
    if ('holder' in caller) return enter(call, caller, then)
    const found = deps.tokens.of(caller, call.req.headers)
    if (!(found instanceof Promise)) return enter(call, found, then)
    // its body waits until it is known who sends it
    call.req.hold?.()
    void found.then((known) => {
      if (!call.finished) enter(call, known, then)
    })
  }

  const enter = (call: Call, caller: Caller | Refusal, then: () => void) => {
    if ('code' in caller) return refuseUnrecorded(call, caller)
    call.account = caller.account
    call.holder = caller.holder
    const elsewhere = deps.origin.refuses(call)
    if (elsewhere) return refuseUnrecorded(call, refusalOf(elsewhere))
    try {
      then()
    } catch (error) {
      deps.onBug(call, error)
    }
  }

  /** It ends as if it had never been: what was taken for it is given back. */
  const forget = (call: Call) => {
    if (call.finished) return
    call.finished = true
    call.deadlineAt = Number.POSITIVE_INFINITY
    if (call.hold) call.hold.purse.cancel(call.hold)
    call.hold = null
    if (call.ticket) limits.settle(call.ticket, 0, now())
    call.ticket = null
    if (call.capTicket) void caps.settle(call.capTicket, unused)
    call.capTicket = null
    calls.done(call)
  }

  const watch = (call: Call) => {
    calls.add(call)
    const goneEarly = () => forget(call)
    call.onGone = goneEarly
    call.res.on('close', () => {
      if (call.finished) return
      call.gone = true
      call.onGone()
    })
  }

  const start = (call: Call, address: ThroughAddress | null = null) => {
    watch(call)
    admit(call, () => (address ? through(call, address) : read(call)))
  }

  const through = (call: Call, address: ThroughAddress) => {
    const wrong = enterThrough(call, address)
    if (wrong) return refuseUnrecorded(call, wrong)
    read(call)
  }

  const read = (call: Call) => {
    const readFrom = call.elapsedMs()
    readBody(call, config, (body) => {
      if (call.finished) return
      if (!Buffer.isBuffer(body)) return refuseUnrecorded(call, body)
      const readTo = call.elapsedMs()
      call.span('auth', 0, null, true, readTo)
      if (readTo - readFrom > slowBodyMs) call.span('body', readFrom, null, true, readTo)
      go(call, body, readTo)
    })
  }

  const go = (call: Call, body: Buffer, from = call.elapsedMs()) => {
    try {
      const prepared = deps.prepare && namesThings(call.operation) ? deps.prepare(call, body) : body
      if (Buffer.isBuffer(prepared)) decide(call, prepared, from)
      else decideLater(call, prepared)
    } catch (error) {
      deps.onBug(call, error)
    }
  }

  /** A call whose body is made of its address. */
  const startWith = (call: Call, body: Buffer) => {
    watch(call)
    admit(call, () => go(call, body))
  }

  /** A call nobody sends: its caller was let in when they asked for it, and is looked up anew. */
  const startFor = (call: Call, { account, holder }: Caller, body: Buffer) => {
    watch(call)
    const denial = revokedBy(snapshot.current(), account.slice.account.id, holder)
    const blocked = unready() ?? (denial && refusalOf(denial))
    if (blocked) return refuseUnrecorded(call, blocked)
    call.account = account
    call.holder = holder
    go(call, body)
  }

  /** What it names is read from where it is kept. */
  const decideLater = (call: Call, prepared: Promise<Buffer | Refusal | Answered>) => {
    prepared
      .then((body) => {
        if (call.finished) return
        if (Buffer.isBuffer(body)) return decide(call, body)
        if ('code' in body) return refuseUnrecorded(call, body)
        call.finished = true
        calls.done(call)
      })
      .catch((error) => deps.onBug(call, error))
  }

  const other = (call: Call, body: Buffer) => {
    const wrong = decideOther(call, body, plans)
    if (wrong === null) {
      const odd = nameWork(call)
      return odd ? deny(call, odd) : void (call.entry && take(call))
    }
    // only what was decided for somebody is on record
    return call.entry ? deny(call, wrong) : refuseUnrecorded(call, wrong)
  }

  const decide = (call: Call, body: Buffer, from = call.elapsedMs()) => {
    if (call.operation === 'pass_through') return other(call, body)
    const wrong = readRequest(call, body)
    if (wrong) return refuseUnrecorded(call, wrong)
    const { account, holder } = call
    if (!account || !holder) return
    const via = call.connectionId === null ? null : viaOf(call, call.model)
    const entry = plans.of(
      { account, holder, model: call.model, tags: tagsOf(account, call.req, call.scan), via },
      neededBy(call),
    )
    call.entry = entry
    const odd = nameWork(call)
    holdOutput(call, config)
    call.span('plan', from)
    if (entry.plan.denied) return deny(call, refusalOf(entry.plan.denied))
    if (odd) return deny(call, odd)
    if (call.operation === 'realtime' && (entry.guard || entry.outside)) return deny(call, unreadable)
    const { inputCap } = entry.plan
    if (inputCap !== null && call.inputTokens > inputCap.max && call.operation !== 'count_tokens')
      return countInput(call, inputCap.max)
    take(call)
  }

  /** The estimate is on the safe side, so whoever seems to send too much is counted before they are told so. */
  const countInput = (call: Call, max: number) => {
    const { entry } = call
    if (!entry) return
    countedInput(call)
      .then((tokens) => {
        if (call.finished) return
        const denied = tokens > max ? inputDenial(entry.plan, tokens) : null
        if (denied) return deny(call, refusalOf(denied))
        take(call)
      })
      .catch((error) => deps.onBug(call, error))
  }

  const take = (call: Call, mayWait = true) => {
    const odd = isMedia(call.operation) ? prepareMedia(call) : null
    if (odd) return deny(call, odd)
    if (!takeRate(call, mayWait)) return
    const blocked = call.entry?.guard ? guardRequest(call) : null
    if (blocked) return deny(call, blocked)
    if (call.entry?.outside) askOutside(call, call.entry.outside, () => pass(call))
    else pass(call)
  }

  /** Whoever stands outside has the last word about a request, and may mask it too. */
  const askOutside = (call: Call, outside: Outside, go: () => void) => {
    askAboutRequest(call, outside)
      .then((refused) => {
        if (call.finished) return
        const why = call.revoked ?? refused
        if (why) deny(call, why)
        else go()
      })
      .catch((error) => deps.onBug(call, error))
  }

  const pass = (call: Call) => {
    if (call.operation === 'count_tokens') return deps.countTokens(call)
    const rule = call.entry?.cache
    const found = rule ? deps.cache.look(call, rule) : false
    if (found === false) reserve(call)
    else if (found !== true) reserveUnless(call, found)
  }

  /** Others are asked for its answer. */
  const reserveUnless = (call: Call, found: Promise<boolean>) => {
    found
      .then((has) => {
        if (has || call.finished) return
        if (call.revoked) deny(call, call.revoked)
        else reserve(call)
      })
      .catch((error) => deps.onBug(call, error))
  }

  /**
   * Another model takes over: decided, limited, priced and held for anew, as if it had been asked for. Limits that have
   * counted the call count it once.
   */
  const fallBack = (call: Call, model: string): boolean => {
    const { account, holder, hold } = call
    if (!account || !holder || call.finished || call.connectionId !== null) return false
    const entry = plans.of(
      { account, holder, model, tags: tagsOf(account, call.req, call.scan), via: null },
      neededBy(call),
    )
    if (entry.plan.denied || inputDenial(entry.plan, call.inputTokens) || !takeMore(call, entry.gate)) return false
    if (hold) hold.purse.cancel(hold)
    call.hold = null
    call.entry = entry
    call.model = model
    call.outputLimit = null
    const odd = nameWork(call)
    holdOutput(call, config)
    const blocked = odd || (isMedia(call.operation) && prepareMedia(call)) || (entry.guard && guardRequest(call))
    if (blocked) deny(call, blocked)
    else if (entry.outside) askOutside(call, entry.outside, () => reserveAnew(call))
    else reserveAnew(call)
    return true
  }

  return { start, startWith, startFor, forget, admit, refuse: refuseUnrecorded, fallBack }
}
export type Pipeline = ReturnType<typeof createPipeline>

/** What it belongs to; why it cannot be told, where it cannot. */
const nameWork = (call: Call): Refusal | null => {
  const work = cappedWork(call, call.entry?.plan.caps ?? null)
  if ('code' in work) return work
  call.work = work
  return null
}

const slowBodyMs = 1

const unreadable = refusal('guardrail.blocked', 'A guardrail holds here, and what is said in a session it cannot read.')

/** Whether a call may name what is kept for its caller. */
const namesThings = (operation: Call['operation']): boolean => operation === 'chat' || operation === 'count_tokens'
