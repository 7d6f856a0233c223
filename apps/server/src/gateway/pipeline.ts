/** What happens to a call between its arrival and its provider: authenticate, decide, limit, hold. */
import { budgetDenial, holdFor, inputDenial, rateDenial, unpricedUnit } from '@cockpit/policy'
import { sendRefusal } from './answer.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { reservedBilling } from './billing.ts'
import { readBody } from './body.ts'
import type { AnswerCache } from './cache/index.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { type Caps, cappedWork } from './caps/index.ts'
import type { GatewayConfig } from './config.ts'
import { countedInput } from './counted.ts'
import {
  estimateInputTokens,
  type RequestScan,
  refuseUnaccepted,
  scanRequest,
  Untranslatable,
} from './dialects/index.ts'
import type { Admission } from './funds/purse.ts'
import { askAboutRequest, guardRequest, type Outside } from './guards/index.ts'
import { revokedBy } from './holder.ts'
import type { Limits, RateGate } from './limits.ts'
import { formOf, prepareMedia, streamsMedia, takesForm } from './media/index.ts'
import type { Meter } from './meter/index.ts'
import type { Metrics } from './metrics.ts'
import { neededBy } from './needs.ts'
import type { Origin } from './origin.ts'
import type { Plans } from './plans.ts'
import { isMedia } from './providers/index.ts'
import { type Refusal, refusal, refusalOf } from './refusal.ts'
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

  const route = (call: Call) => (call.operation === 'pass_through' ? deps.sendOther(call) : deps.route(call))

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

  const refuseUnrecorded = (call: Call, refused: Refusal) => {
    if (call.finished) return
    call.finished = true
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

  const watch = (call: Call) => {
    calls.add(call)
    const goneEarly = () => {
      call.finished = true
      if (call.ticket) limits.settle(call.ticket, 0, now())
      call.ticket = null
      if (call.capTicket) void caps.settle(call.capTicket, unused)
      call.capTicket = null
      calls.done(call)
    }
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
    if (rule && deps.cache.look(call, rule)) return
    reserve(call)
  }

  /** What is leased of a shared limit may have run out while others have some left: then the call waits for it, once. */
  const takeRate = (call: Call, mayWait: boolean): boolean => {
    const { entry } = call
    if (!entry || entry.gate.length === 0) return true
    const at = now()
    const opens = call.operation !== 'count_tokens'
    const tokens = opens ? call.inputTokens + call.outputTokens : 0
    const { ticket, rates, mayLend } = limits.take(entry.gate, tokens, at, opens)
    call.rates = rates
    call.ticket = ticket
    if (ticket) return true
    if (mayLend && mayWait) {
      const from = call.elapsedMs()
      void limits.lend(entry.gate, tokens, opens).then(() => lent(call, from))
      return false
    }
    const { blocked } = rates
    if (blocked) deny(call, refusalOf(rateDenial(blocked, at), blocked.retryMs))
    return false
  }

  const lent = (call: Call, from: number) => {
    if (call.finished) return
    call.span('rate', from)
    if (call.revoked) return deny(call, call.revoked)
    try {
      take(call, false)
    } catch (error) {
      deps.onBug(call, error)
    }
  }

  /** Without a limit of the caller the answer may be as long as the model can write; where that cannot be paid, shorter. */
  const reserve = (call: Call) => {
    const { maxOutputTokens, choices } = call.scan ?? { choices: 1 }
    const unlimited = call.operation === 'chat' && holdsWhole(call) && maxOutputTokens === undefined
    const all = (mostOf(call) ?? 0) * choices
    if (!unlimited || all <= call.outputTokens) return reserveFor(call, null)
    const { outputTokens } = call
    call.outputTokens = all
    return reserveFor(call, { outputTokens, outputLimit: Math.floor(outputTokens / choices) })
  }

  const reserveFor = (call: Call, less: Less | null) => {
    const { entry } = call
    const need = entry ? holdFor(entry.plan, call.inputTokens, call.outputTokens, reservedBilling(call)) : null
    if (!entry || need === null) return deny(call, unpriced(call))
    if (call.work.length > 0 && call.capTicket === null) return takeWork(call, need, less)
    // what costs nothing needs no budget
    if (need === 0n) return route(call)
    if (!entry.purse) return deny(call, refusal('budget.exhausted', 'No budget pays for this call.'))
    const hold = entry.purse.admit(need)
    if (hold) {
      call.hold = hold
      return route(call)
    }
    const from = call.elapsedMs()
    void entry.purse.request(holdNameOf(call), need).then((admission) => {
      if (admission.kind !== 'denied' || less === null || call.finished) return admitted(call, admission, need, from)
      Object.assign(call, less)
      reserveFor(call, null)
    })
  }

  /** From what the run, the session or the agent may use; an answer that is too long for what is left, shorter. */
  const takeWork = (call: Call, need: bigint, less: Less | null) => {
    const from = call.elapsedMs()
    const ticket = { accountId: call.account?.slice.account.id ?? '', callId: holdNameOf(call) }
    const tokens = call.inputTokens + call.outputTokens
    caps
      .take(call.work, ticket, { credits: need, tokens })
      .then((verdict) => {
        if (call.finished) return void (verdict.ticket && caps.settle(verdict.ticket, unused))
        call.span('caps', from, null, verdict.ticket !== null)
        call.capTicket = verdict.ticket
        call.capFigures = verdict.figures
        call.capBlocked = verdict.blocked
        if (call.revoked) return deny(call, call.revoked)
        if (verdict.late) {
          call.capEndsAt = performance.now() + verdict.late.afterMs
          call.capLate = verdict.late.refused
        }
        if (verdict.ticket) return reserveFor(call, less)
        if (less === null || !verdict.refused) return deny(call, verdict.refused ?? noVerdict)
        Object.assign(call, less)
        return reserveFor(call, null)
      })
      .catch((error) => deps.onBug(call, error))
  }

  const admitted = (call: Call, admission: Admission, need: bigint, from: number) => {
    const { entry } = call
    if (call.finished || !entry) {
      if (admission.kind === 'held') admission.hold.purse.cancel(admission.hold)
      return
    }
    call.span('hold', from, null, admission.kind === 'held')
    if (call.revoked) {
      if (admission.kind === 'held') admission.hold.purse.cancel(admission.hold)
      return deny(call, call.revoked)
    }
    if (admission.kind === 'unavailable')
      return deny(
        call,
        refusal('budget.unavailable', 'The ledger does not answer, so nothing can be reserved for this call.'),
      )
    if (admission.kind === 'denied') {
      const { nodeId, figures } = admission
      const refused = refusalOf(budgetDenial(entry.plan, figures, need, nodeId))
      return deny(call, refused, { nodeId, need })
    }
    call.hold = admission.hold
    try {
      route(call)
    } catch (error) {
      deps.onBug(call, error)
    }
  }

  const deny = (call: Call, refused: Refusal, budgetDenied?: { nodeId: string; need: bigint }) =>
    settle(
      call,
      {
        status: 'denied',
        httpStatus: refused.status,
        errorCode: refused.code,
        errorMessage: refused.message,
        usage: null,
        deployment: null,
        ...(budgetDenied ? { budgetDenied } : {}),
      },
      () => sendRefusal(call, refused),
    )

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

  /** What was reserved for another model is given back first. */
  const reserveAnew = (call: Call) => {
    const { capTicket } = call
    if (capTicket === null) return reserve(call)
    call.capTicket = null
    caps
      .settle(capTicket, unused)
      .then(() => {
        if (!call.finished) reserve(call)
      })
      .catch((error) => deps.onBug(call, error))
  }

  /** From limits that the call has not passed yet; nothing where one of them has no room. */
  const takeMore = (call: Call, gate: RateGate): boolean => {
    const { ticket } = call
    const passed = ticket?.gate ?? []
    const more = gate.filter((bucket) => !passed.includes(bucket))
    if (more.length === 0) return true
    const tokens = ticket?.tokens ?? call.inputTokens + call.outputTokens
    const taken = limits.take(more, tokens, now())
    if (taken.ticket === null) return false
    call.rates = call.rates?.and(taken.rates) ?? taken.rates
    call.ticket = { gate: [...passed, ...more], tokens, opens: true }
    return true
  }

  const readRequest = (call: Call, sent: Buffer): Refusal | null => {
    try {
      const body = asCalled(call, sent)
      const scan = takesForm(call.operation) ? formOf(call, body) : scanRequest(body, call.dialect)
      if (call.operation === 'moderations') scan.model ??= moderationModel
      const wrong = wrongIn(call, scan)
      if (wrong) return wrong
      call.bytes = body
      call.scan = scan
      call.service = scan.service
      call.model = scan.model ?? ''
      call.stream = scan.stream && (call.operation === 'chat' || streamsMedia(call.operation))
      call.inputTokens = estimateInputTokens(scan)
      return null
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      return refusal(error.param === undefined ? 'input.malformed' : 'input.invalid', error.message, error.param)
    }
  }

  return { start, startFor, admit, refuse: refuseUnrecorded, fallBack }
}
export type Pipeline = ReturnType<typeof createPipeline>

