import { type Actor, lasting, Problem, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { type Membership, standingOf } from './model.ts'
import { type Person, peopleRepository } from './people-repository.ts'

/**
 * Whoever changes how somebody signs in could come in as them. So an account does it only for people who belong to it
 * alone and may do no more than the one who asks; a super admin does it for anybody who is there.
 */
export const createEntrusted =
  (actorOf: ActorOf) =>
  /** `act` is what is about to be done, as in 'reset their password'. */
  async (tx: Tx, accountId: string, userId: string, { by, act }: { by: Actor; act: string }): Promise<Person> => {
    const { person, memberships } = await memberOf(tx, accountId, userId)
    if (by.isSuperAdmin) return person
    if (!belongsAlone(memberships, accountId))
      throw new Problem('access.denied', `This person belongs to other accounts too, so only the platform may ${act}.`)
    if (await isAbove(tx, { person, memberships, accountId, by }, actorOf))
      throw new Problem('access.denied', `This person may do more than you, so you cannot ${act}.`)
    return person
  }
/** A person of the account, and wherever else they belong; whoever is not of it is like nobody. */
export const memberOf = async (
  tx: Tx,
  accountId: string,
  userId: string,
): Promise<{ person: Person; memberships: readonly Membership[] }> => {
  const people = peopleRepository(tx)
  const person = await people.byId(userId)
  const memberships = person ? await people.memberships(userId) : []
  if (!person || !memberships.some((m) => m.accountId === accountId)) throw notHere()
  return { person, memberships }
}

export const belongsAlone = (memberships: readonly Membership[], accountId: string): boolean =>
  memberships.every((m) => m.accountId === accountId)

type Pair = { person: Person; memberships: readonly Membership[]; accountId: string; by: Actor }

/** Whether somebody may do anything in an account that the one who asks may not. */
export const isAbove = async (
  tx: Tx,
  { person, memberships, accountId, by }: Pair,
  actorOf: ActorOf,
): Promise<boolean> => {
  if (by.isSuperAdmin || by.id === person.id) return false
  // whoever comes in as them stays, so what ends by itself is not enough
  return mayDoMore(await actorOf(tx, person, standingOf(memberships, accountId)), { permissions: lasting(by) })
}

/** Anything that somebody may do, everywhere or in a part only, and the other may not. */
export const mayDoMore = (
  { permissions, delegated }: Pick<Actor, 'permissions' | 'delegated'>,
  than: Pick<Actor, 'permissions'>,
): boolean => [...permissions, ...delegated.keys()].some((one) => !than.permissions.has(one))

export type Entrusted = ReturnType<typeof createEntrusted>

const notHere = () => new Problem('user.not_found', 'There is no such person in this account.')
