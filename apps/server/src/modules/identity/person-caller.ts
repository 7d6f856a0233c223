import { platformAccount, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { type Choice, chosenAccount } from './authenticate.ts'
import { type Membership, ssoRequired, standingOf, suspended, within } from './model.ts'
import type { Person } from './people-repository.ts'
import { stillVouchedFor } from './resolution/vouching.ts'
import type { RestrictionOf } from './restrictions.ts'
import type { RulesOf } from './rules.ts'

/** How the holder of a session came in. */
export type Came = {
  methods: readonly string[]
  /** Not by an identity provider. */
  local: boolean
  /** The account whose own provider vouches for them. */
  onlyAccount: string | null
}
type Who = {
  person: Person
  memberships: readonly Membership[]
  came: Came
  /** The rules where their accounts, and the one they chose, meet. */
  book: Awaited<ReturnType<RulesOf>>
}

/**
 * As whom and where the holder of a session acts, and what they must do first; null when nothing vouches for them any
 * more. Throws where they may not act at all. Sessions ask it with each request, and simulation asks the same.
 */
export const createPersonCaller =
  ({ actorOf, restrictionOf }: { actorOf: ActorOf; restrictionOf: RestrictionOf }) =>
  async (tx: Tx, { person, memberships, came, book }: Who, choice: Choice) => {
    const { onlyAccount } = came
    const counting = within(onlyAccount, memberships)
    const standing = standingOf(counting, choice.accountId)
    // without access to any account a person may still sign out
    if (choice.scope !== 'none') refuse(ssoRequired(memberships, counting), standing)
    const actor = await actorOf(tx, person, standing)
    // the provider that opened it might not open it now
    if (onlyAccount !== null && !(await stillVouchedFor(tx, onlyAccount, memberships, actor))) return null
    const { platform, home } = standing
    const accountId = platform ? await chosenAccount(tx, choice) : (home?.accountId ?? platformAccount)
    const restriction = await restrictionOf(tx, { person, actor, inForce: book([accountId]), session: came })
    return { actor, accountId, restriction }
  }
export type PersonCaller = ReturnType<typeof createPersonCaller>

const refuse = (insists: ReturnType<typeof ssoRequired>, standing: ReturnType<typeof standingOf>) => {
  if (insists) throw insists
  if (standing.suspended) throw suspended()
}
