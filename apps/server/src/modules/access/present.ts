import type { RoleAssignment, RoleRequest } from '@cockpit/contract/assignments'
import type { RoleName } from '@cockpit/contract/kit'
import { isInForce } from '@cockpit/policy'
import type { AssignmentRow, Names, RequestRow } from './assignments-repository.ts'
import { roleNames } from './model.ts'

export const presentAssignment = (row: AssignmentRow & Names, now: Date): RoleAssignment => ({
  id: row.id,
  principal: {
    kind: row.user_id === null ? 'service_account' : 'user',
    id: row.user_id ?? row.service_account_id ?? '',
    name: row.holder_name ?? '',
  },
  role: roleOf(row),
  scope: partOf(row),
  startsAt: row.starts_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  state: isInForce({ startsAt: row.starts_at, expiresAt: row.expires_at }, now)
    ? 'active'
    : row.starts_at > now
      ? 'pending'
      : 'expired',
  reason: row.reason,
  grantedBy: row.granted_by,
  createdAt: row.created_at.toISOString(),
})

export const presentRequest = (row: RequestRow & Names): RoleRequest => ({
  id: row.id,
  user: { id: row.user_id, name: row.holder_name ?? '' },
  role: roleOf(row),
  scope: partOf(row),
  hours: row.hours,
  reason: row.reason,
  status: row.status as RoleRequest['status'],
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.toISOString() ?? null,
  decision: row.decision,
  assignmentId: row.assignment_id,
  createdAt: row.created_at.toISOString(),
})

type Roles = { role: string | null; custom_role_id: string | null; role_name: string | null }
const roleOf = ({ role, custom_role_id, role_name }: Roles) => ({
  id: role ?? custom_role_id ?? '',
  name: role === null ? (role_name ?? '') : roleNames[role as RoleName],
})

type Parts = { org_id: string | null; team_id: string | null; part_name: string | null }
const partOf = ({ org_id, team_id, part_name }: Parts): RoleAssignment['scope'] => ({
  type: org_id !== null ? 'org' : team_id !== null ? 'team' : 'account',
  id: org_id ?? team_id,
  name: part_name ?? 'The whole account',
})
