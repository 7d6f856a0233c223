import { platformAccount, type Tx } from '../../platform/index.ts'
import { peopleRepository } from './people-repository.ts'
import { sessionRepository } from './sessions-repository.ts'

/** In whose story somebody's sign-in stands, and under which ids beside their own. */
export const trailOf = async (tx: Tx, userId: string, since: Date) => {
  const memberships = await peopleRepository(tx).memberships(userId)
  return {
    accountIds: [...new Set([...memberships.map(({ accountId }) => accountId), platformAccount])],
    sessionIds: await sessionRepository(tx).idsOf(userId, since),
  }
}
