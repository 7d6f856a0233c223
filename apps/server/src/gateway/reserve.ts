/** What a call may cost, reserved before it is made: of its run, session or agent, and of the budget that pays. */
import { budgetDenial, holdFor, unpricedUnit } from '@cockpit/policy'
import { reservedBilling } from './billing.ts'
import type { Call } from './call.ts'
import type { Caps } from './caps/index.ts'
import type { Endings } from './endings.ts'
import type { Admission } from './funds/purse.ts'
import { holdsWhole, mostOf } from './output-hold.ts'
import { type Refusal, refusal, refusalOf } from './refusal.ts'

type Deps = {
  caps: Caps
  deny: Endings['deny']
  /** Sends what is paid for. */
  route: (call: Call) => void
  onBug: (call: Call, error: unknown) => void
}

export const createReserve = ({ caps, deny, route, onBug }: Deps) => {
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
      .catch((error) => onBug(call, error))
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
      onBug(call, error)
    }
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
      .catch((error) => onBug(call, error))
  }

  return { reserve, reserveAnew }
}

/** What is reserved instead when the budget has not enough for all that the model could write. */
type Less = { outputTokens: number; outputLimit: number }

export const unused = { credits: 0n, tokens: 0, calls: 0 }
const noVerdict = refusal('internal.error', 'Nobody says what its run, session or agent may use.')

/** What nobody has put a price on is not given away. */
const unpriced = ({ entry, model, units, service }: Call): Refusal => {
  const price = entry?.plan.price
  if (!price) return refusal('internal.error', `Model '${model}' has no price, so it cannot be billed.`)
  const unit = unpricedUnit(price, units ?? [])
  return unit === null
    ? refusal('model.no_price', `Model '${model}' has no price for service tier '${service}'.`, 'service_tier')
    : refusal('model.no_price', `Model '${model}' has no price by ${unit.replace('_', ' ')}.`, 'model')
}

/** A reservation is made once under its name, so a call that goes on to another model, or is made again, needs another one. */
const holdNameOf = ({ id, reruns, leftModels }: Call): string => {
  const name = reruns === 0 ? id : `${id}.r${reruns}`
  return leftModels.length === 0 ? name : `${name}.${leftModels.length}`
}
