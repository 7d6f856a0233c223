import type { NewServiceAccount, ServiceAccount, ServiceAccountPatch } from '@cockpit/contract/directory'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { refuseTeamsOfOtherDomains } from './domains.ts'
import { memberRepository } from './members-repository.ts'
import type { RefuseHigherProgram, RevokeKeysOf } from './port.ts'
import { serviceAccountRepository } from './service-accounts-repository.ts'

type Deps = { db: Db; now: Clock; revokeKeysOf: RevokeKeysOf; refuseHigherProgram: RefuseHigherProgram }
type ListQuery = Parameters<ReturnType<typeof serviceAccountRepository>['page']>[0]

export const createServiceAccounts = ({ db, now, revokeKeysOf, refuseHigherProgram }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<ServiceAccount> =>
    (await serviceAccountRepository(tx, now()).find(id)) ?? missing()

  /** Teams that pay for what its keys use, and so are the caller's to give and take; `to` is here besides. */
  const refuseMove = async (tx: Tx, from: string | null, to: string | null) => {
    if (from === to) return
    await requireTeam(tx, to)
    await refuseTeamsOfOtherDomains(
      tx,
      now(),
      [from, to].filter((teamId) => teamId !== null),
    )
  }

  return {
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => serviceAccountRepository(tx, now()).page(query)),

    create: (ctx: Ctx, { teamId, ...fields }: NewServiceAccount): Promise<ServiceAccount> =>
      db.tenant(ctx, async (tx) => {
        await refuseMove(tx, null, teamId)
        const id = newId('sva', now())
        await serviceAccountRepository(tx, now()).insert({ ...fields, id, team_id: teamId, created_at: now() })
        const account = await read(tx, id)
        await tx.emit('service_account.created', { subject: subjectOf(account), after: told(account) })
        return account
      }),

    get: (ctx: Ctx, id: string): Promise<ServiceAccount> => db.tenant(ctx, (tx) => read(tx, id)),

    update: (ctx: Ctx, id: string, patch: ServiceAccountPatch): Promise<ServiceAccount> =>
      db.tenant(ctx, async (tx) => {
        const current = (await serviceAccountRepository(tx, now()).hold(id)) ?? missing()
        const changes = changesOf(told(current), patch)
        if (!changes) return current
        await refuseHigherProgram(tx, id, { act: 'change it' })
        const { teamId, ...fields } = changes.after
        if (teamId !== undefined) await refuseMove(tx, current.teamId, teamId)
        const columns = { ...fields, ...(teamId !== undefined && { team_id: teamId }) }
        await serviceAccountRepository(tx, now()).update(id, columns, fields.name ?? current.name)
        const account = await read(tx, id)
        await tx.emit('service_account.updated', { subject: subjectOf(account), ...changes })
        return account
      }),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const account = (await serviceAccountRepository(tx, now()).hold(id)) ?? missing()
        await refuseHigherProgram(tx, id, { act: 'delete it' })
        await revokeKeysOf(tx, { serviceAccountId: id })
        await serviceAccountRepository(tx, now()).remove(id)
        await tx.emit('service_account.deleted', { subject: subjectOf(account), before: told(account) })
      }),
  }
}
export type ServiceAccounts = ReturnType<typeof createServiceAccounts>

const requireTeam = async (tx: Tx, teamId: string | null) => {
  if (teamId && !(await memberRepository(tx).teamsAmong([teamId])).has(teamId))
    throw new Problem('team.not_found', 'There is no such team.')
}

const missing = (): never => {
  throw new Problem('service_account.not_found', 'There is no such service account.')
}

const subjectOf = ({ id, name }: ServiceAccount) => ({ type: 'service_account', id, name })
const told = ({ name, description, teamId }: ServiceAccount) => ({ name, description, teamId })
