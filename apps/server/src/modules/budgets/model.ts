/** The words of this room and what follows from them alone. All amounts are micro-credits. */
import type { ScopeType } from '@cockpit/contract/budgets'

export type Cadence = 'monthly' | 'quarterly' | 'yearly' | 'manual'
export type Mode = 'carve' | 'cap'
export type Source = 'manual' | 'equal' | 'override'

export type Plan = {
  id: string
  name: string
  cadence: Cadence
  rollover: { mode: 'none' | 'remaining'; cap: bigint | null }
  allowPoolDraw: boolean
  createdAt: Date
  /** The zone of the account, in which cycles start and end. */
  timezone: string
}
export type Cycle = { id: string; startsAt: Date; endsAt: Date | null }
export type Scope = { type: ScopeType; id: string; name: string }

export type Grant = {
  id: string
  amount: bigint
  recurrence: 'cycle' | 'once'
  remaining: bigint
  note: string | null
  expiresAt: Date | null
  revokedAt: Date | null
  createdAt: Date
  createdBy: string
}

/** A node with its figures of one cycle. `definition` is the limit asked for; `limit` is what the pool could cover. */
export type Node = {
  readonly id: string
  readonly parentId: string | null
  readonly scope: Scope
  mode: Mode
  source: Source
  definition: bigint
  removed: boolean
  limit: bigint
  carved: bigint
  readonly held: bigint
  readonly settled: bigint
  readonly ownHeld: bigint
  readonly ownSettled: bigint
  lapsed: bigint
}

/** What a node owns and has neither moved on nor spent nor reserved. Below zero when it is overdrawn; a cap owns nothing. */
export const ownPartOf = (node: Node): bigint => (node.mode === 'cap' ? 0n : node.limit - ownUseOf(node))

/** The least its limit can be: all that its subtree and its own part already use. */
export const usedOf = (node: Node): bigint => larger(node.held + node.settled, ownUseOf(node))

export const overdraftOf = (node: Node): bigint => larger(usedOf(node) - node.limit, 0n)

export const remainingOf = (node: Node): bigint => larger(node.limit - node.held - node.settled, 0n)

/** The same nodes, every parent before its children and siblings in order of creation. */
export const parentsFirst = <N extends { id: string; parentId: string | null }>(nodes: readonly N[]): N[] => {
  const children = Map.groupBy(
    nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ({ parentId }) => parentId,
  )
  const ordered = [...(children.get(null) ?? [])]
  // the list grows while it is walked: each node brings its children
  for (const node of ordered) ordered.push(...(children.get(node.id) ?? []))
  return ordered
}

export const thresholds = [50, 80, 90, 100] as const

/** Thresholds in percent of the limit that spending passes on its way from `before` to `after`. */
export const thresholdsCrossed = (limit: bigint, before: bigint, after: bigint): number[] =>
  thresholds.filter((percent) => {
    const line = limit * BigInt(percent)
    return limit > 0n && before * 100n < line && after * 100n >= line
  })

const ownUseOf = (node: Node) => node.ownHeld + node.ownSettled + node.carved + node.lapsed

export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
