import type { NewTeam, Team, TeamPatch } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, reachOf, type Tx } from '../../platform/index.ts'
import { domainsShown, refuseClosedDomain, refuseOtherDomain } from './domains.ts'
import { orgRepository } from './orgs-repository.ts'
import type { HasAllocation } from './port.ts'
import { isWithin, teamsWithin } from './reach.ts'
import { limitColumns, teamRepository } from './teams-repository.ts'

type Deps = { db: Db; now: Clock; hasAllocation: HasAllocation }
type ListQuery = Omit<Parameters<ReturnType<typeof teamRepository>['page']>[0], 'domains'> & {
  domain?: Domain | undefined
}

export const createTeams = ({ db, now, hasAllocation }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<Team> => (await teamRepository(tx).find(id)) ?? missing()
  /** A team that the caller may change as far as its place decides; one outside is missing. */
  const ofCallerIn = async (tx: Tx, id: string): Promise<Team> => {
    const team = await (isWithin(tx.ctx, 'directory.write', id) ? read(tx, id) : missing())
    refuseClosedDomain(tx.ctx, team.domain)
    return team
  }

  const changeIn = async (tx: Tx, id: string, patch: TeamPatch): Promise<Team> => {
    if (!isWithin(tx.ctx, 'directory.write', id)) missing()
    const current = (await teamRepository(tx).hold(id)) ?? missing()
    await refuseOtherDomain(tx, now(), current.domain)
    const changes = changesOf(told(current), patch)
    if (!changes) return current
    const { orgId, limits, name, description } = changes.after
    if (orgId !== undefined) refuseOrgBeyond(tx.ctx, orgId)
    const columns = {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(limits && limitColumns(limits)),
      ...(orgId !== undefined && { org_id: await orgOf(tx, current.domain, orgId) }),
    }
    await teamRepository(tx).update(id, columns, name ?? current.name)
    const team = await read(tx, id)
    await tx.emit('team.updated', { subject: subjectOf(team), ...changes })
    return team
  }

  /** Members stay in the account; keys that named the team fall back to their owner's primary team. */
  const removeIn = async (tx: Tx, id: string) => {
    const team = (await teamRepository(tx).hold(id)) ?? missing()
    await refuseOtherDomain(tx, now(), team.domain)
    if (await hasAllocation(tx, { type: 'team', id }))
      throw new Problem('budget.in_use', `Credits are allocated to '${team.name}'; delete its allocation first.`)
    await teamRepository(tx).remove(id)
    await tx.emit('team.deleted', { subject: subjectOf(team), before: told(team) })
  }

  return {
    async list(ctx: Ctx, { domain, ...query }: ListQuery) {
      const some = { ids: teamsWithin(ctx, 'directory.read'), domains: domainsShown(ctx, domain) }
      return db.tenant(ctx, (tx) => teamRepository(tx).page({ ...query, ...some }))
    },
    async get(ctx: Ctx, id: string): Promise<Team> {
      const team = await db.tenant(ctx, (tx) => (isWithin(ctx, 'directory.read', id) ? read(tx, id) : missing()))
      refuseClosedDomain(ctx, team.domain)
      return team
    },

    create: (ctx: Ctx, { orgId, limits, ...fields }: NewTeam): Promise<Team> =>
      db.tenant(ctx, async (tx) => {
        const id = newId('team', now())
        await refuseOtherDomain(tx, now(), fields.domain)
        const org_id = await orgOf(tx, fields.domain, orgId)
        await teamRepository(tx).insert({
          ...fields,
          ...limitColumns(limits ?? { rpm: null, tpm: null }),
          id,
          org_id,
          created_at: now(),
        })
        const team = await read(tx, id)
        await tx.emit('team.created', { subject: subjectOf(team), after: { ...told(team), domain: team.domain } })
        return team
      }),

    ofCallerIn,
    changeIn,
    removeIn,
    update: (ctx: Ctx, id: string, patch: TeamPatch): Promise<Team> => db.tenant(ctx, (tx) => changeIn(tx, id, patch)),
    remove: (ctx: Ctx, id: string) => db.tenant(ctx, (tx) => removeIn(tx, id)),
  }
}
export type Teams = ReturnType<typeof createTeams>

/** The org named, of this domain and held against deletion; in copilot the default one when none is named. */
const orgOf = async (tx: Tx, domain: Domain, orgId: string | undefined): Promise<string> => {
  const orgs = orgRepository(tx)
  if (orgId === undefined && domain !== 'copilot')
    throw new Problem('input.invalid', `Name an org of the domain '${domain}'.`, {
      errors: [{ pointer: '/orgId', detail: `is required in the domain '${domain}'` }],
    })
  const id = orgId ?? (await orgs.defaultId())
  const org = id === null ? null : await orgs.hold(id)
  if (org?.domain !== domain) throw new Problem('org.not_found', 'There is no such org.')
  return org.id
}

/** A team moves only into an org that whoever moves it manages as well. */
const refuseOrgBeyond = (ctx: Ctx, orgId: string) => {
  const reach = reachOf(ctx, 'directory.write')
  if (reach !== 'all' && !reach.orgIds.includes(orgId)) throw new Problem('org.not_found', 'There is no such org.')
}

const missing = (): never => {
  throw new Problem('team.not_found', 'There is no such team.')
}

const subjectOf = ({ id, name }: Team) => ({ type: 'team', id, name })
const told = ({ name, description, orgId, limits }: Team) => ({ name, description, orgId, limits })
