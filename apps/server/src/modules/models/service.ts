import type { Clock, Db } from '../../platform/index.ts'
import { createCatalog } from './catalog.ts'
import { createModelChain } from './chain.ts'

export const createModels = (deps: { db: Db; now: Clock }) => ({ ...createCatalog(deps), ...createModelChain(deps) })
export type Models = ReturnType<typeof createModels>
