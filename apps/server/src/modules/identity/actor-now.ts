import { type Actor, platformAccount, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import type { BreakGlass } from './break-glass/service.ts'
import { standingOf } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import type { RightsOf } from './port.ts'

type Deps = { actorOf: ActorOf; rightsOf: RightsOf; masterKey: string | undefined; breakGlass: BreakGlass }

/** Who somebody is in an account by now; null when they are nobody there. For what was said earlier and counts later. */
export const createActorNow =
  ({ actorOf, rightsOf, masterKey, breakGlass }: Deps) =>
  async (tx: Tx, { kind, id }: Pick<Actor, 'kind' | 'id'>, accountId: string): Promise<Actor | null> => {
    if (kind === 'user') {
      const person = await peopleRepository(tx).byId(id)
      const standing = standingOf(person ? await peopleRepository(tx).memberships(id) : [], accountId)
      return person && (standing.platform || standing.home?.accountId === accountId)
        ? actorOf(tx, person, standing)
        : null
    }
    if (kind === 'master_key' && masterKey) {
      const rights = await rightsOf(tx, { kind, id, accountId: platformAccount, roles: ['super_admin'] })
      return { kind, id, name: 'Master key', ...rights, isPlatform: true, isSuperAdmin: true }
    }
    if (kind === 'break_glass') return breakGlass.actorNow(tx, id)
    if (kind === 'service_account') {
      const rights = await rightsOf(tx, { kind, id, accountId, roles: [] })
      return { kind, id, name: id, ...rights, isPlatform: false, isSuperAdmin: false }
    }
    return null
  }
