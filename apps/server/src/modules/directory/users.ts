import type { NewUser, User, UserPatch } from '@cockpit/contract/directory'
import type { AccountRole } from '@cockpit/contract/kit'
import { type Clock, type Ctx, changesOf, type Db, hashPassword, Problem, type Tx } from '../../platform/index.ts'
import type { People, RevokeKeysOf } from './port.ts'
import { teamRepository } from './teams-repository.ts'
import { userRepository } from './users-repository.ts'

type Deps = { db: Db; now: Clock; people: People; revokeKeysOf: RevokeKeysOf }
type ListQuery = Parameters<ReturnType<typeof userRepository>['page']>[0]

/**
 * The people of an account. A person is one row for the whole platform, so joining, changing and removing run through
 * the platform door; every statement of this room still names the account it works in.
 */
export const createUsers = ({ db, now, people, revokeKeysOf }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<User> => (await userRepository(tx, now()).find(id)) ?? missing()

  const requireTeams = async (tx: Tx, teamIds: readonly string[]) => {
    const known = await teamRepository(tx).among(teamIds)
    const errors = teamIds.flatMap((id, index) =>
      known.has(id) ? [] : [{ pointer: `/teamIds/${index}`, detail: 'is not a team of this account' }],
    )
    if (errors.length > 0) throw new Problem('team.not_found', 'There is no such team.', { errors })
  }

  return {
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => userRepository(tx, now()).page(query)),
    get: (ctx: Ctx, id: string) => db.tenant(ctx, (tx) => read(tx, id)),

    async create(ctx: Ctx, { email, name, role, password, limits, teamIds }: NewUser): Promise<User> {
      const passwordHash = password ? await hashPassword(password) : null
      return db.platform(ctx, async (tx) => {
        const ids = [...new Set(teamIds)]
        await requireTeams(tx, teamIds)
        const { id } = await people.ensureUser(tx, { email, name, passwordHash })
        await people.addMembership(tx, { accountId: ctx.accountId, userId: id, role, limits })
        await teamRepository(tx).setTeamsOf(id, ids, now())
        const user = await read(tx, id)
        await tx.emit('user.added', { subject: subjectOf(user), after: { email, ...told(user) } })
        return user
      })
    },

    update: (ctx: Ctx, id: string, patch: UserPatch): Promise<User> =>
      db.platform(ctx, async (tx) => {
        const { role, status, limits, name } = patch
        // takes the membership's lock also when only a name or the teams change, so that changes come one by one
        await read(tx, id)
        const { before: membership } = await people.setMembership(tx, ctx.accountId, id, { role, status, limits })
        const current = { ...told(await read(tx, id)), ...asTold(membership) }
        const changes = changesOf(current, { ...patch, ...(patch.teamIds && { teamIds: [...new Set(patch.teamIds)] }) })
        if (!changes) return read(tx, id)
        if (changes.after.teamIds) {
          await requireTeams(tx, patch.teamIds ?? [])
          await teamRepository(tx).setTeamsOf(id, changes.after.teamIds, now())
        }
        if (changes.after.name !== undefined && name !== undefined) await people.rename(tx, ctx.accountId, id, name)
        const user = await read(tx, id)
        await tx.emit('user.updated', { subject: subjectOf(user), ...changes })
        return user
      }),

    /** Membership, teams and keys end together; the person and what they did stay known. */
    remove: (ctx: Ctx, id: string) =>
      db.platform(ctx, async (tx) => {
        const user = await read(tx, id)
        await people.removeMembership(tx, ctx.accountId, id)
        await revokeKeysOf(tx, { userId: id })
        await tx.emit('user.removed', { subject: subjectOf(user), before: { email: user.email, ...told(user) } })
      }),
  }
}
export type Users = ReturnType<typeof createUsers>

const missing = (): never => {
  throw new Problem('user.not_found', 'There is no such person in this account.')
}

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
