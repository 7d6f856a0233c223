import type { Tx } from '../../platform/index.ts'

/** One call to book against the ledger, inside the transaction that logs it. */
export type SettleItem = {
  accountId: string
  eventId: string
  hold: { kind: 'hold' | 'lease'; id: string; amount: bigint } | null
  credits: bigint
  payloadHash: string
  reference: string
}
export type Settle = (tx: Tx, items: readonly SettleItem[]) => Promise<unknown>
