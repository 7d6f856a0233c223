import { mayBeSeenBy } from '@cockpit/policy'
import type { Authenticated, Tx } from '../../../platform/index.ts'
import type { ActorOf } from '../actor.ts'
import { standingOf } from '../model.ts'
import { peopleRepository } from '../people-repository.ts'
import type { Mask, MaskOf } from '../port.ts'

/**
 * The same request as the person its sender sees the product as. Whether they still may is asked each time: of two whose
 * roles change meanwhile, the one who looks keeps no more than they have, and none of it before they took the mask off.
 */
export const createMask = ({ maskOf, actorOf }: { maskOf: MaskOf; actorOf: ActorOf }) => {
  const seenAs = async (tx: Tx, own: Authenticated, mask: Mask): Promise<Authenticated | null> => {
    if (!own.actor.permissions.has('user.impersonate')) return null
    const people = peopleRepository(tx)
    const subject = await people.byId(mask.subject.id)
    const standing = standingOf(subject ? await people.memberships(subject.id) : [], mask.accountId)
    if (!subject || standing.platform || standing.home?.accountId !== mask.accountId) return null
    const actor = await actorOf(tx, subject, standing)
    if (!own.actor.isSuperAdmin && mayBeSeenBy(actor, own.actor.permissions).length > 0) return null
    const { id, name, isPlatform } = own.actor
    return { ...own, actor, accountId: mask.accountId, impersonator: { id, name, writes: mask.writes, isPlatform } }
  }
  return async (tx: Tx, own: Authenticated): Promise<Authenticated> => {
    const worn = own.sessionId === null ? null : await maskOf(tx, own.sessionId)
    if (!worn) return own
    // a page of the person seen must not go on with the rights of whoever looks
    return (worn.mask && (await seenAs(tx, own, worn.mask))) ?? { ...own, maskIsOver: true }
  }
}
export type WithMask = ReturnType<typeof createMask>
