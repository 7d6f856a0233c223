import type { MemberSource, User } from '@cockpit/contract/directory'
import type { AccountRole } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
import type { NewUser, UserPatch } from '@cockpit/contract/users'
import { type Clock, type Ctx, changesOf, type Db, Problem, type Tx } from '../../platform/index.ts'
import { refuseClosedDomain, refuseTeamsOfOtherDomains } from './domains.ts'
import { asSeenBy, createNarrowing } from './factors-seen.ts'
import { memberRepository } from './members-repository.ts'
import { editsOf, refuseLeaving, refuseSynchronised } from './model.ts'
import { policyRepository } from './policy-repository.ts'
import type { CloseInvitesOf, EndSessionsOf, ForgetRunsOf, LockedIn, People, RevokeKeysOf } from './port.ts'
import { teamsWithin } from './reach.ts'
import { userRepository } from './users-repository.ts'

export type UserDeps = {
  db: Db
  now: Clock
  people: People
  revokeKeysOf: RevokeKeysOf
  endSessionsOf: EndSessionsOf
  forgetRunsOf: ForgetRunsOf
  closeInvitesOf: CloseInvitesOf
  lockedIn: LockedIn
}
type ListQuery = Parameters<ReturnType<typeof userRepository>['page']>[0]
type Addition = Omit<NewUser, 'password'> & {
  passwordHash: string | null
  status?: User['status']
  source?: MemberSource
  /** The person themself, who is here and asks to join; otherwise whoever has the e-mail. */
  userId?: string
}

/**
 * The people of an account. A person is one row for the whole platform, so joining, changing and removing run through
 * the platform door; every statement of this room still names the account it works in.
 */
