import type { NewRoleRequest, RoleRequest } from '@cockpit/contract/assignments'
import type { PageQuery } from '@cockpit/contract/kit'
import { type Clock, type Ctx, type Db, newId, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { type Assignments, partColumns, requirePart, requirePrincipal, requireSense } from './assignments.ts'
import { type RequestRow, requestRepository } from './assignments-repository.ts'
import { roleColumns, roleToGive } from './giving.ts'

type Deps = { db: Db; now: Clock; assignments: Assignments }
type ListQuery = PageQuery & { status?: RoleRequest['status'] | undefined }

const hourMs = 3_600_000

/** Roles that people ask for, for a time. Somebody else decides. */
export const createRequests = ({ db, now, assignments }: Deps) => {
  const hold = async (tx: Tx, id: string): Promise<RequestRow> => (await requestRepository(tx).hold(id)) ?? missing()
  const read = async (tx: Tx, id: string): Promise<RoleRequest> => (await requestRepository(tx).find(id)) ?? missing()

  /** What both who approves and who refuses must pass. */
  const toDecide = async (tx: Tx, id: string) => {
    const row = await hold(tx, id)
    if (row.user_id === tx.ctx.actor.id)
      throw new Problem('role_request.own', 'Somebody else must decide about your request.')
    refuseDecided(row)
    return row
  }

  const decide = async (
    tx: Tx,
    id: string,
    status: 'approved' | 'refused' | 'withdrawn',
    { reason, assignmentId = null }: { reason: string | null; assignmentId?: string | null },
  ): Promise<RoleRequest> => {
    await requestRepository(tx).decide(id, {
      status,
      decided_by: tx.ctx.actor.name,
      decided_at: now(),
      decision: reason,
      assignment_id: assignmentId,
    })
    const request = await read(tx, id)
    await tx.emit(`role_request.${status}`, {
      subject: subjectOf(request),
      before: { status: 'open' },
      after: { status, role: request.role, scope: request.scope, hours: request.hours, assignmentId },
      reason,
    })
    return request
  }

  return {
    list: (ctx: Ctx, query: ListQuery) =>
      db.tenant(ctx, (tx) =>
        requestRepository(tx).page(query, ctx.actor.permissions.has('access.read') ? null : ctx.actor.id),
      ),

    create: (ctx: Ctx, { role: ref, scope, hours, reason }: NewRoleRequest): Promise<RoleRequest> =>
      db.tenant(ctx, async (tx) => {
        if (ctx.actor.kind !== 'user') throw new Problem('access.denied', 'Only people ask for roles.')
        // also as a member: with a role of the platform, what they had here would not count
        if (ctx.actor.isPlatform && ctx.accountId !== platformAccount)
          throw new Problem(
            'access.denied',
            'You are here with a role of the platform, and a role of this account would give you nothing. Ask for one of the platform instead.',
          )
        const userId = ctx.actor.id
        await requirePrincipal(tx, { kind: 'user', id: userId })
        await requirePart(tx, scope)
        const role = await roleToGive(tx, ref, now())
        requireSense(role, scope)
        await tx.lock(`role_requests:${userId}`)
        const what = { user_id: userId, ...roleColumns(role), ...partColumns(scope) }
        if (await requestRepository(tx).isOpen(what))
          throw new Problem(
            'role_request.exists',
            `You have asked for '${role.name}' there; somebody still has to decide.`,
          )
        const id = newId('rrq', now())
        await requestRepository(tx).insert({ ...what, id, hours, reason, created_at: now() })
        const request = await read(tx, id)
        await tx.emit('role_request.created', {
          subject: subjectOf(request),
          after: { role: request.role, scope: request.scope, hours },
          reason,
        })
        return request
      }),

    approve: (ctx: Ctx, id: string, reason: string | null): Promise<RoleRequest> =>
      assignments.changing(ctx, async (tx) => {
        const row = await toDecide(tx, id)
        const role = await roleToGive(tx, row.role ?? row.custom_role_id ?? '', now())
        const given = await assignments.give(tx, {
          principal: { kind: 'user', id: row.user_id },
          role,
          scope: scopeOf(row),
          startsAt: now(),
          expiresAt: new Date(now().getTime() + row.hours * hourMs),
          reason: row.reason,
        })
        return decide(tx, id, 'approved', { reason, assignmentId: given.id })
      }),

    refuse: (ctx: Ctx, id: string, reason: string | null): Promise<RoleRequest> =>
      db.tenant(ctx, async (tx) => {
        await toDecide(tx, id)
        return decide(tx, id, 'refused', { reason })
      }),

    withdraw: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        if (row.user_id !== ctx.actor.id) missing()
        refuseDecided(row)
        await decide(tx, id, 'withdrawn', { reason: null })
      }),
  }
}

const scopeOf = ({ org_id, team_id }: RequestRow): NewRoleRequest['scope'] => {
  if (org_id !== null) return { type: 'org', id: org_id }
  return team_id !== null ? { type: 'team', id: team_id } : { type: 'account' }
}

const refuseDecided = ({ status }: RequestRow) => {
  if (status !== 'open') throw new Problem('role_request.decided', `This request was ${status} already.`)
}

const missing = (): never => {
  throw new Problem('role_request.not_found', 'There is no such request.')
}

const subjectOf = ({ id, user, role }: RoleRequest) => ({
  type: 'role_request',
  id,
  name: `${user.name}: ${role.name}`,
})
