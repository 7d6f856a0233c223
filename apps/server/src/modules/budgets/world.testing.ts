/** The same rules as the room's, told naively: lists of what happened, and sums over them. For the property test. */

export type Reference = {
  cycle: number
  nodes: RefNode[]
  holds: RefHold[]
  events: { id: string; credits: bigint; path: string[]; funding: string; cycle: number }[]
  lapses: { node: string; cycle: number; amount: bigint; expired: bigint }[]
  grants: { amount: bigint; recurrence: 'cycle' | 'once' }[]
  onceLeft: bigint
  rolledIn: bigint[]
  granted: bigint[]
  rollover: { mode: 'none' | 'remaining'; cap: bigint | null }
}
export type RefNode = {
  id: string
  parent: string | null
  scope: string
  mode: 'carve' | 'cap'
  definition: bigint
  removed: boolean
  /** By cycle; absent where the node did not exist. */
  limits: Map<number, bigint>
  /** By closed cycle: what it was then. */
  modes: Map<number, 'carve' | 'cap'>
}
export type RefHold = {
  id: string
  kind: 'hold' | 'lease'
  path: string[]
  funding: string
  cycle: number
  amount: bigint
  used: bigint
  state: 'held' | 'settled' | 'void' | 'expired' | 'returned'
  expiresAt: number
}

export const emptyReference = (poolId: string): Reference => ({
  ...{ cycle: 0, holds: [], events: [], lapses: [], grants: [], onceLeft: 0n, rolledIn: [0n], granted: [0n] },
  nodes: [
    {
      id: poolId,
      parent: null,
      scope: 'account',
      mode: 'carve',
      definition: 0n,
      removed: false,
      limits: new Map([[0, 0n]]),
      modes: new Map(),
    },
  ],
  rollover: { mode: 'none', cap: null },
})

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
const openOf = (hold: RefHold) => (hold.state === 'held' ? hold.amount - hold.used : 0n)

const modeAt = (node: RefNode, cycle: number) => node.modes.get(cycle) ?? node.mode

export const figuresAt = (ref: Reference, node: RefNode, cycle: number) => {
  const limit = node.limits.get(cycle) ?? 0n
  const holds = ref.holds.filter((hold) => hold.cycle === cycle)
  const events = ref.events.filter((event) => event.cycle === cycle)
  const held = sum(holds.filter(({ path }) => path.includes(node.id)).map(openOf))
  const settled = sum(events.filter(({ path }) => path.includes(node.id)).map(({ credits }) => credits))
  const ownHeld = sum(holds.filter(({ funding }) => funding === node.id).map(openOf))
  const ownSettled = sum(events.filter(({ funding }) => funding === node.id).map(({ credits }) => credits))
  const children = ref.nodes.filter((child) => child.parent === node.id && modeAt(child, cycle) === 'carve')
  const carved = sum(children.map(({ limits }) => limits.get(cycle) ?? 0n))
  const lapsed = sum(
    ref.lapses.filter((lapse) => lapse.node === node.id && lapse.cycle === cycle).map(({ amount }) => amount),
  )
  const used = max(held + settled, ownHeld + ownSettled + carved + lapsed)
  const own = modeAt(node, cycle) === 'cap' ? 0n : limit - carved - ownHeld - ownSettled - lapsed
  return { limit, held, settled, ownHeld, ownSettled, carved, lapsed, used, own, overdraft: max(0n, used - limit) }
}
const now = (ref: Reference, node: RefNode) => figuresAt(ref, node, ref.cycle)
export const nodeOf = (ref: Reference, id: string | null): RefNode => {
  const node = ref.nodes.find((one) => one.id === id)
  if (!node) throw new Error(`no node ${id}`)
  return node
}
export const living = (ref: Reference) => ref.nodes.filter(({ removed }) => !removed)
const childrenOf = (ref: Reference, id: string) => living(ref).filter(({ parent }) => parent === id)
const root = (ref: Reference) => nodeOf(ref, ref.nodes[0]?.id ?? null)
const setLimit = (ref: Reference, node: RefNode, limit: bigint) => node.limits.set(ref.cycle, limit)

export const pathTo = (ref: Reference, id: string): string[] => {
  const { parent } = nodeOf(ref, id)
  return [...(parent === null ? [] : pathTo(ref, parent)), id]
}
export const fundingOf = (ref: Reference, path: readonly string[]) =>
  path.findLast((id) => nodeOf(ref, id).mode === 'carve') ?? ''

const refill = (ref: Reference, parent: RefNode) => {
  for (const child of childrenOf(ref, parent.id).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const missing = child.definition - (child.limits.get(ref.cycle) ?? 0n)
    const more = child.mode === 'cap' ? missing : min(missing, max(0n, now(ref, parent).own))
    setLimit(ref, child, (child.limits.get(ref.cycle) ?? 0n) + more)
    refill(ref, child)
  }
}

