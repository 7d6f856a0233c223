import type { User } from '@cockpit/contract/directory'
import type { BulkAct, BulkResult } from '@cockpit/contract/users'
import { type Ctx, changesOf, type Db, keepOnlyIf, type Tx } from '../../platform/index.ts'
import { eachOf } from './each.ts'
import type { Members } from './members.ts'
import type { Users } from './users.ts'

type Deps = { db: Db; users: Users; members: Members }

/** One act on many people, each by the rules for one. Who may not be changed is skipped and stops nobody else. */
export const createBulk = ({ db, users, members }: Deps) => {
  const acted = async (tx: Tx, user: User, act: BulkAct): Promise<User | null> => {
    if (act.kind === 'role') return users.changeIn(tx, user.id, { role: act.role })
    if (act.kind === 'status') return users.changeIn(tx, user.id, { status: act.status })
    if (act.kind === 'limits') {
      const { rpm = user.limits.rpm, tpm = user.limits.tpm } = act.limits
      return users.changeIn(tx, user.id, { limits: { rpm, tpm } })
    }
    if (act.kind === 'remove') {
      await users.removeIn(tx, user.id)
      return null
    }
    for (const teamId of act.teamIds)
      if (act.kind === 'add_teams') await members.addIn(tx, teamId, [user.id])
      else await members.removeIn(tx, teamId, [user.id])
    return users.readIn(tx, user.id)
  }

  return {
    run: (ctx: Ctx, userIds: readonly string[], act: BulkAct, dryRun: boolean): Promise<BulkResult> =>
      keepOnlyIf(
        db.platform,
        ctx,
        () => !dryRun,
        async (tx) => {
          const { items, ...counts } = await eachOf(tx, userIds, async (id, named) => {
            const before = await users.readIn(tx, id)
            named(before.name)
            return changeOf(before, await acted(tx, before, act))
          })
          return { ...counts, items: items.map(({ id, ...item }) => ({ userId: id, ...item })) }
        },
      ),
  }
}
export type Bulk = ReturnType<typeof createBulk>

/** What changed about somebody, in words and figures that people compare. */
export const changeOf = (before: User, after: User | null) =>
  after ? changesOf(shown(before), shown(after)) : { before: { keys: before.keys, ...shown(before) }, after: null }

const shown = ({ name, role, status, limits, teams }: User) => ({
  name,
  role,
  status,
  limits,
  teams: teams.map((team) => team.name),
})
