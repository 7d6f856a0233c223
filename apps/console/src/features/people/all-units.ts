import type { Org, Team } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import type { Option } from '@cockpit/ui'
import type { Api } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'

type PageOf<T> = { items: T[]; next: string | null }

const allOf = async <T>(page: (after: string | undefined) => Promise<PageOf<T>>): Promise<T[]> => {
  const all: T[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const { items, next } = await page(after)
    all.push(...items)
    after = next
  }
  return all
}

export const allOrgs = (api: Api, domain: Domain | undefined, signal: AbortSignal): Promise<Org[]> =>
  allOf((after) => api.orgs.list({ query: { domain, limit: 100, after } }, { signal }))
export const allTeams = (api: Api, domain: Domain | undefined, signal: AbortSignal): Promise<Team[]> =>
  allOf((after) => api.teams.list({ query: { domain, limit: 100, after } }, { signal }))

/** Every org to choose from, of one domain or of both. */
export const useOrgOptions = ({ domain, enabled = true }: { domain?: Domain; enabled?: boolean } = {}) => {
  const { can } = useScope()
  const { data } = useLoad(['orgs', 'all', domain], (api, signal) => allOrgs(api, domain, signal), {
    enabled: enabled && can('directory.read'),
  })
  return optionsOf(data ?? [])
}

/** Names in the order in which they are looked for: Team 2 before Team 10. */
export const byName = (a: { name: string }, b: { name: string }): number =>
  a.name.localeCompare(b.name, undefined, { numeric: true })

export const optionsOf = (units: readonly { id: string; name: string }[]): Option[] =>
  units.toSorted(byName).map(({ id, name }) => ({ value: id, label: name }))
