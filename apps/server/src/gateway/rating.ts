/** What the rate limits say of a call, which may have to wait until it is known what others have left. */
import { rateDenial } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { GatewayConfig } from './config.ts'
import type { Endings } from './endings.ts'
import type { Limits, RateGate } from './limits.ts'
import { refusal, refusalOf } from './refusal.ts'

type Deps = {
  limits: Pick<Limits, 'take' | 'lend'>
  config: Pick<GatewayConfig, 'bodyTimeoutMs'>
  deny: Endings['deny']
  /** Goes on with a call that has waited. */
  again: (call: Call) => void
  onBug: (call: Call, error: unknown) => void
  now: () => number
}

export const createRating = ({ limits, config, deny, again, onBug, now }: Deps) => {
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
      void answered(call, limits.lend(entry.gate, tokens, opens), endOf(call)).then((came) => lent(call, from, came))
      return false
    }
    const { blocked } = rates
    if (blocked) deny(call, refusalOf(rateDenial(blocked, at), blocked.retryMs))
    return false
  }

  /** Nobody waits longer for a place than for an answer. */
  const endOf = ({ entry, startedAt }: Call): number =>
    startedAt + (entry?.deployments[0]?.target.connection.timeouts.totalMs ?? config.bodyTimeoutMs)

  const lent = (call: Call, from: number, came: boolean) => {
    if (call.finished) return
    call.span('rate', from, null, came)
    if (call.revoked) return deny(call, call.revoked)
    if (!came) return deny(call, unasked)
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

/** Whether what the others have left was told in time; they may be slow to say, and that is no reason to refuse a call. */
export const answered = (call: Call, asked: Promise<void>, endsAt: number): Promise<boolean> =>
  new Promise((resolve) => {
    const late = () => resolve(false)
    call.deadlineAt = endsAt
    call.onDeadline = late
    void asked.then(() => {
      if (!call.finished) call.deadlineAt = Number.POSITIVE_INFINITY
      resolve(true)
    })
  })

export const unasked = refusal(
  'rate.unavailable',
  'Nobody says what other gateways have left of its rate limits, so the call cannot be let through.',
)
