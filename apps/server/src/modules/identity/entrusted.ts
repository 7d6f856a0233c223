import { type Actor, Problem, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { standingOf } from './model.ts'
import { type Person, peopleRepository } from './people-repository.ts'

/**
 * Whoever changes how somebody signs in could come in as them. So an account does it only for people who belong to it
 * alone and may do no more than the one who asks; a super admin does it for anybody who is there.
 */
export const createEntrusted =
  (actorOf: ActorOf) =>
  /** `act` is what is about to be done, as in 'reset their password'. */
  async (tx: Tx, accountId: string, userId: string, { by, act }: { by: Actor; act: string }): Promise<Person> => {
    const people = peopleRepository(tx)
    const person = await people.byId(userId)
    const memberships = person ? await people.memberships(userId) : []
    if (!person || !memberships.some((m) => m.accountId === accountId)) throw notHere()
    if (by.isSuperAdmin) return person
    if (memberships.some((m) => m.accountId !== accountId))
      throw new Problem('access.denied', `This person belongs to other accounts too, so only the platform may ${act}.`)
    const rights = await actorOf(tx, person, standingOf(memberships, accountId))
    const above = [...rights.permissions, ...rights.delegated.keys()].some((one) => !by.permissions.has(one))
    if (above) throw new Problem('access.denied', `This person may do more than you, so you cannot ${act}.`)
    return person
  }
export type Entrusted = ReturnType<typeof createEntrusted>

export const notHere = () => new Problem('user.not_found', 'There is no such person in this account.')
