import type { MemberSource } from '@cockpit/contract/directory'
import type { AccountRole, RateLimits, RoleName } from '@cockpit/contract/kit'
import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { type Actor, type Clock, lasting, newId, Problem, type Tx } from '../../platform/index.ts'
import { type Addresses, unproven } from './addresses.ts'
import type { Standing } from './addresses-repository.ts'
import type { RefuseHigher } from './higher.ts'
import type { NewPasswords } from './new-passwords.ts'
import { peopleRepository, type StoredMembership } from './people-repository.ts'
import type { KeepAdmin } from './port.ts'

/** A role may be given only by somebody who may do for good all that it allows. */
export const refuseAbove = (actor: Actor, role: RoleName, instead?: string) =>
  refuseBeyond(actor, lasting(actor), role, instead)
/** It may be taken by whoever may do it at the moment. */
const refuseTaking = (actor: Actor, role: RoleName) => refuseBeyond(actor, actor.permissions, role)

const refuseBeyond = (actor: Actor, held: ReadonlySet<Permission>, role: RoleName, instead?: string) => {
  if (actor.isSuperAdmin || [...rolePermissions[role]].every((p) => held.has(p))) return
  const less = actor.until ? ', or for longer,' : ''
  const why = `The role '${role}' may do more${less} than you, so you cannot give or change it.`
  throw new Problem('access.denied', instead ? `${why} ${instead}` : why)
}

const requireSeat = async (tx: Tx, accountId: string) => {
  const { max, used } = await peopleRepository(tx).holdSeats(accountId)
  if (max !== null && used >= max)
    throw new Problem('account.seats_taken', `This account may have ${max} people and has ${used}; free a seat first.`)
}

type NewPerson = { accountId: string; email: string; name: string; passwordHash?: string | null }
type NewMembership = {
  accountId: string
  userId: string
  role: AccountRole
  limits?: RateLimits | undefined
  /** Who looks after it; by hand when absent. */
  source?: MemberSource
}
type Held = { accountId: string; userId: string; role: RoleName }
type MembershipPatch = {
  role?: AccountRole | undefined
  status?: StoredMembership['status'] | undefined
  limits?: RateLimits | undefined
}

/**
 * What other rooms may do with people, inside their own platform transaction and under their own events. A person is
 * one row for all accounts, so nothing here changes the password of somebody who exists or touches other accounts.
 */
