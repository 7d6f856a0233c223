import { accountRoles } from '@cockpit/contract/kit'
import { type Permission, permissionFacts, permissions, rolePermissions } from '@cockpit/contract/permissions'
import type { Option } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { allOrgs, allTeams, optionsOf } from '../people/all-units.ts'
import { roleName } from './roles.ts'
import { t } from './strings.ts'

export const useRoles = () => {
  const { can } = useScope()
  return useLoad(['roles'], (api, signal) => api.roles.list({}, { signal }), { enabled: can('access.read') })
}

/** Roles to give or to ask for. Whoever may not list roles chooses among the built-in ones. */
export const useRoleOptions = (): Option[] => {
  const { data } = useRoles()
  if (!data) return accountRoles.map((value) => ({ value, label: roleName(value) }))
  return data.items.map(({ id, name, builtIn }) => ({ value: id, label: name, group: builtIn ? t.builtIn : t.custom }))
}

/** Permissions by section, those that can be held in an account. */
export const permissionOptions: Option<Permission>[] = permissions
  .filter((permission) => rolePermissions.owner.has(permission))
  .map((value) => ({
    value,
    label: `${permissionFacts[value].label} · ${value}`,
    group: permissionFacts[value].section,
  }))
  .sort((a, b) => a.group.localeCompare(b.group))

/** The whole account, an org or a team. */
export const useScopeOptions = (): Option[] => {
  const { can } = useScope()
  const { data } = useLoad(
    ['scopes'],
    async (api, signal) => {
      const [orgs, teams] = await Promise.all([allOrgs(api, undefined, signal), allTeams(api, undefined, signal)])
      return { orgs: optionsOf(orgs), teams: optionsOf(teams) }
    },
    { enabled: can('directory.read') },
  )
  return [
    { value: 'account', label: t.wholeAccount },
    ...(data?.orgs ?? []).map((option) => ({ ...option, group: 'Orgs' })),
    ...(data?.teams ?? []).map((option) => ({ ...option, group: 'Teams' })),
  ]
}

export const scopeOf = (value: string) =>
  value.startsWith('org_')
    ? ({ type: 'org', id: value } as const)
    : value.startsWith('team_')
      ? ({ type: 'team', id: value } as const)
      : ({ type: 'account' } as const)

export const principalOf = (id: string) =>
  id.startsWith('sva_') ? ({ kind: 'service_account', id } as const) : ({ kind: 'user', id } as const)

/** The options with whoever the address names, who may be none of the first ones that are offered. */
export const useWithChosen = (options: readonly Option[], who: string | undefined): readonly Option[] => {
  const isOffered = options.some(({ value }) => value === who)
  const { data } = useLoad(
    ['users', 'one', who],
    (api, signal) => api.users.get({ params: { id: who ?? '' } }, { signal }),
    { enabled: who?.startsWith('usr_') === true && !isOffered },
  )
  return !who || isOffered ? options : [{ value: who, label: data?.name ?? who }, ...options]
}
