import type { User } from '@cockpit/contract/directory'
import type { BulkAct, BulkResult, UserWhere } from '@cockpit/contract/users'
import { type Ctx, changesOf, type Db, keepOnlyIf, type Tx } from '../../platform/index.ts'
import { eachOf } from './each.ts'
import type { Members } from './members.ts'
import type { Users } from './users.ts'

type Deps = { db: Db; users: Users; members: Members }
type Matching = { where: UserWhere; act: BulkAct; after?: string | undefined; limit: number }

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

  const run = (ctx: Ctx, userIds: readonly string[], act: BulkAct, dryRun: boolean): Promise<BulkResult> =>
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
    )

  return {
    run,
    /** The same for a page of those a list with this filter shows; it names them, so the caller must be let see it. */
    async runMatching(ctx: Ctx, { where, act, after, limit }: Matching, dryRun: boolean) {
      // an act changes nothing of when somebody joined, so the place where a page ends stays where it is
      const { items, next, total } = await users.list(ctx, { ...where, after, limit, sort: 'created' })
      return { ...(await run(ctx, idsOf(items), act, dryRun)), next, total }
    },
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

const idsOf = (all: readonly User[]) => all.map(({ id }) => id)
