import type { RoleName } from '@cockpit/contract/kit'
import { type Permission, rolePermissions } from '@cockpit/contract/permissions'

/** Everything that any of the built-in roles may do. */
export const permissionsFor = (roles: readonly RoleName[]): ReadonlySet<Permission> =>
  new Set(roles.flatMap((role) => [...rolePermissions[role]]))
