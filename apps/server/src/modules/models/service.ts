import type { Clock, Db, Log } from '../../platform/index.ts'
import { createCatalog } from './catalog.ts'
import { createModelChain } from './chain.ts'
import { createRoutes, type DeploymentLoads } from './route.ts'
import { createShadows } from './shadow.ts'

export const createModels = (deps: { db: Db; now: Clock; log: Log; loads: DeploymentLoads }) => ({
  ...createCatalog(deps),
  ...createModelChain(deps),
  route: createRoutes(deps),
  shadows: createShadows(deps),
})
export type Models = ReturnType<typeof createModels>
