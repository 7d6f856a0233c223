import { Select } from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { scopeLabels } from './strings.ts'

const t = messages('scopePicker', {
  search: 'Type a name to search',
  key: 'Key',
  role: 'Role',
  none: 'Nobody and nothing of this name',
})

export type Pickable = 'org' | 'team' | 'user' | 'key' | 'role'
type Found = { value: string; label: string }
const shownMax = 20

/** An org, team, person or key by name; ids are never typed. */
export const ScopePicker = ({
  type,
  value,
  onChange,
  error,
  help,
  autoFocus = false,
}: {
  type: Pickable
  value: string | null
  onChange: (id: string | null) => void
  error?: string | undefined
  help?: string
  autoFocus?: boolean
}) => {
  const [typed, setTyped] = useState('')
  const found = useLoad(['picker', type, typed], (api, signal) => searchers[type](api, typed, signal))
  const chosen = usePicked(type, value)
  const options = found.data ?? []
  const picked = chosen.data
  return (
    <Select
      label={type === 'key' || type === 'role' ? t[type] : scopeLabels[type]}
      required
      searchable
      autoFocus={autoFocus}
      placeholder={t.search}
      emptyText={t.none}
      value={value}
      onChange={onChange}
      // what is chosen is shown as the text of the field, and that is no search
      onSearch={(text) => setTyped(picked && text === picked.label ? '' : text)}
      options={picked && !options.some((option) => option.value === picked.value) ? [picked, ...options] : options}
      error={error}
      {...(help ? { help } : {})}
    />
  )
}

/** What was chosen, by name. */
export const usePicked = (type: Pickable, value: string | null) =>
  useLoad(['picker', type, 'one', value], (api, signal) => oneOf(api, type, value ?? '', signal), {
    enabled: value !== null,
  })

const person = ({ id, name, email }: { id: string; name: string; email: string }): Found => ({
  value: id,
  label: `${name} · ${email}`,
})
const team = ({ id, name, orgName }: { id: string; name: string; orgName: string }): Found => ({
  value: id,
  label: `${name} · ${orgName}`,
})
const org = ({ id, name }: { id: string; name: string }): Found => ({ value: id, label: name })
const key = ({ id, name, owner }: { id: string; name: string; owner: { name: string } }): Found => ({
  value: id,
  label: `${name} · ${owner.name}`,
})

// a label is what the list matches against, so words beside the name are left out of the question
const queryOf = (q: string) => ({ limit: shownMax, ...(q ? { q: q.split(' · ')[0] ?? q } : {}) })
// there are few roles, and the API gives them all at once
const rolesOf = async (api: Api, signal: AbortSignal): Promise<Found[]> =>
  (await api.roles.list({}, { signal })).items.map(org)

const searchers: Record<Pickable, (api: Api, q: string, signal: AbortSignal) => Promise<Found[]>> = {
  org: async (api, q, signal) => (await api.orgs.list({ query: queryOf(q) }, { signal })).items.map(org),
  team: async (api, q, signal) => (await api.teams.list({ query: queryOf(q) }, { signal })).items.map(team),
  user: async (api, q, signal) => (await api.users.list({ query: queryOf(q) }, { signal })).items.map(person),
  key: async (api, q, signal) => (await api.keys.list({ query: queryOf(q) }, { signal })).items.map(key),
  role: (api, _q, signal) => rolesOf(api, signal),
}

const oneOf = async (api: Api, type: Pickable, id: string, signal: AbortSignal): Promise<Found> => {
  const params = { id }
  if (type === 'org') return org(await api.orgs.get({ params }, { signal }))
  if (type === 'team') return team(await api.teams.get({ params }, { signal }))
  if (type === 'user') return person(await api.users.get({ params }, { signal }))
  if (type === 'role') return (await rolesOf(api, signal)).find(({ value }) => value === id) ?? { value: id, label: id }
  return key(await api.keys.get({ params }, { signal }))
}
