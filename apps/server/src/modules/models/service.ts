import type { Clock, Db } from '../../platform/index.ts'
import { createCatalog } from './catalog.ts'
import { createModelChain } from './chain.ts'
import { createRoutes, type DeploymentLoads } from './route.ts'

export const createModels = (deps: { db: Db; now: Clock; loads: DeploymentLoads }) => ({
  ...createCatalog(deps),
  ...createModelChain(deps),
  route: createRoutes(deps),
})
export type Models = ReturnType<typeof createModels>
