/** What a call of a tool passes: plan, rate limits, guardrails over its arguments, a hold; and how it ends. */

import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import { usageFrame } from '@cockpit/contract/usage-line'
import {
  type AccountWorld,
  budgetDenial,
  guardOf,
  Inspection,
  mcpToolName,
  planTool,
  rateDenial,
  type ToolPlan,
} from '@cockpit/policy'
import type { Call } from '../call.ts'
import type { Json } from '../dialects/index.ts'
import type { Funds } from '../funds/index.ts'
import { askAbout, blockedRefusal, type OutsideChecks } from '../guards/index.ts'
import { type Holder, principalOf } from '../holder.ts'
import type { Limits } from '../limits.ts'
import type { PlanEntry } from '../plans.ts'
import { answered, unasked } from '../rating.ts'
import { type Refusal, refusal, refusalOf } from '../refusal.ts'
import { inspectArguments } from './inspect.ts'

export type ToolEntry = PlanEntry & { readonly plan: ToolPlan }
export type Asked = { server: SliceMcpServer; tool: string; hash: string | null }
type Denied = { refused: Refusal; budgetDenied?: { nodeId: string; need: bigint } }

type Deps = { limits: Limits; funds: Funds; outside: OutsideChecks; now: () => number }

/** Callers may invent names of tools, so the cache of one holder is emptied rather than grown without end. */
const entriesMax = 2_000

