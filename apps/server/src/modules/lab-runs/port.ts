import type { LabRun } from '@cockpit/contract/lab-runs'
import type { Tx } from '../../platform/index.ts'

/** Calls that a person of the transaction's account made around a moment, as they were booked. */
export type BookedCalls = (
  tx: Tx,
  asked: { userId: string; ids: readonly string[]; around: Date },
) => Promise<ReadonlyMap<string, NonNullable<LabRun['results'][number]['booked']>>>
