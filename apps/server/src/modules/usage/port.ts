import type { Tx } from '../../platform/index.ts'

/**
 * Books calls against the ledger, inside the transaction that logs them. `settlements` is the JSON text of a list of
 * {event_id, hold_id, credits (micro-credits, decimal), hash, reference}, as the database wrote it and will read it.
 */
export type Settle = (tx: Tx, accountId: string, settlements: string) => Promise<unknown>
