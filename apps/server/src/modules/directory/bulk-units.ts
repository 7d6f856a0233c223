import type { BulkUnits, Org, Team, TeamAct } from '@cockpit/contract/directory'
import { type Ctx, changesOf, type Db, keepOnlyIf, Problem, reachOf, type Tx } from '../../platform/index.ts'
import { type Change, eachOf } from './each.ts'
import type { Orgs } from './orgs.ts'
import type { Teams } from './teams.ts'

type Deps = { db: Db; orgs: Pick<Orgs, 'ofCallerIn' | 'removeIn'>; teams: Teams }

/** One act on many orgs or teams, each by the rules for one. */
export const createBulkUnits = ({ db, orgs, teams }: Deps) => {
  const teamActed = async (tx: Tx, id: string, act: TeamAct, named: (name: string) => void): Promise<Change> => {
    const before = await teams.ofCallerIn(tx, id)
    named(before.name)
    if (act.kind === 'move') {
      const after = await teams.changeIn(tx, id, { orgId: act.orgId })
      return changesOf({ org: before.orgName }, { org: after.orgName })
    }
    refusePart(tx.ctx)
    await teams.removeIn(tx, id)
    return { before: teamShown(before), after: null }
  }

  const orgActed = async (tx: Tx, id: string, named: (name: string) => void): Promise<Change> => {
    const before = await orgs.ofCallerIn(tx, id)
    named(before.name)
    await orgs.removeIn(tx, id)
    return { before: orgShown(before), after: null }
  }

  const run = (ctx: Ctx, dryRun: boolean, work: (tx: Tx) => Promise<BulkUnits>): Promise<BulkUnits> =>
    keepOnlyIf(db.tenant, ctx, () => !dryRun, work)

  return {
    teams: (ctx: Ctx, ids: readonly string[], act: TeamAct, dryRun: boolean) =>
      run(ctx, dryRun, (tx) => eachOf(tx, ids, (id, named) => teamActed(tx, id, act, named))),
    orgs: (ctx: Ctx, ids: readonly string[], dryRun: boolean) =>
      run(ctx, dryRun, (tx) => eachOf(tx, ids, (id, named) => orgActed(tx, id, named))),
  }
}

/** Whoever manages a part of the account changes what is in it; deleting is for who manages all. */
const refusePart = (ctx: Ctx) => {
  if (reachOf(ctx, 'directory.write') !== 'all')
    throw new Problem('access.denied', 'You manage some teams only, and deleting one is for who manages all.')
}

const teamShown = ({ name, orgName, members }: Team) => ({ name, org: orgName, members })
const orgShown = ({ name, description }: Org) => ({ name, description })
