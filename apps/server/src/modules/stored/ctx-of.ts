import type { Owner } from '@cockpit/contract/stored-calls'
import { type Ctx, systemCtx } from '../../platform/index.ts'

/** What is done through the gateway is told under the name of the key or the person that asked for it. */
export const ctxOf = ({ accountId, by, requestId }: Owner): Ctx => {
  const system = systemCtx('stored', accountId)
  return {
    ...system,
    requestId,
    actor: { ...system.actor, ...by, isPlatform: false, isSuperAdmin: false },
  }
}
