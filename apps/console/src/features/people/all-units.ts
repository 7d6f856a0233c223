import type { Org, Team } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import type { Api } from '../../app/api.ts'

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

export const allOrgs = (api: Api, domain: Domain, signal: AbortSignal): Promise<Org[]> =>
  allOf((after) => api.orgs.list({ query: { domain, limit: 100, after } }, { signal }))
export const allTeams = (api: Api, domain: Domain, signal: AbortSignal): Promise<Team[]> =>
  allOf((after) => api.teams.list({ query: { domain, limit: 100, after } }, { signal }))
