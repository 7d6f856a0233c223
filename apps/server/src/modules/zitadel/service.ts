import { createDrift } from './drift.ts'
import { createEffects } from './effects.ts'
import { createHearing, type HearingDeps } from './hearing.ts'
import { createZitadelWork } from './jobs.ts'
import { createProvisioning } from './provisioning.ts'
import { createReconcile } from './reconcile.ts'
import { createZitadelSettings } from './settings.ts'
import { createStanding } from './standing.ts'
import { createRunWatch } from './watch.ts'
import { createRunWorker } from './worker.ts'

export type ZitadelDeps = HearingDeps

export const createZitadel = (deps: ZitadelDeps) => {
  const standing = createStanding(deps)
  const hearing = createHearing(deps, createEffects(deps, standing))
  const reconcile = createReconcile(deps, standing)
  return {
    settings: createZitadelSettings(deps),
    provisioning: createProvisioning(deps, createRunWatch(deps)),
    drift: createDrift(deps),
    hearing,
    work: createZitadelWork({ ...deps, runs: createRunWorker(deps), reconcile, hearing }),
  }
}
export type Zitadel = ReturnType<typeof createZitadel>
