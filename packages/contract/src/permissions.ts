/** Every permission a route may ask for, and the built-in roles that hold them. */
import type { RoleName } from './kit.ts'

export const permissions = [
  'account.read',
  'account.write',
  'account.delete',
  'audit.read',
  'budget.grant',
  'budget.read',
  'budget.write',
  'catalog.read',
  'catalog.write',
  'directory.read',
  'directory.write',
  'explain.any',
  'key.read',
  'key.write',
  'key.write_own',
  'model.read',
  'model.eligibility',
  'model.select',
  'playground.use',
  'provider.read',
  'provider.write',
  'settings.read',
  'settings.write',
  'usage.read',
  'usage.read_own',
] as const
export type Permission = (typeof permissions)[number]

const endUser: readonly Permission[] = ['key.write_own', 'model.read', 'playground.use', 'usage.read_own']
const accountAdmin: readonly Permission[] = [
  ...endUser,
  'audit.read',
  'budget.read',
  'budget.write',
  'catalog.read',
  'directory.read',
  'directory.write',
  'explain.any',
  'key.read',
  'key.write',
  'model.select',
  'provider.read',
  'provider.write',
  'settings.read',
  'settings.write',
  'usage.read',
]

/** What each built-in role may do. A super admin may do everything, in every account. */
export const rolePermissions: Readonly<Record<RoleName, ReadonlySet<Permission>>> = {
  super_admin: new Set(permissions),
  account_admin: new Set(accountAdmin),
  end_user: new Set(endUser),
}
