import type { Clock, Db, Sealing } from '../../platform/index.ts'
import { createFiles } from './files.ts'
import { createPolicy } from './policy.ts'
import { createResponses } from './responses.ts'
import { createRetention } from './retention.ts'

export type StoredDeps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'> }

export const createStored = (deps: StoredDeps) => ({
  policy: createPolicy(deps),
  responses: createResponses(deps),
  files: createFiles(deps),
  retention: createRetention(deps),
})
export type Stored = ReturnType<typeof createStored>