export const createPeople = ({
  now,
  addresses,
  newPasswords,
  refuseHigher,
  keepAdmin,
}: {
  now: Clock
  addresses: Addresses
  newPasswords: NewPasswords
  refuseHigher: RefuseHigher
  keepAdmin: KeepAdmin
}) => {
  /**
   * The person with this e-mail, for the account: a new one, or the one there is if the address is known to be theirs.
   * Whoever runs the domain gets a new one also where somebody else typed the address in before.
   */
  const ensureUser = async (tx: Tx, input: NewPerson): Promise<{ id: string; name: string; created: boolean }> => {
    const people = peopleRepository(tx)
    const known = await addresses.standing(tx, input.email, input.accountId)
    if (known && addresses.mayJoin(known)) {
      await refuseUnasked(tx, known, input)
      return { id: known.id, name: known.name, created: false }
    }
    if (known) {
      if ((await addresses.accountOfDomain(tx, input.email)) !== input.accountId) throw unproven()
      await addresses.release(tx, known)
    }
    await addresses.refuseForeign(tx, input.email, input.accountId)
    const fresh = {
      id: newId('usr', now()),
      email: input.email,
      name: input.name,
      passwordHash: input.passwordHash ?? null,
    }
    if (await people.insert(fresh, now())) {
      if (await isProvenBy(tx, input)) await addresses.verified(tx, fresh.id)
      return { id: fresh.id, name: fresh.name, created: true }
    }
    const other = await addresses.standing(tx, input.email, input.accountId) // came at the same moment
    if (!other || !addresses.mayJoin(other)) throw unproven()
    await refuseUnasked(tx, other, input)
    return { id: other.id, name: other.name, created: false }
  }

  /** The word of the platform proves an address; only that of a super admin does so in the domain of another account. */
  const isProvenBy = async (tx: Tx, { email, accountId }: NewPerson) => {
    const { isPlatform, isSuperAdmin } = tx.ctx.actor
    if (!isPlatform || isSuperAdmin) return isPlatform
    const owner = await addresses.accountOfDomain(tx, email)
    return owner === null || owner === accountId
  }

  /**
   * Nobody of another account, or of the platform, is put into an account unasked: its admins would see where they are
   * signed in, and its rules would bind them. Whoever runs their domain says where they belong.
   */
  const refuseUnasked = async (tx: Tx, known: Standing, { accountId, email }: NewPerson) => {
    if (!known.isOfOthers || tx.ctx.actor.isPlatform) return
    if ((await addresses.accountOfDomain(tx, email)) === accountId) return
    if ((await peopleRepository(tx).findMembership(accountId, known.id)) !== null) return
    throw new Problem(
      'user.invite_needed',
      'Somebody with this e-mail belongs to another account, so they join by an invitation that they accept themselves.',
    )
  }

  const addMembership = async (tx: Tx, { accountId, userId, role, limits, source = 'manual' }: NewMembership) => {
    await requireSeat(tx, accountId)
    const membership = { role, status: 'active' as const, limits: limits ?? { rpm: null, tpm: null } }
    if (!(await peopleRepository(tx).insertMembership(accountId, userId, membership, now(), source)))
      throw new Problem('user.email_taken', 'This person is already in the account.')
    return membership
  }

  const held = async (tx: Tx, accountId: string, userId: string): Promise<StoredMembership> => {
    const membership = await peopleRepository(tx).findMembership(accountId, userId)
    if (!membership) throw new Problem('user.not_found', 'There is no such person in this account.')
    return membership
  }

  /** A source stops whom it looks after, also when it reaches no longer as far as they: that gives nobody anything. */
  const isOffBoarding = async (tx: Tx, { accountId, userId, role }: Held, patch: MembershipPatch) =>
    tx.ctx.actor.kind === 'scim' &&
    patch.status === 'suspended' &&
    patch.role === undefined &&
    role !== 'owner' &&
    (await peopleRepository(tx).sourceOf(accountId, userId)) === 'scim'

  const changeMembership = async (tx: Tx, accountId: string, userId: string, patch: MembershipPatch) => {
    const before = await held(tx, accountId, userId)
    const isUp =
      (patch.role !== undefined || patch.status !== undefined) &&
      !(await isOffBoarding(tx, { accountId, userId, role: before.role }, patch))
    if (isUp) refuseTaking(tx.ctx.actor, before.role)
    if (patch.role !== undefined) refuseAbove(tx.ctx.actor, patch.role)
    if (isUp)
      await refuseHigher(tx, {
        ...{ accountId, userId, role: before.role },
        restores: patch.status === 'active' && before.status !== 'active',
      })
    const after: StoredMembership = {
      role: patch.role ?? before.role,
      status: patch.status ?? before.status,
      limits: patch.limits ?? before.limits,
    }
    await peopleRepository(tx).updateMembership(accountId, userId, after)
    // a rule about a role ends with the role, so whom it binds cannot give the role back to be rid of it
    if (patch.role !== undefined && userId === tx.ctx.actor.id)
      await refuseHigher(tx, { accountId, userId, role: after.role })
    return { before, after }
  }

  return {
    /** Before the transaction: hashing takes its time. Refuses what breaks the rules of the accounts it opens. */
    hashPassword: newPasswords.hash,
    refuseAbove,
    ensureUser,
    emailOf: async (tx: Tx, userId: string) => (await peopleRepository(tx).byId(userId))?.email ?? null,
    /**
     * How whoever has this e-mail comes into an account by a link: as a new person, by their sign-in, or by their sign-in
     * and then a password that only they know.
     */
    async wayInOf(tx: Tx, email: string, accountId: string): Promise<'new' | 'sign_in' | 'renew'> {
      const known = await addresses.standing(tx, email, accountId)
      if (!known) return 'new'
      if (addresses.mayJoin(known)) return 'sign_in'
      if ((await addresses.accountOfDomain(tx, email)) === accountId) return 'new'
      return known.hasPassword ? 'renew' : 'sign_in'
    },
    /** Before somebody joins with an e-mail that is not proven: nobody but they may come in by what there was. */
    async renew(tx: Tx, email: string, accountId: string, passwordHash: string | null) {
      const known = await addresses.standing(tx, email, accountId)
      if (!known || addresses.mayJoin(known)) return
      const { sessionId } = tx.ctx
      await addresses.closeWaysIn(tx, known, { sessionId, passwordHash }, 'They joined another account.')
    },
    async addMembership(tx: Tx, membership: NewMembership) {
      refuseAbove(tx.ctx.actor, membership.role)
      return addMembership(tx, membership)
    },

    setMembership(tx: Tx, accountId: string, userId: string, patch: MembershipPatch) {
      const change = () => changeMembership(tx, accountId, userId, patch)
      return patch.role === undefined && patch.status === undefined ? change() : keepAdmin(tx, accountId, change)
    },

    removeMembership: (tx: Tx, accountId: string, userId: string) =>
      keepAdmin(tx, accountId, async () => {
        const membership = await held(tx, accountId, userId)
        refuseTaking(tx.ctx.actor, membership.role)
        await refuseHigher(tx, { accountId, userId, role: membership.role })
        await peopleRepository(tx).deleteMembership(accountId, userId, now())
        return membership
      }),

    /** From now on this source looks after the membership. */
    async adoptMembership(tx: Tx, accountId: string, userId: string, source: MemberSource) {
      const membership = await held(tx, accountId, userId)
      await refuseHigher(tx, { accountId, userId, role: membership.role })
      await peopleRepository(tx).setSource(accountId, userId, source)
    },

    /** A name is shown in every account of the person, so an admin of one of several cannot change it. */
    async rename(tx: Tx, accountId: string, userId: string, name: string) {
      const people = peopleRepository(tx)
      const elsewhere = (await people.memberships(userId)).some((m) => m.accountId !== accountId)
      if (elsewhere && !tx.ctx.actor.isPlatform)
        throw new Problem(
          'access.denied',
          'This person belongs to other accounts too; only the platform may rename them.',
        )
      await people.rename(userId, name)
    },

    /** False, and nothing changed, when the person works elsewhere too or the address, or its domain, is somebody else's. */
    async setEmail(tx: Tx, userId: string, email: string): Promise<boolean> {
      const people = peopleRepository(tx)
      const elsewhere = (await people.memberships(userId)).some((m) => m.accountId !== tx.ctx.accountId)
      const { accountId } = tx.ctx
      const owner = await addresses.accountOfDomain(tx, email)
      if (elsewhere || (owner !== null && owner !== accountId) || (await people.byEmail(email))) return false
      // whose e-mail is another comes in another way
      const membership = await people.findMembership(accountId, userId)
      if (membership) await refuseHigher(tx, { accountId, userId, role: membership.role })
      await people.setEmail(userId, email)
      return true
    },

    async addFirstAdmin(
      tx: Tx,
      accountId: string,
      input: { email: string; name: string; passwordHash: string | null },
    ) {
      refuseAbove(
        tx.ctx.actor,
        'account_admin',
        'Make the account without an administrator; a super admin then adds one.',
      )
      const user = await ensureUser(tx, { ...input, accountId })
      const { role } = await addMembership(tx, { accountId, userId: user.id, role: 'account_admin' })
      await tx.emit('user.added', {
        subject: { type: 'user', id: user.id, name: user.name },
        after: { email: input.email, role },
        accountId,
      })
    },

    onlyHere: (tx: Tx, accountId: string) => peopleRepository(tx).onlyIn(accountId),
    remove: (tx: Tx, userIds: readonly string[]) => peopleRepository(tx).remove(userIds),
  }
}
export type People = ReturnType<typeof createPeople>
