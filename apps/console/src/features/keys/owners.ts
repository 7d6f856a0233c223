import type { Option } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { allTeams, optionsOf } from '../people/all-units.ts'
import { t } from './strings.ts'

export type Owner = { kind: 'user' | 'service_account'; id: string; name: string; teams: readonly Option[] | null }

/** People and service accounts to choose from, found on the server by what is typed. */
export const useOwners = (enabled: boolean) => {
  const { me } = useScope()
  const [q, setQuery] = useState('')
  const query = { q: q || undefined, limit: 50 }
  const { data } = useLoad(
    ['owners', query],
    async (api, signal) => {
      const [users, services] = await Promise.all([
        api.users.list({ query: { ...query, status: 'active' } }, { signal }),
        api.serviceAccounts.list({ query }, { signal }),
      ])
      return { users: users.items, services: services.items }
    },
    { enabled },
  )
  const owners: Owner[] = [
    ...(data?.users ?? []).map(
      ({ id, name, teams }): Owner => ({
        kind: 'user',
        id,
        name: id === me.principal.id ? t.you(name) : name,
        teams: teams.map((team) => ({ value: team.id, label: team.name })),
      }),
    ),
    ...(data?.services ?? []).map(({ id, name }): Owner => ({ kind: 'service_account', id, name, teams: null })),
  ]
  const options = owners.map(
    ({ kind, id, name }): Option => ({
      value: id,
      label: name,
      group: kind === 'user' ? t.people : t.serviceAccounts,
    }),
  )
  return { owners, options, search: setQuery }
}

/** Teams of the account as options; null for readers who see no teams. */
export const useTeamOptions = (): readonly Option[] | null => {
  const { can, me } = useScope()
  const allowed = can('directory.read') || me.delegated.some(({ permission }) => permission === 'directory.read')
  const { data } = useLoad(['teams', 'options'], (api, signal) => allTeams(api, undefined, signal), {
    enabled: allowed,
  })
  return allowed ? optionsOf(data ?? []) : null
}
