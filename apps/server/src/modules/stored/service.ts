import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Db, Log, Sealing } from '../../platform/index.ts'
import { createBatchRunner } from './batch-runner.ts'
import { createBatches } from './batches.ts'
import { createFiles } from './files.ts'
import { createPolicy } from './policy.ts'
import type { BatchCalls } from './port.ts'
import { createResponses } from './responses.ts'
import { createRetention } from './retention.ts'
import { createSeen } from './seen.ts'

export type StoredDeps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'seal' | 'open'>
  calls: BatchCalls
}

export const createStored = (deps: StoredDeps) => {
  const files = createFiles(deps)
  const batches = createBatches(deps)
  const policy = createPolicy(deps)
  return {
    files,
    batches,
    batchRunner: createBatchRunner({ ...deps, files, batches, sleep }),
    policy,
    seen: createSeen({ ...deps, files, batches, policy }),
    responses: createResponses(deps),
    retention: createRetention(deps),
  }
}
export type Stored = ReturnType<typeof createStored>
