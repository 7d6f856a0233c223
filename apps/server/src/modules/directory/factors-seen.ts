import type { User } from '@cockpit/contract/directory'
import { type Ctx, Problem } from '../../platform/index.ts'
import type { LockedIn } from './port.ts'
import type { UserFilter } from './users-list.ts'

// who signs in with a password alone is good to know for whoever looks for a way in
const maySee = ({ actor }: Ctx): boolean => actor.permissions.has('identity.read')

/** A person as the caller may see them: second factors are for those who look after sign-in. */
export const asSeenBy = (ctx: Ctx, user: User): User => (maySee(ctx) ? user : { ...user, secondFactor: null })

/** A filter tells as much as the field does. */
const refuseUnseen = (ctx: Ctx, { secondFactor, locked }: UserFilter): void => {
  if (secondFactor !== undefined && !maySee(ctx))
    throw new Problem('access.denied', "Filtering by 'secondFactor' needs the permission 'identity.read'.")
  if (locked !== undefined && !ctx.actor.permissions.has('session.manage'))
    throw new Problem('access.denied', "Filtering by 'locked' needs the permission 'session.manage'.")
}

/** The filter as the caller may use it, with what only identity knows. */
export const createNarrowing =
  (lockedIn: LockedIn) =>
  async <F extends UserFilter>(ctx: Ctx, filter: F): Promise<F> => {
    refuseUnseen(ctx, filter)
    return filter.locked === undefined ? filter : { ...filter, lockedIds: await lockedIn(ctx) }
  }
