import { type Permission, permissionFacts, rolePermissions } from '@cockpit/contract/permissions'

type Roles = Readonly<Record<string, ReadonlySet<Permission>>>

/**
 * What the writer of something might do, as it is kept beside it: each built-in role they did not fall short of, and what
 * they had beyond those. A list of permissions alone would put everybody above them whom a later release lets do more.
 */
export const asWritten = (permissions: ReadonlySet<Permission>, roles: Roles = rolePermissions): string[] => {
  const reached = Object.entries(roles).filter(([, those]) => those.isSubsetOf(permissions))
  const beyond = [...permissions].filter((one) => !reached.some(([, those]) => those.has(one)))
  return [...reached.map(([role]) => role), ...beyond].sort()
}

/** The same as it counts now, with what its roles allow by now. What a member may do raises nobody above another. */
export const mightDo = (written: readonly string[], roles: Roles = rolePermissions): ReadonlySet<Permission> =>
  new Set([...(roles.member ?? []), ...written.flatMap((one) => (isPermission(one) ? [one] : [...(roles[one] ?? [])]))])

const isPermission = (text: string): text is Permission => Object.hasOwn(permissionFacts, text)

/** Whether somebody may do what a writer might not. What concerns only people's own things counts for nothing. */
export const isAboveWriter = (permissions: Iterable<Permission>, writer: ReadonlySet<Permission>): boolean =>
  [...permissions].some((one) => !permissionFacts[one].own && !writer.has(one))
