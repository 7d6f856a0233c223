/** What the rate limits say of a call, which may have to wait until it is known what others have left. */
import { rateDenial } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { Endings } from './endings.ts'
import type { Limits, RateGate } from './limits.ts'
import { refusalOf } from './refusal.ts'

type Deps = {
  limits: Limits
  deny: Endings['deny']
  /** Goes on with a call that has waited. */
  again: (call: Call) => void
  onBug: (call: Call, error: unknown) => void
  now: () => number
}

export const createRating = ({ limits, deny, again, onBug, now }: Deps) => {
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
      again(call)
    } catch (error) {
      onBug(call, error)
    }
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

  return { takeRate, takeMore }
}
