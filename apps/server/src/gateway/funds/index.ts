/** Credits reserved before a call and accounted for after it: from leases where there is room, exactly where it is scarce. */
export { createFunds, type Funds } from './funds.ts'
export type { LeaseRoom } from './lease.ts'
export type { Extension, Hold } from './purse.ts'
