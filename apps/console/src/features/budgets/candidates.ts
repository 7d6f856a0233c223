import type { BudgetNode, DistributionInput } from '@cockpit/contract/budgets'
import type { Api } from '../../app/api.ts'

export type Candidate = Pick<BudgetNode['scope'], 'id' | 'name' | 'type'>
type Page<T> = { items: T[]; next: string | null }
const pagesMax = 50

/** All pages of a list, up to the 5,000 members a distribution may have. */
const allOf = async <T>(load: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> => {
  const found: T[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const { items, next } = await load(after)
    found.push(...items)
    if (!next) break
    after = next
  }
  return found
}

/** Who can share the credits of a scope: the orgs, teams or active people inside it. */
export const candidatesOf = async (
  api: Api,
  { type, id }: Pick<BudgetNode['scope'], 'type' | 'id'>,
  among: DistributionInput['among'],
  signal: AbortSignal,
): Promise<Candidate[]> => {
  const limit = 100
  const teams = (orgId?: string) => allOf((after) => api.teams.list({ query: { limit, after, orgId } }, { signal }))
  const users = (teamId?: string) =>
    allOf((after) => api.users.list({ query: { limit, after, teamId, status: 'active' } }, { signal }))
  const named = (of: Candidate['type'], found: readonly { id: string; name: string }[]): Candidate[] => [
    ...new Map(found.map((one) => [one.id, { type: of, id: one.id, name: one.name }])).values(),
  ]
  if (among === 'orgs')
    return type === 'account'
      ? named('org', await allOf((after) => api.orgs.list({ query: { limit, after } }, { signal })))
      : []
  if (among === 'teams') {
    if (type === 'account') return named('team', await teams())
    return type === 'org' ? named('team', await teams(id)) : []
  }
  if (type === 'account') return named('user', await users())
  if (type === 'team') return named('user', await users(id))
  // an org has people through its teams
  const inTeams = await Promise.all((await teams(id)).map((team) => users(team.id)))
  return named('user', inTeams.flat())
}
