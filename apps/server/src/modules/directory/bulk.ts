import type { User } from '@cockpit/contract/directory'
import type { BulkAct, BulkResult } from '@cockpit/contract/users'
import { attempt, type Ctx, changesOf, type Db, keepOnlyIf, type Tx } from '../../platform/index.ts'
import type { Members } from './members.ts'
import type { Users } from './users.ts'

type Deps = { db: Db; users: Users; members: Members }
type Item = BulkResult['items'][number]

/** One act on many people, each by the rules for one. Who may not be changed is skipped and stops nobody else. */
export const createBulk = ({ db, users, members }: Deps) => {
  const acted = async (tx: Tx, user: User, act: BulkAct): Promise<User | null> => {
    if (act.kind === 'role') return users.changeIn(tx, user.id, { role: act.role })
    if (act.kind === 'status') return users.changeIn(tx, user.id, { status: act.status })
    if (act.kind === 'limits') return users.changeIn(tx, user.id, { limits: act.limits })
    if (act.kind === 'remove') {
      await users.removeIn(tx, user.id)
      return null
    }
    for (const teamId of act.teamIds)
      if (act.kind === 'add_teams') await members.addIn(tx, teamId, [user.id])
      else await members.removeIn(tx, teamId, [user.id])
    return users.readIn(tx, user.id)
  }

  const one = async (tx: Tx, userId: string, act: BulkAct): Promise<Item> => {
    let name: string | null = null
    const outcome = await attempt(tx, async () => {
      const before = await users.readIn(tx, userId)
      name = before.name
      return changeOf(before, await acted(tx, before, act))
    })
    if ('problem' in outcome) {
      const { detail, code } = outcome.problem
      return { userId, name, verdict: 'skipped', before: null, after: null, reason: detail, code }
    }
    const { value } = outcome
    return { userId, name, verdict: value ? 'changed' : 'unchanged', ...(value ?? nothing), reason: null, code: null }
  }

  return {
    run: (ctx: Ctx, userIds: readonly string[], act: BulkAct, dryRun: boolean): Promise<BulkResult> =>
      keepOnlyIf(
        db.platform,
        ctx,
        () => !dryRun,
        async (tx) => {
          const items: Item[] = []
          for (const id of new Set(userIds)) items.push(await one(tx, id, act))
          const count = (verdict: Item['verdict']) => items.filter((item) => item.verdict === verdict).length
          return { changed: count('changed'), unchanged: count('unchanged'), skipped: count('skipped'), items }
        },
      ),
  }
}
export type Bulk = ReturnType<typeof createBulk>

const nothing = { before: null, after: null }

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
