/** A part of a budget reserved for this process. What its records cost comes out of it; the rest goes back at the end. */
export type Lease = {
  readonly id: string
  readonly amount: bigint
  /** What its records cost so far. */
  spent: bigint
  /** Records written and not yet booked by the ledger: until they are, the lease must stay. */
  unshipped: number
  expiresAt: number
  renewing: boolean
}

/** Credits leased through a node and still there; `own` is the part that the node funds itself. */
export type LeaseRoom = { all: bigint; own: bigint }

export const roomOf = (lease: Lease): bigint => (lease.amount > lease.spent ? lease.amount - lease.spent : 0n)

/** The smallest lease that has room for a cost, else the one with the most: big ones stay whole for big costs. */
export const fittingLease = (leases: readonly Lease[], cost: bigint): Lease | undefined => {
  let best: Lease | undefined
  for (const lease of leases) if (!best || isBetter(roomOf(lease), roomOf(best), cost)) best = lease
  return best
}

const isBetter = (room: bigint, best: bigint, cost: bigint): boolean =>
  best < cost ? room > best : room >= cost && room < best

/** A lease takes at most this part of what is left, so that many processes can share a budget. */
const shareOfRemaining = 20n
/** Below this many calls of the present size in one lease, leases are not worth it and each call is held exactly. */
const callsPerLeaseMin = 4n
const callsPerLease = 16n
const burnSeconds = 10n

/** How much to lease: about ten seconds of burn, never more than a fair share; null when the budget is nearly exhausted. */
export const chunkFor = (input: { remaining: bigint | null; need: bigint; burnPerSecond: bigint }): bigint | null => {
  const { remaining, need, burnPerSecond } = input
  const wanted = max(burnPerSecond * burnSeconds, need * callsPerLease)
  if (remaining === null) return need * callsPerLeaseMin
  const share = remaining / shareOfRemaining
  return share < need * callsPerLeaseMin ? null : min(wanted, share)
}

const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
