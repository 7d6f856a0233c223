import { mayBeSeenBy } from '@cockpit/policy'
import type { Authenticated, Tx } from '../../../platform/index.ts'
import type { ActorOf } from '../actor.ts'
import { standingOf } from '../model.ts'
import { peopleRepository } from '../people-repository.ts'
import type { MaskOf } from '../port.ts'

/**
 * The same request as the person its sender sees the product as. Whether they still may is asked each time: of two whose
 * roles change meanwhile, the one who looks keeps no more than they have.
 */
export const createMask =
  ({ maskOf, actorOf }: { maskOf: MaskOf; actorOf: ActorOf }) =>
  async (tx: Tx, own: Authenticated): Promise<Authenticated> => {
    const mask = own.sessionId === null ? null : await maskOf(tx, own.sessionId)
    if (!mask || !own.actor.permissions.has('user.impersonate')) return own
    const people = peopleRepository(tx)
    const subject = await people.byId(mask.subject.id)
    const standing = standingOf(subject ? await people.memberships(subject.id) : [], mask.accountId)
    if (!subject || standing.platform || standing.home?.accountId !== mask.accountId) return own
    const actor = await actorOf(tx, subject, standing)
    if (!own.actor.isSuperAdmin && mayBeSeenBy(actor, own.actor.permissions).length > 0) return own
    const { id, name, isPlatform } = own.actor
    return { ...own, actor, accountId: mask.accountId, impersonator: { id, name, writes: mask.writes, isPlatform } }
  }
export type Mask = ReturnType<typeof createMask>