export const createUsers = (deps: UserDeps) => {
  const { db, now, people, revokeKeysOf, endSessionsOf, forgetRunsOf, closeInvitesOf, lockedIn } = deps
  const narrowed = createNarrowing(lockedIn)
  const read = async (tx: Tx, id: string): Promise<User> => (await userRepository(tx, now()).find(id)) ?? missing()

  /** Whoever has nowhere left to work is signed out; elsewhere their sessions go on, but no longer reach this account. */
  const signOut = async (tx: Tx, id: string, reason: string) => {
    if (!(await userRepository(tx, now()).isElsewhere(id, { active: true }))) await endSessionsOf(tx, id, { reason })
  }

  /** Teams that are here, and that the caller may put somebody into. */
  const requireTeams = async (tx: Tx, teamIds: readonly string[]) => {
    await requireKnown(tx, teamIds)
    await refuseTeamsOfOtherDomains(tx, now(), teamIds)
  }

  const addIn = async (tx: Tx, addition: Addition): Promise<User> => {
    const { email, name, role, passwordHash, limits, teamIds, source = 'manual' } = addition
    await requireTeams(tx, teamIds)
    const { accountId } = tx.ctx
    const id = addition.userId ?? (await people.ensureUser(tx, { accountId, email, name, passwordHash })).id
    await people.addMembership(tx, { accountId, userId: id, role, limits, source })
    await memberRepository(tx).replace(id, [...new Set(teamIds)], now())
    const user = await read(tx, id)
    await tx.emit('user.added', { subject: subjectOf(user), after: { email, ...told(user) } })
    await closeInvitesOf(tx, user)
    return user
  }

  /**
   * Somebody who accepts an invitation. Whoever is here by now, because a provider or a person took them in, gets what it
   * gives beside what they have, as if it had come first.
   */
  const acceptIn = async (tx: Tx, addition: Addition): Promise<User> => {
    const { userId, role, teamIds } = addition
    const here = userId === undefined ? null : await userRepository(tx, now()).find(userId)
    if (here?.status !== 'active') return addIn(tx, addition)
    await requireTeams(tx, teamIds)
    const rises = here.source !== 'scim' && !rolePermissions[role].isSubsetOf(rolePermissions[here.role])
    // a role that people give is no longer the provider's to say
    if (rises && here.source === 'sso') await people.adoptMembership(tx, tx.ctx.accountId, here.id, 'manual')
    const patch = { ...(rises && { role }), teamIds: [...here.teams.map(({ id }) => id), ...teamIds] }
    return changeIn(tx, here.id, patch, rises ? 'manual' : here.source)
  }

  /** `by` is who asks: an identity source changes what it looks after itself. */
  const changeIn = async (tx: Tx, id: string, patch: UserPatch, by: MemberSource = 'manual'): Promise<User> => {
    const { role, status, limits, name } = patch
    const accountId = tx.ctx.accountId
    const seen = await read(tx, id)
    const open = new Set(seen.source === 'manual' ? [] : await policyRepository(tx).handEdits())
    const wanted = { role: other(role, seen.role), status: other(status, seen.status) }
    if (seen.source !== by) refuseSynchronised(seen.source, editsOf(wanted), open)
    // takes the membership's lock also when only a name or the teams change, so that changes come one by one
    const { before: membership } = await people.setMembership(tx, accountId, id, { ...wanted, limits })
    const current = { ...told(await read(tx, id)), ...asTold(membership) }
    const changes = changesOf(current, { ...patch, ...(patch.teamIds && { teamIds: [...new Set(patch.teamIds)] }) })
    if (!changes) return read(tx, id)
    if (changes.after.teamIds) {
      await requireKnown(tx, patch.teamIds ?? [])
      await refuseTeamsOfOtherDomains(tx, now(), notInBoth(current.teamIds, changes.after.teamIds))
      refuseLeaving(await memberRepository(tx).of(id), changes.after.teamIds, open)
      await memberRepository(tx).replace(id, changes.after.teamIds, now())
    }
    if (changes.after.name !== undefined && name !== undefined) await people.rename(tx, accountId, id, name)
    if (changes.after.status === 'suspended') await signOut(tx, id, 'Suspended in their account.')
    const user = await read(tx, id)
    await tx.emit('user.updated', { subject: subjectOf(user), ...changes })
    return user
  }

  /** Membership, teams, keys, sessions and what nobody else could see end together; the person and what they did stay known. */
  const removeIn = async (tx: Tx, id: string, by: MemberSource = 'manual'): Promise<User> => {
    const user = await read(tx, id)
    if (user.source !== by) refuseSynchronised(user.source, ['remove'], new Set(await policyRepository(tx).handEdits()))
    await people.removeMembership(tx, tx.ctx.accountId, id)
    await revokeKeysOf(tx, { userId: id })
    await signOut(tx, id, 'Removed from their account.')
    const labRuns = await forgetRunsOf(tx, id)
    await tx.emit('user.removed', {
      subject: subjectOf(user),
      before: { email: user.email, ...told(user), ...(labRuns > 0 && { privateLabRuns: labRuns }) },
    })
    return user
  }

  return {
    requireTeams,
    readIn: read,
    addIn,
    acceptIn,
    changeIn,
    removeIn,
    async list(ctx: Ctx, query: ListQuery) {
      const filter = await narrowed(ctx, query)
      if (query.domain) refuseClosedDomain(ctx, query.domain)
      const teamIds = teamsWithin(ctx, 'directory.read')
      const page = await db.tenant(ctx, (tx) => userRepository(tx, now()).page({ ...filter, teamIds }))
      return { ...page, items: page.items.map((user) => asSeenBy(ctx, user)) }
    },
    get: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const user = await read(tx, id)
        const teamIds = teamsWithin(ctx, 'directory.read')
        return !teamIds || user.teams.some((team) => teamIds.includes(team.id)) ? asSeenBy(ctx, user) : missing()
      }),
    async create(ctx: Ctx, { password, ...fields }: NewUser): Promise<User> {
      const passwordHash = password
        ? await people.hashPassword(ctx, { password, accountIds: [ctx.accountId], texts: [fields.email, fields.name] })
        : null
      return asSeenBy(ctx, await db.platform(ctx, (tx) => addIn(tx, { ...fields, passwordHash })))
    },
    update: async (ctx: Ctx, id: string, patch: UserPatch) =>
      asSeenBy(ctx, await db.platform(ctx, (tx) => changeIn(tx, id, patch))),
    remove: (ctx: Ctx, id: string) => db.platform(ctx, async (tx) => void (await removeIn(tx, id))),
    /** Nobody is kept in an account against their will, but for its last admin and those a directory answers for. */
    leave: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => {
        if (ctx.actor.kind !== 'user') missing()
        await removeIn(tx, ctx.actor.id)
      }),
  }
}
export type Users = ReturnType<typeof createUsers>

const requireKnown = async (tx: Tx, teamIds: readonly string[]) => {
  const known = await memberRepository(tx).teamsAmong(teamIds)
  const errors = teamIds.flatMap((id, index) =>
    known.has(id) ? [] : [{ pointer: `/teamIds/${index}`, detail: 'is not a team of this account' }],
  )
  if (errors.length > 0) throw new Problem('team.not_found', 'There is no such team.', { errors })
}

const missing = (): never => {
  throw new Problem('user.not_found', 'There is no such person in this account.')
}

const notInBoth = (some: readonly string[], others: readonly string[]) => [
  ...some.filter((id) => !others.includes(id)),
  ...others.filter((id) => !some.includes(id)),
]

/** What is really asked for: to be as one is already is no change. */
const other = <T>(wanted: T | undefined, is: unknown): T | undefined => (wanted === is ? undefined : wanted)

const subjectOf = ({ id, name }: User) => ({ type: 'user', id, name })

/** The fields of a person that the story of a change compares. */
const told = ({ name, role, status, limits, teams }: User) => ({
  name,
  role: role as AccountRole,
  status,
  limits,
  teamIds: teams.map(({ id }) => id),
})

type StoredMembership = Awaited<ReturnType<People['setMembership']>>['before']
const asTold = ({ role, status, limits }: StoredMembership) => ({
  role: role as ReturnType<typeof told>['role'],
  status: status as User['status'],
  limits,
})
