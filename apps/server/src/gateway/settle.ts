/** The end of every call: rate and budget corrected, the record written, then the last byte to the caller. */
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { Caps } from './caps/index.ts'
import type { GatewayConfig } from './config.ts'
import type { Limits } from './limits.ts'
import type { Meter } from './meter/index.ts'
import type { Metrics } from './metrics.ts'
import { type Outcome, recordOf } from './record.ts'
import type { Shadowing } from './shadowing.ts'
import type { Traffic } from './traffic.ts'

type Deps = {
  calls: Calls
  caps: Caps
  limits: Limits
  meter: Meter
  metrics: Metrics
  /** Null where nobody watches. */
  traffic: Traffic | null
  /** A call whose answer is compared with another one has ended. Null where nobody compares. */
  onShadowed: ((call: Call, shadow: Shadowing, ended: Outcome & { credits: bigint }) => void) | null
  config: Pick<GatewayConfig, 'contentBytesMax'>
  now: () => number
}

export type Settle = (call: Call, outcome: Outcome, answer: () => void) => void

export const createSettle = ({
  calls,
  caps,
  limits,
  meter,
  metrics,
  traffic,
  onShadowed,
  config,
  now,
}: Deps): Settle => {
  return (call, outcome, answer) => {
    if (call.finished) return
    call.finished = true
    call.deadlineAt = Number.POSITIVE_INFINITY
    const tookMs = call.elapsedMs()
    call.tookMs = tookMs
    const { usage } = outcome
    const used = usage ? usage.inputTokens + usage.cachedTokens + usage.cacheWriteTokens + usage.outputTokens : 0
    if (call.ticket) limits.settle(call.ticket, used, now())
    call.ticket = null
    const { capTicket } = call
    call.capTicket = null
    const record = recordOf(call, outcome, tookMs, config.contentBytesMax)
    const end = () => {
      answer()
      if (call.shadow) onShadowed?.(call, call.shadow, { ...outcome, credits: record?.credits ?? 0n })
      calls.done(call)
    }
    if (record) {
      metrics.settled(call, outcome, tookMs, record.credits)
      traffic?.settled(call, outcome, record.credits)
      if (capTicket === null) return meter.append(record, end)
      const { credits } = record
      const settled = caps.settle(capTicket, { credits, tokens: used, calls: outcome.deployment ? 1 : 0 })
      // whoever calls again at once finds what this call has left
      return meter.append(record, () => void settled.finally(end))
    }
    end()
  }
}
