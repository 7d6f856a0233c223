import { isAccountRole, type RoleName } from '@cockpit/contract/kit'
import {
  accountPermissions,
  isDelegable,
  type Permission,
  permissionFacts,
  rolePermissions,
  sectionPermissions,
} from '@cockpit/contract/permissions'
import { type Actor, platformAccount } from '../../platform/index.ts'

/** A role that can be given: what it allows in the whole account, and what in a part of it. */
export type GivenRole = {
  id: string
  name: string
  builtIn: boolean
  permissions: readonly Permission[]
  sectionPermissions: readonly Permission[]
}

export const builtInRole = (role: RoleName): GivenRole => ({
  id: role,
  name: roleNames[role],
  builtIn: true,
  permissions: [...rolePermissions[role]],
  sectionPermissions: sectionPermissions(role),
})

export const customRole = ({
  id,
  name,
  permissions,
}: {
  id: string
  name: string
  permissions: string[]
}): GivenRole => {
  const known = permissions.filter(isPermission)
  return { id, name, builtIn: false, permissions: known, sectionPermissions: known.filter(isDelegable) }
}

// a permission that a later version no longer knows gives nothing
export const isPermission = (text: string): text is Permission => Object.hasOwn(permissionFacts, text)

/** Whether a built-in role can be held in this account beside the membership's. */
export const belongsIn = (role: RoleName, accountId: string): boolean =>
  isAccountRole(role) !== (accountId === platformAccount)

/** What may be in a custom role of this account at all. */
export const ceilingOf = (accountId: string): ((permission: Permission) => boolean) =>
  accountId === platformAccount ? () => true : (permission) => accountPermissions.has(permission)

/** Those that whoever gives them does not hold: nobody gives or takes more than they may do themselves. */
export const above = (actor: Actor, permissions: Iterable<Permission>): Permission[] =>
  actor.isSuperAdmin ? [] : [...permissions].filter((permission) => !actor.permissions.has(permission))

/** The built-in roles as people read them. */
export const roleNames: Readonly<Record<RoleName, string>> = {
  super_admin: 'Super admin',
  platform_operator: 'Platform operator',
  support: 'Platform support',
  owner: 'Owner',
  account_admin: 'Account admin',
  billing_admin: 'Billing admin',
  copilot_admin: 'Copilot admin',
  console_admin: 'Console admin',
  team_admin: 'Team admin',
  member: 'Member',
  end_user: 'User',
}
