import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { SliceBudget } from '@cockpit/contract/snapshot'
import { allocationOf } from './allocation.ts'

type Node = SliceBudget['nodes'][number]

/** Who a call is made for. `teamId` is the key's team or else the primary team; `context` a budget chosen by the caller. */
export type Spender = {
  userId: string | null
  serviceAccountId: string | null
  teamId: string | null
  orgId: string | null
  context?: string
}

/** The node that pays, the nodes that must all have room (root first), and the nearest one that owns the credits. */
export type Payer = { payerNodeId: string; path: string[]; fundingNodeId: string; source: string }

/** Who pays for a call? The budget the caller names, else the nearest allocation: user, team, org, and then the pool. */
export const resolvePayer = (budget: SliceBudget, who: Spender): Payer | { denied: string } => {
  const nodes = new Map(budget.nodes.map((node) => [node.id, node]))
  if (who.context !== undefined) {
    const chosen = nodes.get(who.context)
    if (!chosen || !mayUse(budget, chosen, who))
      return { denied: `Budget '${who.context}' is not one that this caller may spend from.` }
    return payerAt(nodes, chosen, `The request names the budget of ${named(chosen)}`)
  }
  for (const [type, id] of nearest(who)) {
    const node = budget.nodes.find(({ scope }) => scope.type === type && scope.id === id)
    if (node) return payerAt(nodes, node, `The nearest allocation is that of ${named(node)}`)
  }
  const pool = budget.nodes[0]
  if (!pool) return { denied: 'The account has no budget.' }
  if (!budget.allowPoolDraw)
    return { denied: `No allocation applies, and plan '${budget.planName}' does not let people spend from the pool.` }
  return payerAt(nodes, pool, 'No allocation applies, so the Unallocated pool of the account pays')
}

/** Divides exactly: overrides keep theirs, the rest is shared evenly, the remainder goes one micro each in id order. */
export const equalShares = (
  total: bigint,
  members: readonly string[],
  overrides: ReadonlyMap<string, bigint>,
): Map<string, bigint> => {
  const distinct = [...new Set(members)].sort()
  const free = distinct.filter((id) => !overrides.has(id))
  const rest = distinct.reduce((left, id) => left - (overrides.get(id) ?? 0n), total)
  if (rest < 0n) throw new RangeError('The overrides exceed the total')
  const count = BigInt(free.length)
  let remainder = count > 0n ? rest % count : 0n
  return new Map(
    distinct.map((id) => {
      const override = overrides.get(id)
      if (override !== undefined) return [id, override]
      const extra = remainder > 0n ? 1n : 0n
      remainder -= extra
      return [id, rest / count + extra]
    }),
  )
}

/** What one node has used in the cycle. `unallocated` is the own part of a node that owns credits, still free. */
export type BudgetFigures = { nodeId: string; limit: bigint; held: bigint; settled: bigint; unallocated?: bigint }

/** What is left on the way from the payer to the pool, and which node binds: the numbers admission compares with. */
export const effectiveAllocation = (
  budget: SliceBudget,
  payer: Payer | { denied: string },
  figures: readonly BudgetFigures[],
  factor: string,
): EffectiveAllocation => {
  const { timezone } = budget
  const told = { cycle: { ...budget.cycle, timezone }, factor }
  if ('denied' in payer) return allocationOf([], { ...told, payer: null, source: payer.denied })
  const chain = payer.path.flatMap((nodeId) => {
    const node = budget.nodes.find(({ id }) => id === nodeId)
    const figure = figures.find((one) => one.nodeId === nodeId)
    if (!node || !figure) return []
    return [{ ...figure, scope: node.scope, mode: node.mode, left: leftOf(figure, nodeId === payer.fundingNodeId) }]
  })
  return allocationOf(chain, { ...told, payer: chain.at(-1)?.scope ?? null, source: payer.source })
}

/** What a node has left: of one that funds, only what it has not given to its children. */
export const leftOf = ({ limit, held, settled, unallocated }: BudgetFigures, funds: boolean): bigint => {
  const left = limit - held - settled
  const bound = funds && unallocated !== undefined && unallocated < left ? unallocated : left
  return bound > 0n ? bound : 0n
}

const payerAt = (nodes: ReadonlyMap<string, Node>, payer: Node, source: string): Payer => {
  const up: Node[] = []
  for (let node: Node | undefined = payer; node; node = node.parentId ? nodes.get(node.parentId) : undefined)
    up.push(node)
  // the pool owns its credits, so there is always a node that funds
  const funding = up.find(({ mode }) => mode === 'carve') ?? payer
  return { payerNodeId: payer.id, path: up.map(({ id }) => id).reverse(), fundingNodeId: funding.id, source }
}

const nearest = ({ userId, teamId, orgId }: Spender): [Node['scope']['type'], string | null][] => [
  ['user', userId],
  ['team', teamId],
  ['org', orgId],
]

const mayUse = (budget: SliceBudget, { scope }: Node, who: Spender) =>
  scope.type === 'account'
    ? budget.allowPoolDraw
    : nearest(who).some(([type, id]) => type === scope.type && id === scope.id)

const named = ({ scope }: Node) => (scope.type === 'account' ? 'the account' : `${scope.type} '${scope.name}'`)
