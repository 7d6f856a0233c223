import type { Tx } from '../../platform/index.ts'

/** Names of the models the account of the transaction may know: its own and the eligible ones of the platform. */
export type ModelNames = (tx: Tx) => Promise<ReadonlySet<string>>
