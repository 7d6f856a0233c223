import type { NewOrg, Org, OrgPatch } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { domainsShown, refuseClosedDomain, refuseOtherDomain } from './domains.ts'
import { orgRepository } from './orgs-repository.ts'
import type { HasAllocation } from './port.ts'

type Deps = { db: Db; now: Clock; hasAllocation: HasAllocation }
type ListQuery = Omit<Parameters<ReturnType<typeof orgRepository>['page']>[0], 'domains'> & {
  domain?: Domain | undefined
}

export const createOrgs = ({ db, now, hasAllocation }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<Org> => (await orgRepository(tx).find(id)) ?? missing()
  const ofCallerIn = async (tx: Tx, id: string): Promise<Org> => {
    const org = await read(tx, id)
    refuseClosedDomain(tx.ctx, org.domain)
    return org
  }

  const add = async (tx: Tx, fields: NewOrg, isDefault: boolean): Promise<Org> => {
    const id = newId('org', now())
    await refuseOtherDomain(tx, now(), fields.domain)
    await orgRepository(tx).insert({ ...fields, id, is_default: isDefault, created_at: now() })
    const org = await read(tx, id)
    await tx.emit('org.created', { subject: subjectOf(org), after: { ...told(org), domain: org.domain, isDefault } })
    return org
  }

  const removeIn = async (tx: Tx, id: string) => {
    const org = (await orgRepository(tx).hold(id)) ?? missing()
    await refuseOtherDomain(tx, now(), org.domain)
    if (org.isDefault) throw new Problem('org.default', 'The default org takes in new teams; it stays.')
    if (org.teams > 0)
      throw new Problem(
        'org.in_use',
        `'${org.name}' still has ${org.teams === 1 ? 'a team' : `${org.teams} teams`}; move or delete them first.`,
      )
    if (await hasAllocation(tx, { type: 'org', id }))
      throw new Problem('org.in_use', `Credits are allocated to '${org.name}'; delete its allocation first.`)
    await orgRepository(tx).remove(id)
    await tx.emit('org.deleted', { subject: subjectOf(org), before: told(org) })
  }

  return {
    async list(ctx: Ctx, { domain, ...query }: ListQuery) {
      const domains = domainsShown(ctx, domain)
      return db.tenant(ctx, (tx) => orgRepository(tx).page({ ...query, domains }))
    },
    get: (ctx: Ctx, id: string): Promise<Org> => db.tenant(ctx, (tx) => ofCallerIn(tx, id)),
    create: (ctx: Ctx, input: NewOrg) => db.tenant(ctx, (tx) => add(tx, input, false)),

    update: (ctx: Ctx, id: string, patch: OrgPatch): Promise<Org> =>
      db.tenant(ctx, async (tx) => {
        const current = (await orgRepository(tx).hold(id)) ?? missing()
        await refuseOtherDomain(tx, now(), current.domain)
        const changes = changesOf(told(current), patch)
        if (!changes) return current
        await orgRepository(tx).update(id, changes.after)
        const org = await read(tx, id)
        await tx.emit('org.updated', { subject: subjectOf(org), ...changes })
        return org
      }),

    ofCallerIn,
    removeIn,
    remove: (ctx: Ctx, id: string) => db.tenant(ctx, (tx) => removeIn(tx, id)),

    /** The org every account has from its beginning, in the transaction that creates the account. */
    async seedDirectory(tx: Tx): Promise<void> {
      await add(tx, { name: 'global', description: null, domain: 'copilot' }, true)
    },
  }
}
export type Orgs = ReturnType<typeof createOrgs>

const missing = (): never => {
  throw new Problem('org.not_found', 'There is no such org.')
}

const subjectOf = ({ id, name }: Org) => ({ type: 'org', id, name })
const told = ({ name, description }: Org) => ({ name, description })
