/// <reference lib="esnext.temporal" />
import { type Cadence, type Grant, larger, type Node, ownPartOf, type Plan, smaller } from './model.ts'

const monthsOf = { monthly: 1, quarterly: 3, yearly: 12 } as const

/** The span `[startsAt, endsAt)` of the calendar of `zone` that contains `at`. A manual cycle starts now and has no end. */
export const cycleBounds = (cadence: Cadence, zone: string, at: Date): { startsAt: Date; endsAt: Date | null } => {
  if (cadence === 'manual') return { startsAt: at, endsAt: null }
  const months = monthsOf[cadence]
  const day = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone).toPlainDate()
  const first = day.with({ day: 1, month: day.month - ((day.month - 1) % months) })
  return { startsAt: startOf(first, zone), endsAt: startOf(first.add({ months }), zone) }
}

/** What becomes of the credits left in a cycle: per node what expires and what moves on, and what is left of each grant. */
export type Closing = {
  rolledOut: bigint
  lapses: { node: Node; expired: bigint; rolled: bigint }[]
  grantsLeft: Map<string, bigint>
}

/**
 * Credits that renew are spent before credits given once. So what is left counts as given once first: that part rolls
 * on until its grant expires; the rest expires or rolls over as the plan says.
 */
export const closingOf = (nodes: readonly Node[], rollover: Plan['rollover'], grants: readonly Grant[], at: Date) => {
  const { left, grantsLeft } = leftOfGrants(nodes, grants)
  let once = 0n
  for (const { id, expiresAt } of grants) {
    if (expiresAt && expiresAt <= at) grantsLeft.set(id, 0n)
    once += grantsLeft.get(id) ?? 0n
  }
  const renewing = larger(0n, left - sumOf(grants.map(({ remaining }) => remaining)))
  const rolling = rollover.mode === 'none' ? 0n : smaller(renewing, rollover.cap ?? renewing)
  const rolledOut = once + rolling
  let toRoll = rolledOut
  const lapses = nodes.flatMap((node) => {
    const own = larger(0n, ownPartOf(node))
    const rolled = smaller(own, toRoll)
    toRoll -= rolled
    return own > 0n ? [{ node, rolled, expired: own - rolled }] : []
  })
  return { rolledOut, lapses, grantsLeft } satisfies Closing
}

/** What is left of the pool and of each grant given once; those that expire first are spent first. */
export const leftOfGrants = (nodes: readonly Node[], grants: readonly Grant[]) => {
  const own = sumOf(nodes.map((node) => larger(0n, ownPartOf(node))))
  const root = nodes.find(({ parentId }) => parentId === null)
  // one node's overdraft has spent what another still shows as its own
  const left = root ? larger(0n, smaller(own, root.limit - root.held - root.settled)) : 0n
  const total = sumOf(grants.map(({ remaining }) => remaining))
  let spent = larger(0n, total - left)
  const grantsLeft = new Map<string, bigint>()
  for (const { id, remaining } of grants.toSorted(byExpiry)) {
    const used = smaller(spent, remaining)
    spent -= used
    grantsLeft.set(id, remaining - used)
  }
  return { left, grantsLeft }
}

const byExpiry = (a: Grant, b: Grant) =>
  (a.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - (b.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) ||
  (a.id < b.id ? -1 : 1)

const sumOf = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n)

/** The first instant of a day. Where clocks skip midnight, the day starts later. */
const startOf = (day: Temporal.PlainDate, zone: string) =>
  new Date(day.toZonedDateTime({ timeZone: zone }).epochMilliseconds)
