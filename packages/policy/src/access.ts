import { type Permission, permissionFacts } from '@cockpit/contract/permissions'
import { isAboveWriter } from './writer.ts'

/** The part of an account something reaches; the teams of an org are among its teams. */
export type PartReach = { readonly orgIds: readonly string[]; readonly teamIds: readonly string[] }

/** Permissions somebody has from one source: the role of their membership, or a role assignment. */
export type Grant = {
  via: 'membership' | 'assignment'
  /** Of the assignment. */
  id: string | null
  /** The built-in role, or the id of a custom one. */
  role: string
  roleName: string
  permissions: readonly Permission[]
  /** `all`, or the part of the account it was given for. */
  reach: 'all' | PartReach
  startsAt: Date | null
  expiresAt: Date | null
}

export type DenySubjectRef =
  | { kind: 'everyone' }
  | { kind: 'role'; id: string }
  | { kind: 'user' | 'service_account'; id: string }

/** Takes permissions away, whatever grants say. */
export type Denial = {
  id: string
  subject: DenySubjectRef
  permissions: readonly Permission[]
  reason: string
  expiresAt: Date | null
  /** What its writer might do, as nobody binds those above them everywhere; null when that was everything. */
  ceiling: ReadonlySet<Permission> | null
}

export type AccessFacts = {
  principal: { kind: 'user' | 'service_account' | 'master_key' | 'break_glass'; id: string }
  grants: readonly Grant[]
  denials: readonly Denial[]
}

/** What decides about one permission of a principal: who gave it where, and which rule takes it. */
export type Held = {
  permission: Permission
  reach: 'all' | PartReach
  grants: readonly Grant[]
  deniedBy: Denial | null
}

/**
 * What a principal may do at an instant: the union of their grants that are in force, less every rule that concerns
 * them. A rule wins over any number of grants, and over the widest. Enforcement, simulation and the review ask this.
 */
export const accessOf = (facts: AccessFacts, at: Date): ReadonlyMap<Permission, Held> => {
  const grants = facts.grants.filter((grant) => isInForce(grant, at))
  const denials = facts.denials.filter((denial) => concerns(denial, facts.principal, grants, at))
  const given = new Map<Permission, Grant[]>()
  for (const grant of grants)
    for (const permission of grant.permissions) given.set(permission, [...(given.get(permission) ?? []), grant])
  return new Map(
    [...given].map(([permission, sources]) => [
      permission,
      {
        permission,
        grants: sources,
        reach: joined(sources),
        deniedBy: denials.find((denial) => takes(denial, permission)) ?? null,
      },
    ]),
  )
}

export type AccessRights = {
  permissions: ReadonlySet<Permission>
  delegated: ReadonlyMap<Permission, PartReach>
  /** Of what they have everywhere: what ends by itself, and when. */
  until?: ReadonlyMap<Permission, Date>
}

/** The same as enforcement keeps it: held everywhere, held in parts. What a rule denies is in neither. */
export const rightsIn = (access: ReadonlyMap<Permission, Held>): AccessRights => {
  const permissions = new Set<Permission>()
  const delegated = new Map<Permission, PartReach>()
  const until = new Map<Permission, Date>()
  for (const { permission, reach, grants, deniedBy } of access.values()) {
    if (deniedBy) continue
    if (reach !== 'all') delegated.set(permission, reach)
    else {
      permissions.add(permission)
      const end = endOf(grants)
      if (end) until.set(permission, end)
    }
  }
  return { permissions, delegated, ...(until.size > 0 && { until }) }
}

/** When the last of those that reach everywhere ends; null when one does not end. */
const endOf = (grants: readonly Grant[]): Date | null => {
  const everywhere = grants.filter(({ reach }) => reach === 'all')
  const ends = everywhere.flatMap(({ expiresAt }) => expiresAt ?? [])
  return ends.length < everywhere.length ? null : new Date(Math.max(...ends.map((end) => end.getTime())))
}

/** Begins with its first instant and ends before its last, without anybody having to do something then. */
export const isInForce = ({ startsAt, expiresAt }: Pick<Grant, 'startsAt' | 'expiresAt'>, at: Date): boolean =>
  (startsAt === null || startsAt <= at) && (expiresAt === null || expiresAt > at)

/** Whether a rule takes anything from this principal now. */
export const isBoundBy = (denialId: string, { principal, grants, denials }: AccessFacts, at: Date): boolean => {
  const inForce = grants.filter((grant) => isInForce(grant, at))
  return denials.some((denial) => denial.id === denialId && concerns(denial, principal, inForce, at))
}

const concerns = (
  { subject, expiresAt, ceiling }: Denial,
  principal: AccessFacts['principal'],
  inForce: readonly Grant[],
  at: Date,
): boolean => {
  if (!isInForce({ startsAt: null, expiresAt }, at)) return false
  if (ceiling !== null && inForce.some((grant) => grant.reach === 'all' && isAboveWriter(grant.permissions, ceiling)))
    return false
  if (subject.kind === 'everyone') return true
  if (subject.kind === 'role') return inForce.some(({ role }) => role === subject.id)
  return subject.kind === principal.kind && subject.id === principal.id
}

/** Whom it binds may still have more in a part of the account, and keeps there what its writer might not do. */
const takes = ({ permissions, ceiling }: Denial, permission: Permission): boolean =>
  permissions.includes(permission) && (ceiling === null || !isAboveWriter([permission], ceiling))

const joined = (grants: readonly Grant[]): 'all' | PartReach => {
  const parts = grants.map(({ reach }) => reach)
  if (parts.includes('all')) return 'all'
  const those = parts.filter((part) => part !== 'all')
  return {
    orgIds: [...new Set(those.flatMap(({ orgIds }) => orgIds))],
    teamIds: [...new Set(those.flatMap(({ teamIds }) => teamIds))],
  }
}

/**
 * What somebody may do that an onlooker may not; nobody is seen by one of whom this is not empty. What concerns only
 * people's own things raises nobody above another, and while one is seen by another it cannot be used to change any.
 */
export const mayBeSeenBy = (theirs: AccessRights, onlooker: ReadonlySet<Permission>): Permission[] =>
  [...theirs.permissions, ...theirs.delegated.keys()].filter(
    (permission) => !permissionFacts[permission].own && !onlooker.has(permission),
  )
