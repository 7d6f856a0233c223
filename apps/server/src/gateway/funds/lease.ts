/**
 * A part of a budget reserved for this process: a lease for many calls, or near exhaustion a hold for exactly one. What its
 * records cost comes out of it; the rest goes back at the end.
 */
export type Lease = {
  readonly id: string
  readonly kind: 'hold' | 'lease'
  /** Grows when a call outgrows what there is. */
  amount: bigint
  /** Promised to calls that are open: each stands on one lease as a whole, so that its record names what pays for it. */
  reserved: bigint
  /** What its records cost so far. */
  spent: bigint
  /** Records written and not yet booked by the ledger: until they are, the lease must stay. */
  unshipped: number
  expiresAt: number
  renewing: boolean
}

/** Credits leased through a node and still there; `own` is the part that the node funds itself. */
export type LeaseRoom = { all: bigint; own: bigint }

export const newLease = (of: Pick<Lease, 'id' | 'kind' | 'amount' | 'reserved' | 'expiresAt'>): Lease => ({
  ...of,
  ...{ spent: 0n, unshipped: 0, renewing: false },
})

export const unspentOf = ({ amount, spent }: Lease): bigint => (amount > spent ? amount - spent : 0n)

/** What of it no call was promised. */
export const roomOf = ({ amount, spent, reserved }: Lease): bigint => {
  const room = amount - spent - reserved
  return room > 0n ? room : 0n
}

/** No call stands on it and no record of it is under way. */
export const isIdle = ({ reserved, unshipped }: Lease): boolean => reserved === 0n && unshipped === 0

/** The smallest lease that has room: big ones stay whole for big calls. Not one that ends by then. */
export const fittingLease = (leases: readonly Lease[], need: bigint, until: number): Lease | undefined => {
  let best: Lease | undefined
  for (const lease of leases) {
    const room = roomOf(lease)
    if (room >= need && lease.expiresAt > until && (!best || room < roomOf(best))) best = lease
  }
  return best
}

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