export const createToolCalls = ({ limits, funds, outside, now }: Deps) => {
  const cache = new WeakMap<AccountWorld, Map<Holder, Map<string, ToolEntry>>>()

  const entriesOf = (account: AccountWorld, holder: Holder): Map<string, ToolEntry> => {
    const holders = cache.get(account) ?? new Map<Holder, Map<string, ToolEntry>>()
    cache.set(account, holders)
    const known = holders.get(holder)
    if (known && known.size <= entriesMax) return known
    const fresh = new Map<string, ToolEntry>()
    holders.set(holder, fresh)
    return fresh
  }

  const made = (account: AccountWorld, holder: Holder, asked: Asked): ToolEntry => {
    const plan = planTool(account, principalOf(holder), asked, now())
    const frame = usageFrame({
      accountId: account.slice.account.id,
      planId: plan.trace.id,
      keyId: holder.id,
      ...plan.owner,
      modelId: null,
      model: mcpToolName(asked.server.name, asked.tool),
      factor: plan.factor,
      priceVersion: null,
    })
    return {
      ...{ plan, frame, deployments: [], cache: null, router: null, refusing: new Map() },
      gate: limits.gateFor(plan.rateScopes, now()),
      purse: plan.denied ? null : funds.purseFor(plan, holder),
      guard: plan.guardrails.length === 0 ? null : guardOf(plan.guardrails),
      outside: outside.of(plan.guardrails, account.slice),
    }
  }

  const entryOf = (account: AccountWorld, holder: Holder, asked: Asked): ToolEntry => {
    const entries = entriesOf(account, holder)
    const name = `${asked.server.id}\n${asked.tool}\n${asked.hash ?? ''}`
    const known = entries.get(name)
    if (known && now() < known.plan.validUntil) return known
    const entry = made(account, holder, asked)
    entries.set(name, entry)
    return entry
  }

  const takeRate = async (call: Call, entry: ToolEntry, timeoutMs: number): Promise<Denied | null> => {
    if (entry.gate.length === 0) return null
    let verdict = limits.take(entry.gate, 0, now())
    if (!verdict.ticket && verdict.mayLend) {
      const came = await answered(call, limits.lend(entry.gate, 0), call.startedAt + timeoutMs)
      if (call.finished) return null
      if (!came) return { refused: call.revoked ?? unasked }
      verdict = limits.take(entry.gate, 0, now())
    }
    call.rates = verdict.rates
    call.ticket = verdict.ticket
    const { blocked } = verdict.rates
    return blocked ? { refused: refusalOf(rateDenial(blocked, now()), blocked.retryMs) } : null
  }

  const hold = async (call: Call, { plan, purse }: ToolEntry): Promise<Denied | null> => {
    const need = plan.creditMicros
    // what costs nothing needs no budget
    if (need === 0n) return null
    if (!purse) return { refused: refusal('budget.exhausted', 'No budget pays for this call.') }
    const ready = purse.admit(need)
    const from = call.elapsedMs()
    const admission = ready ? ({ kind: 'held', hold: ready } as const) : await purse.request(call.id, need)
    if (!ready) call.span('hold', from, null, admission.kind === 'held')
    if (admission.kind === 'held') {
      if (call.finished) purse.cancel(admission.hold)
      else call.hold = admission.hold
      return null
    }
    if (admission.kind === 'unavailable')
      return {
        refused: refusal('budget.unavailable', 'The ledger does not answer, so nothing can be reserved for this call.'),
      }
    const { nodeId, figures } = admission
    return { refused: refusalOf(budgetDenial(plan, figures, need, nodeId)), budgetDenied: { nodeId, need } }
  }

  return {
    /** Looks at what is not a call of a tool; null where no guardrail does. */
    inspectionFor(call: Call, server: SliceMcpServer): Inspection | null {
      if (!call.account || !call.holder) return null
      const { guard } = entryOf(call.account, call.holder, { server, tool: '', hash: null })
      return guard && new Inspection(guard, { cutAtBlock: false })
    },

    /** Lets a call begin, with its arguments as they may leave; or says why it may not. */
    async begin(call: Call, asked: Asked, params: Json): Promise<Denied | { entry: ToolEntry; params: Json }> {
      const { account, holder } = call
      if (!account || !holder) throw new Error('a call of a tool has a caller')
      const from = call.elapsedMs()
      const entry = entryOf(account, holder, asked)
      call.entry = entry
      call.model = mcpToolName(asked.server.name, asked.tool)
      call.span('plan', from)
      if (entry.plan.denied) return { refused: refusalOf(entry.plan.denied) }
      const limited = await takeRate(call, entry, asked.server.timeoutMs)
      if (limited) return limited
      const guarded = entry.guard
        ? guardArguments(call, new Inspection(entry.guard, { cutAtBlock: false }), params)
        : null
      if (guarded?.blocked) return { refused: guarded.blocked }
      const judged = await askOutside(call, entry, guarded?.params ?? params)
      if (judged.blocked) return { refused: judged.blocked }
      const broke = await hold(call, entry)
      if (broke) return broke
      if (call.revoked) return { refused: call.revoked }
      return { entry, params: judged.params }
    },
  }
}
export type ToolCalls = ReturnType<typeof createToolCalls>

const askOutside = async (
  call: Call,
  { outside }: ToolEntry,
  params: Json,
): Promise<{ params: Json; blocked: Refusal | null }> => {
  if (!outside?.looksAt('tool_calls')) return { params, blocked: null }
  const { passed, by } = await askAbout(call, outside, params, (look) => inspectArguments(params, look))
  if (passed !== params) call.bytes = Buffer.from(JSON.stringify({ method: 'tools/call', params: passed }))
  return { params: passed, blocked: by && blockedRefusal(by) }
}

/** A call that is blocked is masked too, for the log. */
const guardArguments = (
  call: Call,
  inspection: Inspection,
  params: Json,
): { params: Json; blocked: Refusal | null } => {
  const from = call.elapsedMs()
  call.inspections = [inspection]
  const after = inspectArguments(params, inspection)
  if (after !== params) call.bytes = Buffer.from(JSON.stringify({ method: 'tools/call', params: after }))
  call.span('guardrails', from, null, inspection.blockedBy === null)
  return { params: after, blocked: inspection.blockedBy && blockedRefusal(inspection.blockedBy) }
}
