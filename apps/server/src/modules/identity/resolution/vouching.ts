import { isAboveWriter, mightDo } from '@cockpit/policy'
import { type Actor, platformAccount, type Tx } from '../../../platform/index.ts'
import type { RightsOf } from '../port.ts'
import { resolutionRepository } from './repository.ts'

type Rights = Pick<Actor, 'permissions' | 'delegated'>

/**
 * Whether the own provider of an account is believed about a person. Whoever writes its settings could have it say that
 * they are somebody else, so it vouches for nobody who may do more there than they might. Members it vouches for anyway,
 * and for people of the platform only where a super admin wrote the settings.
 */
export const createVouching = (rightsOf: RightsOf) => {
  const vouches = async (tx: Tx, accountId: string, userId: string): Promise<boolean> => {
    const known = resolutionRepository(tx)
    const writtenWith = await known.providerWrittenWith(accountId)
    if (writtenWith === null) return true
    const held = await known.held(userId)
    if (held.some((membership) => membership.accountId === platformAccount)) return false
    // whoever is suspended may be back tomorrow
    const roles = held.filter((membership) => membership.accountId === accountId).map(({ role }) => role)
    return reaches(writtenWith, await rightsOf(tx, { kind: 'user', id: userId, accountId, roles }))
  }
  return {
    vouches,

    /** Whether it is believed about every admin of the account; those of the platform need it not to come in. */
    async vouchesForAdmins(tx: Tx, accountId: string): Promise<boolean> {
      for (const userId of await resolutionRepository(tx).adminsOf(accountId))
        if (!(await vouches(tx, accountId, userId))) return false
      return true
    },
  }
}
export type Vouching = ReturnType<typeof createVouching>

/** The same about a session it opened, whose holder may have risen since. */
export const stillVouchedFor = async (
  tx: Tx,
  accountId: string,
  memberships: readonly { accountId: string }[],
  rights: Rights,
): Promise<boolean> => {
  const writtenWith = await resolutionRepository(tx).providerWrittenWith(accountId)
  if (writtenWith === null) return true
  return !memberships.some((one) => one.accountId === platformAccount) && reaches(writtenWith, rights)
}

const reaches = (writtenWith: readonly string[], { permissions, delegated }: Rights): boolean =>
  !isAboveWriter([...permissions, ...delegated.keys()], mightDo(writtenWith))
