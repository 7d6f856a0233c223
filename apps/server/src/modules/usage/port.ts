import type { Tx } from '../../platform/index.ts'

/**
 * Books calls against the ledger, inside the transaction that logs them. `settlements` is the JSON text of a list of
 * {hold_id, credits (micro-credits, decimal), calls, reference}, as the database wrote it and will read it. None of the calls was
 * booked before: the log says so in the same transaction.
 */
export type Settle = (tx: Tx, accountId: string, settlements: string) => Promise<unknown>
