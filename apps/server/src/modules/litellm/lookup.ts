/** Things by whichever name a client of LiteLLM has for them. */
import { orgRoutes, serviceAccountRoutes, type Team, teamRoutes } from '@cockpit/contract/directory'
import { type Key, keyRoutes } from '@cockpit/contract/keys'
import { usageRoutes } from '@cockpit/contract/usage'
import { userRoutes } from '@cockpit/contract/users'
import { type Ask, allOf, missing } from './ask.ts'
import { hashOf } from './call.ts'
import { dollars, type SpendOf } from './shapes.ts'

/** A key by its secret, the hash of it, or its id here. */
export const findKey = async (ask: Ask, key: string): Promise<Key> => {
  if (key.startsWith('key_')) return ask(keyRoutes.get, { params: { id: key } })
  const { items } = await ask(keyRoutes.list, { query: { hash: hashOf(key), limit: 1 } })
  return items[0] ?? unknown('key')
}

export const findKeyByAlias = async (ask: Ask, alias: string): Promise<Key> => {
  const { items } = await ask(keyRoutes.list, { query: { q: alias, status: 'active', limit: 100 } })
  return items.find(({ name }) => name === alias) ?? unknown('key')
}

/** A team by its id here, or by the one it had before it came along, which its description keeps. */
export const findTeam = async (ask: Ask, id: string): Promise<Team> => {
  if (id.startsWith('team_')) return ask(teamRoutes.get, { params: { id } })
  const teams = await allTeams(ask)
  return teams.find(({ description }) => description === teamOrigin(id)) ?? unknown('team')
}
export const teamOrigin = (id: string) => `LiteLLM team ${id}`
export const allTeams = (ask: Ask) => allOf((query) => ask(teamRoutes.list, { query }))

export const findOrg = async (ask: Ask, id: string) => {
  if (id.startsWith('org_')) return ask(orgRoutes.get, { params: { id } })
  const orgs = await allOf((query) => ask(orgRoutes.list, { query }))
  return orgs.find(({ description }) => description === `LiteLLM organization ${id}`) ?? unknown('organization')
}

/** A person by their id here, or by their address. */
export const findUser = async (ask: Ask, named: string) => {
  if (named.startsWith('usr_')) return ask(userRoutes.get, { params: { id: named } })
  const { items } = await ask(userRoutes.list, { query: { q: named, limit: 100 } })
  return items.find(({ email }) => email.toLowerCase() === named.toLowerCase()) ?? unknown('user')
}

/** The program that owns the keys of a team which belong to no person. */
export const programOf = async (ask: Ask, team: Team | null): Promise<string> => {
  const name = (team ? `LiteLLM keys of ${team.name}` : 'LiteLLM keys').slice(0, 80)
  const teamId = team?.id ?? null
  const programs = await allOf((query) => ask(serviceAccountRoutes.list, { query: { ...query, q: 'LiteLLM keys' } }))
  const there = programs.find((program) => program.name === name && program.teamId === teamId)
  return there?.id ?? (await ask(serviceAccountRoutes.create, { body: { name, teamId } })).id
}

/** All that was spent, by what `by` says. The greatest two hundred are known; of others beyond them, nothing is made up. */
export const spendBy = async (ask: Ask, by: 'key' | 'user' | 'team'): Promise<SpendOf> => {
  const { items } = await ask(usageRoutes.breakdown, { query: { by, from: beginning } })
  const sums = new Map(items.map(({ id, cost }) => [id, dollars(cost.amount)]))
  const isWhole = items.length < 200
  return (id) => sums.get(id) ?? (isWhole ? 0 : null)
}
export const beginning = '2020-01-01T00:00:00.000Z'

const unknown = (what: string): never => {
  throw missing(`There is no such ${what}.`)
}
