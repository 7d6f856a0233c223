/** What a call is billed by besides plain tokens: pieces, its service tier, tokens with a rate of their own. */
import type { UsedUnit } from '@cockpit/contract/usage'
import { type BilledUnit, type Billing, holdFor } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { Usage } from './dialects/index.ts'

const oneCall: BilledUnit = { unit: 'request', quantity: 1 }

/** What is reserved beforehand; undefined for most calls, which have nothing of the kind. */
export const reservedBilling = ({ entry, service, units }: Call): Billing | undefined => {
  const byCall = entry?.plan.price?.units?.request !== undefined
  if (!byCall && service === null && units === null) return undefined
  return { service, units: byCall ? [...(units ?? []), oneCall] : (units ?? none) }
}

/** What is billed afterwards: what the provider says it was, else what was asked for. */
export const settledBilling = ({ entry, service, units }: Call, usage: Usage | null): Billing | undefined => {
  if (usage === null) return undefined
  const byCall = entry?.plan.price?.units?.request !== undefined
  const served = usage.service === undefined ? service : usage.service
  const used = usage.units ?? units
  if (!byCall && served === null && used === null) return undefined
  return { service: served, units: byCall ? [...(used ?? none), oneCall] : (used ?? none) }
}

const none: readonly BilledUnit[] = []

/** What so many more output tokens may cost, after the input that was already paid for. */
export const holdForMore = ({ entry, inputTokens, service }: Call, outputTokens: number): bigint | null => {
  if (!entry) return null
  const { plan } = entry
  if (!plan.price?.tiers) return holdFor(plan, 0, outputTokens)
  const whole = holdFor(plan, inputTokens, outputTokens, { service })
  const input = holdFor(plan, inputTokens, 0, { service })
  // each is rounded up by itself
  return whole === null || input === null ? null : whole - input + 1n
}

/** As the record says it; undefined when there is nothing to say. */
export const usedUnits = (billing: Billing | undefined, usage: Usage | null): UsedUnit[] | undefined => {
  const special: UsedUnit[] = []
  const add = (unit: UsedUnit['unit'], quantity = 0) => {
    if (quantity > 0) special.push({ unit, quantity })
  }
  if (usage) {
    add('cache_write_1h_token', usage.cacheWrite1hTokens)
    add('audio_input_token', usage.audioInputTokens)
    add('audio_output_token', usage.audioOutputTokens)
  }
  const units = billing?.units ?? none
  return units.length + special.length === 0 ? undefined : [...units, ...special]
}
