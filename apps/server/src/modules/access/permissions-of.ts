import type { RoleAssignment } from '@cockpit/contract/assignments'
import type { PermissionSource, UserPermissions } from '@cockpit/contract/user-permissions'
import { accessOf, type Grant } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, Problem, type Tx } from '../../platform/index.ts'
import { assignmentRepository } from './assignments-repository.ts'
import { denialRepository } from './denials-repository.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'
import { subjectRepository } from './subjects-repository.ts'

/** What one person may do in an account and why, by the function that enforces it, with the names a reader needs. */
export const createPermissionsOf =
  ({ db, now }: { db: Db; now: Clock }) =>
  (ctx: Ctx, userId: string): Promise<UserPermissions> =>
    db.tenant(ctx, async (tx) => {
      const at = now()
      const person = await subjectRepository(tx, at).user(userId)
      if (!person) throw new Problem('user.not_found', 'There is no such person in this account.')
      const stored = await readFacts(tx, { kind: 'user', id: userId, accountId: ctx.accountId })
      const facts = factsOf({ kind: 'user', id: userId, roles: [person.role] }, stored)
      const held = [...accessOf(facts, at).values()]
      const rules = await denialRepository(tx).among([...new Set(held.flatMap(({ deniedBy }) => deniedBy?.id ?? []))])
      const told = await sourcesOf(tx, { userId, joined: person.created_at, at })
      return {
        userId,
        name: person.name,
        status: person.status,
        source: person.source,
        permissions: held
          .map(({ permission, reach, grants, deniedBy }) => ({
            permission,
            allowed: deniedBy === null,
            reach: reach === 'all' ? ('account' as const) : ('part' as const),
            sources: grants.map(told).sort(oldestFirst),
            deniedBy: rules.find(({ id }) => id === deniedBy?.id) ?? null,
          }))
          .sort((a, b) => a.permission.localeCompare(b.permission)),
        upcoming: facts.grants
          .filter(({ startsAt }) => startsAt !== null && startsAt > at)
          .map(told)
          .sort(oldestFirst),
      }
    })

type Holder = { userId: string; joined: Date; at: Date }

/** How a grant reads: an assignment tells its own story; that of a membership's role is in the audit log. */
const sourcesOf = async (tx: Tx, { userId, joined, at }: Holder): Promise<(grant: Grant) => PermissionSource> => {
  const given = await subjectRepository(tx, at).roleGiven(userId)
  const assignments = new Map((await assignmentRepository(tx, at).of(userId)).map((one) => [one.id, one]))
  return (grant) => {
    const role = { id: grant.role, name: grant.roleName, builtIn: !grant.role.startsWith('rol_') }
    const assignment = grant.id === null ? undefined : assignments.get(grant.id)
    if (assignment) return { via: 'assignment', role, eventId: null, ...partsOf(assignment) }
    return {
      via: 'membership',
      id: null,
      role,
      scope: { type: 'account', id: null, name: 'The whole account' },
      since: (given?.at ?? joined).toISOString(),
      expiresAt: null,
      by: given?.by ?? null,
      reason: given?.reason ?? null,
      eventId: given?.id ?? null,
    }
  }
}

/** The role of the membership, then what was given beside it. */
const oldestFirst = (a: PermissionSource, b: PermissionSource): number =>
  b.via.localeCompare(a.via) || a.since.localeCompare(b.since) || (a.id ?? '').localeCompare(b.id ?? '')

const partsOf = ({ id, scope, startsAt, expiresAt, grantedBy, reason }: RoleAssignment) => ({
  id,
  scope,
  since: startsAt,
  expiresAt,
  by: grantedBy,
  reason,
})
