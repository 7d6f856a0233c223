import { accessOf, rightsIn } from '@cockpit/policy'
import type { Actor, Clock, Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'
import type { Who } from './port.ts'

/**
 * What a principal may do in an account, now. Identity asks in the transaction that finds out who sends a request, so
 * a role that expires or is taken back counts no more from the next request on.
 */
export const createRightsOf =
  ({ now }: { now: Clock }) =>
  async (tx: Tx, who: Who): Promise<Pick<Actor, 'permissions' | 'delegated' | 'until' | 'policy'>> => {
    const { policy, ...stored } = await readFacts(tx, who)
    return { ...rightsIn(accessOf(factsOf(who, stored), now())), policy }
  }
export type RightsOf = ReturnType<typeof createRightsOf>
