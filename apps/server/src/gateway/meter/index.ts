/** Usage records on their way from a finished call to the ledger: written ahead to disk, shipped in batches, never lost. */
export { createMeter, type Meter } from './meter.ts'
