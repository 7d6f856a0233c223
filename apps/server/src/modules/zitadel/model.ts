import { type AccountRole, accountRoles, type RoleName } from '@cockpit/contract/kit'
import type { StandardRole, ZitadelConfig } from '@cockpit/contract/zitadel-shapes'
import type { Member, ZitadelEvent } from './port.ts'

const standard: readonly (readonly [baseKey: string, displayName: string, group: string])[] = [
  ['account_admin', 'Account admin', 'account'],
  ['console_org_admin', 'Console org admin', 'console'],
  ['console_team_admin', 'Console team admin', 'console'],
  ['copilot_org_admin', 'Copilot org admin', 'copilot'],
  ['copilot_team_admin', 'Copilot team admin', 'copilot'],
  ['end_user', 'End user', 'common'],
]

/** `acme` and `acme_` both make `acme_account_admin`. */
const withPrefix = (prefix: string | null, key: string): string =>
  !prefix ? key : /[\w]$/.test(prefix) && !prefix.endsWith('_') ? `${prefix}_${key}` : `${prefix}${key}`

export const standardRoles = (prefix: string | null): StandardRole[] =>
  standard.map(([baseKey, displayName, group]) => ({ key: withPrefix(prefix, baseKey), displayName, group, baseKey }))

/** Which standard key stands for a role here, for roles that have one. */
const baseKeys: Partial<Record<RoleName, string>> = {
  owner: 'account_admin',
  account_admin: 'account_admin',
  console_admin: 'console_org_admin',
  copilot_admin: 'copilot_org_admin',
  member: 'end_user',
  end_user: 'end_user',
}
export const defaultMappings = (prefix: string | null): Record<string, string> =>
  Object.fromEntries(Object.entries(baseKeys).map(([role, key]) => [role, withPrefix(prefix, key)]))

const administrating: ReadonlySet<RoleName> = new Set([
  'owner',
  'account_admin',
  'billing_admin',
  'console_admin',
  'copilot_admin',
])
/** People of an account whom provisioning gives role keys. */
export const administratorsOf = (members: readonly Member[]): Member[] =>
  members.filter(({ role, status }) => administrating.has(role) && status === 'active')

/**
 * Role keys of an administrator: what their role maps to, else what an account admin's does, else the role's own name.
 * Only who may do all that an account admin may falls back to their key: a billing admin without a mapping gets none.
 */
export const roleKeysOf = (
  role: RoleName,
  mappings: ZitadelConfig['roleMappings'],
  extra: readonly string[],
): string[] => {
  const full = role === 'owner' || role === 'account_admin'
  const own = mappings[role] ?? (full ? (mappings.account_admin ?? 'account_admin') : undefined)
  return union(own === undefined ? [] : [own], extra)
}

/**
 * The mightiest role that these keys stand for; null when none of them stands for any. A key that several roles map to
 * stands for the least of them, and none makes an owner: that one is made by the owner before.
 */
export const roleOfKeys = (keys: readonly string[], mappings: ZitadelConfig['roleMappings']): RoleName | null => {
  const leastFirst: readonly AccountRole[] = accountRoles.filter((role) => role !== 'owner').toReversed()
  const held = keys.flatMap((key) => leastFirst.find((role) => mappings[role] === key) ?? [])
  return accountRoles.find((role) => held.includes(role)) ?? null
}

/** Keys in the order they came in, each once: what others own is kept and stands first. */
export const union = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())]
export const lacking = (wanted: readonly string[], held: readonly string[]): string[] =>
  wanted.filter((key) => !held.includes(key))

export const sameKeys = (one: readonly string[], other: readonly string[]): boolean =>
  lacking(one, other).length === 0 && lacking(other, one).length === 0

/** Types of events that say whether a person may sign in at all; the newest of one person is true. */
export const userStateTypes: ReadonlyMap<string, 'stopped' | 'active'> = new Map([
  ['user.deactivated', 'stopped'],
  ['user.locked', 'stopped'],
  ['user.removed', 'stopped'],
  ['user.reactivated', 'active'],
  ['user.unlocked', 'active'],
])
export const organizationStateTypes: ReadonlyMap<string, 'stopped' | 'active'> = new Map([
  ['org.deactivated', 'stopped'],
  ['org.removed', 'stopped'],
  ['org.reactivated', 'active'],
])
export const authorizationTypes: readonly string[] = [
  'user.grant.added',
  'user.grant.changed',
  'user.grant.cascade.changed',
  'user.grant.removed',
  'user.grant.cascade.removed',
  'user.grant.deactivated',
  'user.grant.reactivated',
]
const projectTypes = [
  'project.role.removed',
  'project.grant.changed',
  'project.grant.cascade.changed',
  'project.grant.removed',
  'project.grant.deactivated',
  'project.grant.reactivated',
]
export const isAuthorizationType = (type: string): boolean => authorizationTypes.includes(type)
export const isProjectType = (type: string): boolean => projectTypes.includes(type)

/** What Cockpit wants to hear of: the condition of the Actions target and the filter of the poll. */
export const heardTypes: readonly string[] = [
  ...userStateTypes.keys(),
  ...organizationStateTypes.keys(),
  ...authorizationTypes,
  ...projectTypes,
]

const roleKeysIn = ({ type, payload }: ZitadelEvent): string[] | null => {
  const keys = type.endsWith('removed') ? [] : payload.roleKeys
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : null
}

/** The role keys of one authorization after each of its events that changed them, oldest first. */
export const keysTold = (history: readonly ZitadelEvent[]): string[][] =>
  history.filter(({ type }) => isAuthorizationType(type)).flatMap(keysAfter)

/** The same of what one organization may give, from the events of the project. */
export const grantKeysTold = (history: readonly ZitadelEvent[], organizationId: string): string[][] => {
  const added = history.findLast(
    ({ type, payload }) => type === 'project.grant.added' && payload.grantedOrgId === organizationId,
  )
  const grantId = added?.payload.grantId
  return history
    .filter(({ type, payload }) => type.startsWith('project.grant.') && grantId && payload.grantId === grantId)
    .flatMap(keysAfter)
}

const keysAfter = (event: ZitadelEvent): string[][] => {
  const keys = roleKeysIn(event)
  return keys === null ? [] : [keys]
}

/** Who holds an authorization of a project, by the events of those of one organization. */
export const holdersIn = (history: readonly ZitadelEvent[], projectId: string): ReadonlySet<string> => {
  const holders = new Map<string, { userId: string; active: boolean; keys: number }>()
  for (const event of history) {
    const { type, aggregateId, payload } = event
    const known = holders.get(aggregateId)
    if (type === 'user.grant.added' && payload.projectId === projectId)
      holders.set(aggregateId, { userId: String(payload.userId), active: true, keys: roleKeysIn(event)?.length ?? 0 })
    else if (type.endsWith('removed')) holders.delete(aggregateId)
    else if (known)
      holders.set(aggregateId, {
        ...known,
        ...(type.endsWith('activated') && { active: type === 'user.grant.reactivated' }),
        ...(type.endsWith('changed') && { keys: roleKeysIn(event)?.length ?? known.keys }),
      })
  }
  return new Set([...holders.values()].filter(({ active, keys }) => active && keys > 0).map(({ userId }) => userId))
}

/** Of an organization in the audit log, where nothing asks Zitadel how it is called. */
export const organizationSubject = (id: string) => ({ type: 'zitadel_organization', id, name: `Organization ${id}` })
