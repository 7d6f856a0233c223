import type { Team } from '@cockpit/contract/directory'
import { type Clock, type Ctx, type Db, Problem, type Tx } from '../../platform/index.ts'
import { refuseClosedDomain, refuseOtherDomain } from './domains.ts'
import { memberRepository } from './members-repository.ts'
import { synchronised } from './model.ts'
import { isWithin } from './reach.ts'
import { teamRepository } from './teams-repository.ts'

type Deps = { db: Db; now: Clock }
type ListQuery = Parameters<ReturnType<typeof memberRepository>['page']>[1]

/** Who is in a team. Sets are added and taken as such: of two changes at once none undoes the other. */
export const createMembers = ({ db, now }: Deps) => {
  const teamOf = async (tx: Tx, id: string): Promise<Team> => (await teamRepository(tx).find(id)) ?? missing()
  const held = async (tx: Tx, id: string): Promise<Team> => {
    if (!isWithin(tx.ctx, 'directory.write', id)) missing()
    const team = (await teamRepository(tx).hold(id)) ?? missing()
    await refuseOtherDomain(tx, now(), team.domain)
    return team
  }

  const addIn = async (tx: Tx, teamId: string, userIds: readonly string[]) => {
    const team = await held(tx, teamId)
    const known = await memberRepository(tx).peopleAmong(userIds)
    const errors = userIds.flatMap((id, at) =>
      known.has(id) ? [] : [{ pointer: `/userIds/${at}`, detail: 'is not a person of this account' }],
    )
    if (errors.length > 0) throw new Problem('user.not_found', 'There is no such person in this account.', { errors })
    const added = await memberRepository(tx).add(teamId, [...known], now())
    if (added.length > 0) await tx.emit('team.members_added', { subject: subjectOf(team), after: { userIds: added } })
    return { added, already: [...known].filter((id) => !added.includes(id)) }
  }

  const removeIn = async (tx: Tx, teamId: string, userIds: readonly string[]) => {
    const team = await held(tx, teamId)
    const members = await memberRepository(tx).in(team.id, userIds)
    const kept = userIds.findIndex((id) => (members.get(id) ?? 'manual') !== 'manual')
    if (kept >= 0)
      throw synchronised('They came into this team by synchronisation and leave it the same way.', `/userIds/${kept}`)
    const removed = await memberRepository(tx).remove(team.id, userIds)
    if (removed.length > 0)
      await tx.emit('team.members_removed', { subject: subjectOf(team), before: { userIds: removed } })
    return { removed, absent: [...new Set(userIds)].filter((id) => !removed.includes(id)) }
  }

  return {
    addIn,
    removeIn,
    list: (ctx: Ctx, teamId: string, query: ListQuery) =>
      db.tenant(ctx, async (tx) => {
        if (!isWithin(ctx, 'directory.read', teamId)) missing()
        refuseClosedDomain(ctx, (await teamOf(tx, teamId)).domain)
        return memberRepository(tx).page(teamId, query)
      }),

    add: (ctx: Ctx, teamId: string, userIds: readonly string[]) => db.tenant(ctx, (tx) => addIn(tx, teamId, userIds)),

    removeSome: (ctx: Ctx, teamId: string, userIds: readonly string[]) =>
      db.tenant(ctx, (tx) => removeIn(tx, teamId, userIds)),

    remove: (ctx: Ctx, teamId: string, userId: string) =>
      db.tenant(ctx, async (tx) => {
        const { removed } = await removeIn(tx, teamId, [userId])
        if (removed.length === 0) throw new Problem('user.not_found', 'There is no such person in this team.')
      }),
  }
}
export type Members = ReturnType<typeof createMembers>

const missing = (): never => {
  throw new Problem('team.not_found', 'There is no such team.')
}

const subjectOf = ({ id, name }: Team) => ({ type: 'team', id, name })
