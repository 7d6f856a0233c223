import { type Clock, platformAccount, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { type Choice, chosenAccount } from './authenticate.ts'
import { type Membership, standingOf, suspended } from './model.ts'
import type { Person } from './people-repository.ts'
import type { VerifiedToken } from './port.ts'
import { stillVouchedFor } from './resolution/vouching.ts'
import { owesSecondFactor } from './restrictions.ts'
import { openAccounts, type RulesOf } from './rules.ts'

type Who = {
  person: Person
  /** All they have, and what of it the token may use. */
  held: readonly Membership[]
  memberships: readonly Membership[]
  /** The account it acts in when nobody asks for another. */
  usualAccount: string | null
  /** The account whose own provider vouches for them. */
  onlyAccount: string | null
  signIn: VerifiedToken['signIn']
}

/**
 * As whom and where the holder of an identity provider's token acts; null when the provider would not be believed about
 * them any more. Throws where they may not act at all. Tokens ask it with each request, and simulation asks the same.
 */
export const createTokenCaller =
  ({ actorOf, rulesOf, now }: { actorOf: ActorOf; rulesOf: RulesOf; now: Clock }) =>
  async (tx: Tx, who: Who, choice: Choice) => {
    const { person, held, memberships, usualAccount, onlyAccount, signIn } = who
    const chosen = memberships.some((m) => isOpen(m) && m.accountId === choice.accountId)
    const standing = standingOf(memberships, chosen ? choice.accountId : usualAccount)
    if (standing.suspended && choice.scope !== 'none') throw suspended()
    const actor = await actorOf(tx, person, standing)
    // whoever it is about may have risen above the writer of its settings since it was first seen
    if (onlyAccount !== null && !(await stillVouchedFor(tx, onlyAccount, held, actor))) return null
    const accountId = standing.platform
      ? await chosenAccount(tx, choice)
      : (standing.home?.accountId ?? platformAccount)
    // what is one's own counts in every account, so another is not chosen to be asked less
    const accountIds = [...new Set([...openAccounts(held), accountId])]
    const inForce = (await rulesOf(tx, accountIds))(accountIds)
    // what dangerous acts ask of a token, where one of the accounts of its person says that they ask
    const tokenProof = inForce.rules.freshTokens
      ? {
          owesSecondFactor: owesSecondFactor({ person, actor, inForce }, now()),
          hasSecondFactor: signIn.hasSecondFactor,
        }
      : undefined
    return {
      actor,
      accountId,
      authenticatedAt: signIn.authenticatedAtMs === null ? null : new Date(signIn.authenticatedAtMs),
      ...(tokenProof && { tokenProof }),
    }
  }
export type TokenCaller = ReturnType<typeof createTokenCaller>

const isOpen = ({ status, accountStatus }: Membership) => status === 'active' && accountStatus === 'active'
