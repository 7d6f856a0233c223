import type { BatchStatus, StoredBatch } from '@cockpit/contract/stored'
import { DoneBar, formatCount, None, StatusBadge } from '@cockpit/ui'
import { statusText, t } from './strings.ts'

const tones: Record<BatchStatus, 'green' | 'red' | 'amber' | 'neutral' | 'blue'> = {
  validating: 'blue',
  in_progress: 'blue',
  finalizing: 'blue',
  completed: 'green',
  failed: 'red',
  expired: 'amber',
  cancelling: 'amber',
  cancelled: 'neutral',
}

export const BatchState = ({ status }: { status: BatchStatus }) => (
  <StatusBadge status={status} tone={tones[status]} label={statusText[status]} />
)

export const doneOf = ({ counts }: StoredBatch): number =>
  counts.succeeded + counts.errored + counts.canceled + counts.expired

export const BatchProgress = ({ batch }: { batch: StoredBatch }) => {
  const done = doneOf(batch)
  const { total } = batch.counts
  if (total === 0) return <None />
  return <DoneBar label={t.progress} done={done} total={total} text={t.of(formatCount(done), formatCount(total))} />
}
