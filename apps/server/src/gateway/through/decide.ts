/** What is decided of a call at a provider's own path, before it goes the way of all others. */
import { modelAt, otherPaths, type Via } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { modelsOf } from '../holder.ts'
import type { Plans } from '../plans.ts'
import { type Refusal, refusal, refusalOf } from '../refusal.ts'
import { tagsOf } from '../tags.ts'
import type { ThroughAddress } from './address.ts'
import { throughOf } from './known.ts'

/** A call to a model is one at the provider's own path too: it goes the way of all others, to this connection alone. */
export const enterThrough = (call: Call, address: ThroughAddress): Refusal | null => {
  if (!call.account) return null
  const found = throughOf(call.account, address, call.req.method)
  if ('code' in found) return found
  call.connectionId = found.connectionId
  call.through = address.rest
  if (found.endpoint) {
    call.operation = found.endpoint.operation
    call.dialect = found.endpoint.dialect
  }
  return null
}

/** The one deployment a call to a connection of its choice may have, by the provider's name of the model. */
export const viaOf = (call: Call, upstreamModel: string): Via | null => {
  const { account, holder, connectionId } = call
  if (!account || !holder || connectionId === null) return null
  const via = { connectionId, upstreamModel }
  call.model = modelAt(account, modelsOf(holder), via) ?? upstreamModel
  return via
}

/** Decides a call that only its provider understands; why it is refused, or null. One that was decided has its entry. */
export const decideOther = (call: Call, body: Buffer, plans: Plans): Refusal | null => {
  const { account, holder } = call
  if (!account || !holder) return null
  call.bytes = body
  const via = viaOf(call, otherPaths)
  if (call.model === otherPaths)
    return refusal('model.no_price', `No model stands for the paths of this connection: ${howToPrice}`)
  const entry = plans.of({ account, holder, model: call.model, tags: tagsOf(account, call.req, call.scan), via }, 0)
  call.entry = entry
  if (entry.plan.denied) return refusalOf(entry.plan.denied)
  if (entry.plan.price?.units?.request === undefined)
    return refusal('model.no_price', `Model '${call.model}' has no price by request: ${howToPrice}`)
  if (entry.guard || entry.outside)
    return refusal('guardrail.blocked', 'A guardrail holds here, and what is said at this path it cannot read.')
  return null
}

const howToPrice = `offer one with the deployment '${otherPaths}' on it and a price by request.`
