import type { AccessScope, NewAssignment, RoleAssignment } from '@cockpit/contract/assignments'
import type { PageQuery } from '@cockpit/contract/kit'
import {
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  platformAccount,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import type { KeepAdmin } from './administrators.ts'
import { assignmentRepository, partyRepository } from './assignments-repository.ts'
import { refuseAbove, roleColumns, roleToGive } from './giving.ts'
import { above, type GivenRole } from './model.ts'
import type { RightsOf } from './rights.ts'

type Deps = { db: Db; now: Clock; rightsOf: RightsOf; keepAdmin: KeepAdmin }
type ListQuery = PageQuery & Parameters<ReturnType<typeof assignmentRepository>['page']>[0]
type Given = {
  principal: { kind: 'user' | 'service_account'; id: string }
  role: GivenRole
  scope: AccessScope
  startsAt: Date
  expiresAt: Date | null
  reason: string | null
}

/** Roles beside the one of the membership. */
export const createAssignments = ({ db, now, rightsOf, keepAdmin }: Deps) => {
  /** Also giving may take: a rule about the role binds whoever gets it. */
  const changing = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>) =>
    db.tenant(ctx, (tx) => keepAdmin(tx, ctx.accountId, () => work(tx)))

  /** A rule about a role ends with the role, so whom it binds cannot give the role back to be rid of it. */
  const refuseGain = async (tx: Tx, holder: string | null) => {
    const { kind, id, isPlatform } = tx.ctx.actor
    const { accountId } = tx.ctx
    if (holder !== id || (isPlatform && accountId !== platformAccount)) return
    if (kind !== 'user' && kind !== 'service_account') return
    const roles = kind === 'user' ? await partyRepository(tx).rolesOf(id) : []
    const { permissions } = await rightsOf(tx, { kind, id, accountId, roles })
    if (above(tx.ctx.actor, permissions).length > 0)
      throw new Problem('access.denied', 'A rule takes something from you by this role, so somebody else must end it.')
  }

  /** Gives a role in the transaction of whoever decided so: by hand, or by approving a request. */
  const give = async (
    tx: Tx,
    { principal, role, scope, startsAt, expiresAt, reason }: Given,
  ): Promise<RoleAssignment> => {
    refuseAbove(tx, allowedIn(role, scope), `The role '${role.name}'`)
    refuseOutlasting(tx.ctx, allowedIn(role, scope), expiresAt)
    const assignments = assignmentRepository(tx, now())
    const what = {
      user_id: principal.kind === 'user' ? principal.id : null,
      service_account_id: principal.kind === 'service_account' ? principal.id : null,
      ...roleColumns(role),
      ...partColumns(scope),
    }
    await tx.lock(`roles:${principal.id}`)
    if (await assignments.exists(what))
      throw new Problem('role_assignment.exists', `They have the role '${role.name}' there already.`)
    const id = newId('ras', now())
    await assignments.insert({
      ...what,
      id,
      starts_at: startsAt,
      expires_at: expiresAt,
      reason,
      granted_by: tx.ctx.actor.name,
      created_at: now(),
    })
    const given = (await assignments.find(id)) ?? missing()
    await tx.emit('role_assignment.created', { subject: subjectOf(given), after: told(given), reason })
    return given
  }

  return {
    give,
    changing,
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => assignmentRepository(tx, now()).page(query)),

    create: (ctx: Ctx, input: NewAssignment): Promise<RoleAssignment> =>
      changing(ctx, async (tx) => {
        const { principal, scope, reason } = input
        const at = now()
        // since when they have it is read in reviews, so it is never before it was given
        const startsAt = new Date(Math.max(at.getTime(), Date.parse(input.startsAt ?? at.toISOString())))
        const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt)
        if (expiresAt && (expiresAt <= at || expiresAt <= startsAt))
          throw new Problem('input.invalid', 'The role would have expired before it begins.', {
            errors: [{ pointer: '/expiresAt', detail: 'must be after the start and in the future' }],
          })
        await requirePrincipal(tx, principal)
        await requirePart(tx, scope)
        const role = await roleToGive(tx, input.role, at)
        requireSense(role, scope)
        return give(tx, { principal, role, scope, startsAt, expiresAt, reason })
      }),

    end: (ctx: Ctx, id: string) =>
      changing(ctx, async (tx) => {
        const assignments = assignmentRepository(tx, now())
        const row = (await assignments.hold(id)) ?? missing()
        const role = await roleToGive(tx, row.role ?? row.custom_role_id ?? '', now())
        const isPart = row.org_id !== null || row.team_id !== null
        refuseAbove(tx, isPart ? role.sectionPermissions : role.permissions, `The role '${role.name}'`)
        const ended = (await assignments.find(id)) ?? missing()
        await assignments.remove(id)
        await refuseGain(tx, row.user_id ?? row.service_account_id)
        await tx.emit('role_assignment.ended', { subject: subjectOf(ended), before: told(ended) })
      }),
  }
}
export type Assignments = ReturnType<typeof createAssignments>

export const allowedIn = (role: GivenRole, scope: AccessScope) =>
  scope.type === 'account' ? role.permissions : role.sectionPermissions

export const partColumns = (scope: AccessScope) => ({
  org_id: scope.type === 'org' ? scope.id : null,
  team_id: scope.type === 'team' ? scope.id : null,
})

export const requirePrincipal = async (tx: Tx, { kind, id }: Given['principal']) => {
  const parties = partyRepository(tx)
  if (kind === 'user' && !(await parties.isMember(id)))
    throw new Problem('user.not_found', 'There is no such person here.')
  if (kind === 'service_account' && !(await parties.has('service_accounts', id)))
    throw new Problem('service_account.not_found', 'There is no such service account.')
}

export const requirePart = async (tx: Tx, scope: AccessScope) => {
  const parties = partyRepository(tx)
  if (scope.type === 'org' && !(await parties.has('orgs', scope.id)))
    throw new Problem('org.not_found', 'There is no such org.')
  if (scope.type === 'team' && !(await parties.has('teams', scope.id)))
    throw new Problem('team.not_found', 'There is no such team.')
}

export const requireSense = (role: GivenRole, scope: AccessScope) => {
  if (allowedIn(role, scope).length > 0) return
  throw new Problem('input.invalid', `The role '${role.name}' allows nothing that can be limited to a part.`, {
    errors: [{ pointer: '/scope', detail: 'give this role for the whole account, or choose another one' }],
  })
}

const missing = (): never => {
  throw new Problem('role_assignment.not_found', 'There is no such role assignment.')
}

const subjectOf = ({ id, principal, role }: RoleAssignment) => ({
  type: 'role_assignment',
  id,
  name: `${principal.name}: ${role.name}`,
})
const told = ({ principal, role, scope, startsAt, expiresAt }: RoleAssignment) => ({
  principal,
  role,
  scope,
  startsAt,
  expiresAt,
})
