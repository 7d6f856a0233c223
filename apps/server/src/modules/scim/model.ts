import type { AccountRole } from '@cockpit/contract/kit'
import { accountRoles } from '@cockpit/contract/kit'
import type { ScimRule } from '@cockpit/contract/scim'

/** What somebody is whom the source looks after and no rule says more about. */
export const roleWithoutRule: AccountRole = 'end_user'

/** Begins every token of a source. */
export const tokenPrefix = 'scim_'

/** What one person's groups give: the mightiest role, and places in teams that exist or are made in an org. */
export type Given = {
  role: AccountRole
  teamIds: Set<string>
  newTeams: { orgId: string; name: string }[]
}

export const givenTo = (groups: readonly string[], rules: readonly ScimRule[]): Given => {
  const given: Given = { role: roleWithoutRule, teamIds: new Set(), newTeams: [] }
  for (const { match, gives } of rules)
    for (const group of groups.filter((name) => matches(match, name))) {
      if (gives.kind === 'role') given.role = mightier(given.role, gives.role)
      else if (gives.kind === 'team') given.teamIds.add(gives.id)
      else given.newTeams.push({ orgId: gives.id, name: group })
    }
  return given
}

export const matches = (match: string, group: string): boolean => {
  const [wanted, name] = [match.toLowerCase(), group.toLowerCase()]
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}

const mightier = (a: AccountRole, b: AccountRole) => (accountRoles.indexOf(a) <= accountRoles.indexOf(b) ? a : b)