export const grant = (ref: Reference, amount: bigint, recurrence: 'cycle' | 'once') => {
  ref.grants.push({ amount, recurrence })
  if (recurrence === 'once') ref.onceLeft += amount
  ref.granted[ref.cycle] = (ref.granted[ref.cycle] ?? 0n) + amount
  setLimit(ref, root(ref), now(ref, root(ref)).limit + amount)
  refill(ref, root(ref))
}

/** The problem's code, or null when the allocation was made. */
export const allocate = (ref: Reference, node: RefNode, mode: 'carve' | 'cap', limit: bigint): string | null => {
  const parent = nodeOf(ref, node.parent)
  const { used, limit: before } = now(ref, node)
  if (node.mode !== mode && (used > 0n || childrenOf(ref, node.id).length > 0)) return 'budget.in_use'
  if (mode === 'carve' && parent.mode === 'cap') return 'input.invalid'
  const given = node.mode === 'carve' && node.mode !== mode ? before : 0n
  const old = node.mode === mode ? before : 0n
  if (limit < old && limit < used) return 'budget.below_spent'
  if (mode === 'carve' && limit > old && limit - old > now(ref, parent).own + given) return 'budget.insufficient'
  node.mode = mode
  node.definition = limit
  setLimit(ref, node, limit)
  return null
}

export const remove = (ref: Reference, node: RefNode): string | null => {
  if (childrenOf(ref, node.id).length > 0) return 'budget.in_use'
  setLimit(ref, node, min(now(ref, node).limit, now(ref, node).used))
  node.removed = true
  return null
}

/** A node of the path that is gone, else the first one without room, or null. */
export const blockedBy = (ref: Reference, path: readonly string[], amount: bigint): string | null => {
  const funding = fundingOf(ref, path)
  return (
    path.find((id) => nodeOf(ref, id).removed) ??
    path.find((id) => {
      const node = nodeOf(ref, id)
      const { limit, held, settled, own } = now(ref, node)
      return held + settled + amount > limit || (id === funding && own < amount)
    }) ??
    null
  )
}

/** Books what is new of a batch: per hold the sum, as one batch is one moment. */
export const charge = (
  ref: Reference,
  batch: readonly { eventId: string; hold: RefHold | null; credits: bigint }[],
) => {
  for (const [hold, items] of Map.groupBy(batch, (item) => item.hold)) {
    const path = hold?.path ?? [root(ref).id]
    const cycle = hold?.cycle ?? ref.cycle
    // what had ended may settle after its payer became a cap: then the nearest node that owns credits pays
    const owner = path.findLast((id) => (nodeOf(ref, id).modes.get(cycle) ?? nodeOf(ref, id).mode) === 'carve')
    const funding = (hold?.state === 'held' ? hold.funding : owner) ?? root(ref).id
    const credits = sum(items.map((item) => item.credits))
    ref.events.push(...items.map((item) => ({ id: item.eventId, credits: item.credits, path, funding, cycle })))
    if (hold?.state !== 'held') continue
    const open = openOf(hold)
    hold.used += min(open, credits)
    if (hold.kind === 'hold') end(ref, hold, 'settled')
  }
}

/** What an ended hold leaves in a closed cycle expires. */
export const end = (ref: Reference, hold: RefHold, state: RefHold['state']) => {
  const rest = openOf(hold)
  hold.state = state
  if (hold.cycle < ref.cycle && rest > 0n)
    ref.lapses.push({ node: hold.funding, cycle: hold.cycle, amount: rest, expired: rest })
}

export const closeCycle = (ref: Reference) => {
  const pool = now(ref, root(ref))
  const owns = ref.nodes
    .filter(({ limits }) => limits.has(ref.cycle))
    .map((node) => ({ node, own: max(0n, now(ref, node).own) }))
  const left = max(0n, min(sum(owns.map(({ own }) => own)), pool.limit - pool.held - pool.settled))
  const once = min(left, ref.onceLeft)
  const renewing = left - once
  const rolled = ref.rollover.mode === 'none' ? 0n : min(renewing, ref.rollover.cap ?? renewing)
  let toRoll = once + rolled
  for (const { node, own } of owns) {
    const rolls = min(own, toRoll)
    toRoll -= rolls
    if (own > 0n) ref.lapses.push({ node: node.id, cycle: ref.cycle, amount: own, expired: own - rolls })
  }
  const renewed = sum(ref.grants.filter(({ recurrence }) => recurrence === 'cycle').map(({ amount }) => amount))
  for (const node of ref.nodes) if (node.limits.has(ref.cycle)) node.modes.set(ref.cycle, node.mode)
  ref.onceLeft = once
  ref.cycle += 1
  ref.rolledIn.push(once + rolled)
  ref.granted.push(renewed)
  for (const node of living(ref)) setLimit(ref, node, 0n)
  setLimit(ref, root(ref), once + rolled + renewed)
  refill(ref, root(ref))
}
