import { RoleName } from '@cockpit/contract/kit'
import { type AccessDenial, type AccessFacts, type Grant, mightDo } from '@cockpit/policy'
import { builtInRole, customRole, isPermission } from './model.ts'
import type { Who } from './port.ts'

/** As the database tells it in JSON, times as text. */
export type AssignedRow = {
  id: string
  user_id: string | null
  service_account_id: string | null
  role: string | null
  custom_role_id: string | null
  role_name: string | null
  permissions: string[] | null
  org_id: string | null
  team_id: string | null
  org_teams: string[]
  starts_at: string
  expires_at: string | null
}
export type RuleRow = {
  id: string
  subject: string
  role: string | null
  custom_role_id: string | null
  user_id: string | null
  service_account_id: string | null
  permissions: string[]
  reason: string
  expires_at: string | null
  ceiling: string[] | null
}

/** Everything that decides about a principal. The role of the membership is a grant like any other. */
export const factsOf = (
  { kind, id, roles }: Pick<Who, 'kind' | 'id' | 'roles'>,
  stored: { grants: readonly Grant[]; denials: readonly AccessDenial[] },
): AccessFacts => ({
  principal: { kind, id },
  grants: [...roles.map(membershipGrant), ...stored.grants],
  // the last way in must stay open: nothing is taken from a super admin
  denials: roles.includes('super_admin') ? [] : stored.denials,
})

const membershipGrant = (name: RoleName): Grant => {
  const role = builtInRole(name)
  return {
    via: 'membership',
    id: null,
    role: role.id,
    roleName: role.name,
    permissions: role.permissions,
    reach: 'all',
    startsAt: null,
    expiresAt: null,
  }
}

export const grantOf = (row: AssignedRow): Grant => {
  const role = row.custom_role_id
    ? customRole({ id: row.custom_role_id, name: row.role_name ?? '', permissions: row.permissions ?? [] })
    : builtInRole(RoleName.parse(row.role))
  const isPart = row.org_id !== null || row.team_id !== null
  return {
    via: 'assignment',
    id: row.id,
    role: role.id,
    roleName: role.name,
    permissions: isPart ? role.sectionPermissions : role.permissions,
    reach: isPart
      ? {
          orgIds: row.org_id === null ? [] : [row.org_id],
          teamIds: row.team_id === null ? row.org_teams : [row.team_id],
        }
      : 'all',
    startsAt: new Date(row.starts_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  }
}

export const ruleOf = (row: RuleRow): AccessDenial => ({
  id: row.id,
  subject: subjectOf(row),
  permissions: row.permissions.filter(isPermission),
  reason: row.reason,
  expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  ceiling: row.ceiling && mightDo(row.ceiling),
})

const subjectOf = (row: RuleRow): AccessDenial['subject'] => {
  if (row.subject === 'user' || row.subject === 'service_account')
    return { kind: row.subject, id: row.user_id ?? row.service_account_id ?? '' }
  return row.subject === 'role' ? { kind: 'role', id: row.role ?? row.custom_role_id ?? '' } : { kind: 'everyone' }
}