/** What it belongs to; why it cannot be told, where it cannot. */
const nameWork = (call: Call): Refusal | null => {
  const work = cappedWork(call, call.entry?.plan.caps ?? null)
  if ('code' in work) return work
  call.work = work
  return null
}

/** What nobody has put a price on is not given away. */
const unpriced = ({ entry, model, units, service }: Call): Refusal => {
  const price = entry?.plan.price
  if (!price) return refusal('internal.error', `Model '${model}' has no price, so it cannot be billed.`)
  const unit = unpricedUnit(price, units ?? [])
  return unit === null
    ? refusal('model.no_price', `Model '${model}' has no price for service tier '${service}'.`, 'service_tier')
    : refusal('model.no_price', `Model '${model}' has no price by ${unit.replace('_', ' ')}.`, 'model')
}

/** What decides about a call and is missing, or cannot be what it must. */
const wrongIn = ({ dialect }: Call, scan: RequestScan): Refusal | null => {
  if (scan.model === undefined || scan.model === '')
    return refusal('input.invalid', 'Name the model: `"model": "…"`.', 'model')
  if (scan.model.length > modelCharsMax)
    return refusal('input.invalid', `A model name has at most ${modelCharsMax} characters.`, 'model')
  if (scan.wrong) return refusal('input.invalid', scan.wrong.why, scan.wrong.field)
  if (dialect === 'responses') refuseUnaccepted(scan.body)
  if (scan.choices > choicesMax) return refusal('input.invalid', `'n' asks for at most ${choicesMax} answers.`, 'n')
  return null
}

