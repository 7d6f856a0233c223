import type { Actor, Tx } from '../../platform/index.ts'
import type { Standing } from './model.ts'
import type { RightsOf } from './port.ts'

/** A person as whom requests act: a role of the platform counts before the membership of an account. */
export const createActorOf =
  (rightsOf: RightsOf) =>
  async (tx: Tx, { id, name }: { id: string; name: string }, { platform, home }: Standing): Promise<Actor> => {
    const membership = platform ?? home
    const rights = membership
      ? await rightsOf(tx, { kind: 'user', id, accountId: membership.accountId, roles: [membership.role] })
      : { permissions: new Set<never>(), delegated: new Map<never, never>() }
    return {
      kind: 'user',
      id,
      name,
      ...rights,
      isPlatform: platform !== null,
      isSuperAdmin: platform?.role === 'super_admin',
    }
  }
export type ActorOf = ReturnType<typeof createActorOf>
