import type { RoleName } from '@cockpit/contract/kit'
import { Problem, refuseOutlasting, type Tx } from '../../platform/index.ts'
import { mayDoMore } from './entrusted.ts'
import type { RightsOf } from './port.ts'

type Member = {
  accountId: string
  userId: string
  role: RoleName
  /** They get back what was taken from them, which nobody gives for longer than they have it. */
  restores?: boolean
}

/**
 * The role of a membership is not all that somebody has: others are assigned beside it. So nobody stops, lets back in,
 * removes or gives another role to a person who may do more there than they may themselves, whatever gives it to that person.
 */
export const createRefuseHigher =
  (rightsOf: RightsOf) =>
  async (tx: Tx, { accountId, userId, role, restores = false }: Member): Promise<void> => {
    const { actor } = tx.ctx
    if (actor.isSuperAdmin) return
    const theirs = await rightsOf(tx, { kind: 'user', id: userId, accountId, roles: [role] })
    if (!mayDoMore(theirs, actor)) {
      if (restores) refuseOutlasting(tx.ctx, [...theirs.permissions, ...theirs.delegated.keys()], null)
      return
    }
    throw new Problem(
      'access.denied',
      userId === actor.id
        ? 'A rule takes something from you by your role, so somebody else must change it.'
        : 'This person may do more than you, so you cannot suspend, restore or remove them, or change their role or e-mail.',
    )
  }
export type RefuseHigher = ReturnType<typeof createRefuseHigher>