const slowBodyMs = 1
const unused = { credits: 0n, tokens: 0, calls: 0 }
const noVerdict = refusal('internal.error', 'Nobody says what its run, session or agent may use.')

/** Whether a call may name what is kept for its caller. */
const namesThings = (operation: Call['operation']): boolean => operation === 'chat' || operation === 'count_tokens'

/** What a caller of another language says, in the dialect the call is made in. */
const asCalled = (call: Call, sent: Buffer): Buffer => {
  if (call.surface === null) return sent
  const { body, dropped } = call.surface.request(sent)
  call.unsaid = dropped
  return body
}

/** Callers may leave it out, and their clients do. */
const moderationModel = 'omni-moderation-latest'
const modelCharsMax = 120

/** What is reserved instead when the budget has not enough for all that the model could write. */
type Less = { outputTokens: number; outputLimit: number }

/** What OpenAI allows. */
const choicesMax = 128

/**
 * A stream reserves its output step by step, as it is seen to grow. An answer in one piece must be paid for as a whole
 * beforehand, and so must a stream of a model that reasons, as nobody sees how much it thinks before it is billed, and one
 * that counts for a run, a session or an agent, which must never use more than it may.
 */
const holdsWhole = ({ stream, entry, work }: Call): boolean =>
  !stream || work.length > 0 || (entry?.plan.model?.capabilities.includes('reasoning') ?? false)

/** A reservation is made once under its name, so a call that goes on to another model, or is made again, needs another one. */
const holdNameOf = ({ id, reruns, leftModels }: Call): string => {
  const name = reruns === 0 ? id : `${id}.r${reruns}`
  return leftModels.length === 0 ? name : `${name}.${leftModels.length}`
}

/** A model that cannot write more need not have more reserved; what is not reserved is not asked of its provider either. */
const holdOutput = (call: Call, { outputTokensDefault, streamStepTokens }: GatewayConfig): void => {
  if (call.operation !== 'chat' || call.scan === null) return
  const { choices, maxOutputTokens } = call.scan
  const modelMax = mostOf(call) ?? Number.POSITIVE_INFINITY
  const most = Math.min(maxOutputTokens ?? outputTokensDefault, modelMax) * choices
  call.outputTokens = holdsWhole(call) ? most : Math.min(most, streamStepTokens)
  if (maxOutputTokens === undefined ? call.entry?.plan.outputCap : maxOutputTokens > modelMax)
    call.outputLimit = modelMax
}

/** The most one answer may have: what the model can write, or less where a limit says so. */
const mostOf = ({ entry }: Call): number | null => {
  const can = entry?.plan.model?.outputTokensMax ?? null
  const may = entry?.plan.outputCap?.max ?? null
  return can === null || may === null ? (can ?? may) : Math.min(can, may)
}
