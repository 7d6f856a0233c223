/** Usage records on their way from a finished call to the ledger: written ahead to disk, shipped in batches, never lost. */
export type { Entry } from './journal.ts'
export { createMeter, type Meter } from './meter.ts'
