import type { MemberSource, User } from '@cockpit/contract/directory'
import type { AccountRole } from '@cockpit/contract/kit'
import { type Clock, newId, Problem, type Tx } from '../../platform/index.ts'
import { memberRepository } from './members-repository.ts'
import { orgRepository } from './orgs-repository.ts'
import type { People } from './port.ts'
import { syncRepository } from './sync-repository.ts'
import { teamRepository } from './teams-repository.ts'
import type { Users } from './users.ts'

type Deps = { now: Clock; people: People; users: Users }
type Joining = { email: string; name: string; role: AccountRole }
type SyncPatch = { name?: string; role?: AccountRole; status?: User['status'] }

/**
 * What an identity source does with the people it looks after, in its own platform transaction. It touches nothing that
 * somebody else made: memberships it took over or made, and the places in teams it gave.
 */
export const createSync = ({ now, people, users }: Deps) => ({
  /** Somebody who is here already is taken over, as they are; anybody else joins. */
  async join(tx: Tx, source: MemberSource, { email, name, role }: Joining): Promise<User> {
    const id = await syncRepository(tx).memberByEmail(email)
    if (id === null) return users.addIn(tx, { email, name, role, passwordHash: null, teamIds: [], source })
    const before = await users.readIn(tx, id)
    if (before.source === source) throw new Problem('user.email_taken', 'This person is in the account already.')
    await people.adoptMembership(tx, tx.ctx.accountId, id, source)
    await tx.emit('user.updated', {
      subject: { type: 'user', id, name: before.name },
      before: { source: before.source },
      after: { source },
    })
    return users.readIn(tx, id)
  },

  change: (tx: Tx, source: MemberSource, id: string, patch: SyncPatch): Promise<User> =>
    users.changeIn(tx, id, patch, source),

  leave: async (tx: Tx, source: MemberSource, id: string): Promise<void> => void (await users.removeIn(tx, id, source)),

  read: users.readIn,

  /** The places in teams that the source gives people; those they got otherwise stay. */
  async setTeams(tx: Tx, source: MemberSource, wanted: ReadonlyMap<string, readonly string[]>) {
    const { added, removed } = changesOf(wanted, await syncRepository(tx).places([...wanted.keys()], source))
    for (const [teamId, userIds] of added) {
      const joined = await memberRepository(tx).add(teamId, userIds, now(), source)
      if (joined.length > 0) await tell(tx, 'team.members_added', teamId, { after: { userIds: joined, source } })
    }
    for (const [teamId, userIds] of removed) {
      await memberRepository(tx).remove(teamId, userIds)
      await tell(tx, 'team.members_removed', teamId, { before: { userIds, source } })
    }
    return { joins: sizeOf(added), leaves: sizeOf(removed) }
  },

  /** The team of an org with this name; made when there is none. */
  async teamIn(tx: Tx, orgId: string, name: string): Promise<string> {
    const found = await syncRepository(tx).teamByName(orgId, name)
    if (found) return found
    const org = await orgRepository(tx).find(orgId)
    if (!org) throw new Problem('org.not_found', 'There is no such org.')
    const id = newId('team', now())
    const row = { id, org_id: orgId, domain: org.domain, name: name.slice(0, 80), created_at: now() }
    await teamRepository(tx).insert(row)
    const team = await teamRepository(tx).find(id)
    await tx.emit('team.created', { subject: { type: 'team', id, name }, after: team })
    return id
  },

  /** The team of an org with this name, if there is one. */
  findTeamIn: (tx: Tx, orgId: string, name: string) => syncRepository(tx).teamByName(orgId, name),
  names: (tx: Tx, scope: 'orgs' | 'teams', ids: readonly string[]) => syncRepository(tx).names(scope, ids),
})
export type Sync = ReturnType<typeof createSync>

type Places = ReadonlyMap<string, ReadonlyMap<string, boolean>>

/** Who joins and leaves which team. A place is left only where this source gave it. */
const changesOf = (wanted: ReadonlyMap<string, readonly string[]>, before: Places) => {
  const added = new Map<string, string[]>()
  const removed = new Map<string, string[]>()
  for (const [userId, teamIds] of wanted) {
    const has = before.get(userId) ?? new Map<string, boolean>()
    for (const teamId of teamIds) if (!has.has(teamId)) push(added, teamId, userId)
    for (const [teamId, own] of has) if (own && !teamIds.includes(teamId)) push(removed, teamId, userId)
  }
  return { added, removed }
}

const tell = async (tx: Tx, event: string, teamId: string, change: { before?: object; after?: object }) => {
  const team = await teamRepository(tx).find(teamId)
  await tx.emit(event, { subject: { type: 'team', id: teamId, name: team?.name ?? teamId }, ...change })
}

const push = (lists: Map<string, string[]>, key: string, value: string) => {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
const sizeOf = (lists: ReadonlyMap<string, readonly string[]>) =>
  [...lists.values()].reduce((sum, list) => sum + list.length, 0)
