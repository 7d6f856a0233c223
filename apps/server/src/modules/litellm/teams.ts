import { budgetRoutes } from '@cockpit/contract/budgets'
import { decimalOf, microsOf } from '@cockpit/contract/decimal'
import { type Team, teamMemberRoutes, teamRoutes } from '@cockpit/contract/directory'
import { keyRoutes } from '@cockpit/contract/keys'
import { isRecord, type Loose, numberOf, textOf } from '@cockpit/contract/litellm'
import { type Ask, allOf, wrong } from './ask.ts'
import type { Act, Acts } from './call.ts'
import { allTeams, findOrg, findTeam, findUser, spendBy, teamOrigin } from './lookup.ts'
import { keyShape, limitsFrom, limitsTo, refuseFields, required, type SpendOf, textsIn } from './shapes.ts'

const cannot = {
  models: 'which models a team may use is said by deny rules and by its keys here.',
  soft_budget: 'a team has one budget here.',
  model_aliases: 'a team has no names of its own for models here.',
  max_parallel_requests: 'set it with POST /v1/limits for this team.',
  blocked: 'a team is not blocked here; revoke its keys.',
}

type Member = { userId: string }

/** Members as LiteLLM names them: by id or by address, one or many, with a role. */
const membersIn = async (ask: Ask, value: unknown): Promise<Member[]> => {
  const members: Member[] = []
  for (const one of (Array.isArray(value) ? value : [value]).filter((item) => item != null)) {
    const member: Loose = isRecord(one) ? one : { user_id: one }
    if (textOf(member.role) === 'admin')
      throw wrong('Who manages a team is said by a role here: POST /v1/role-assignments.')
    const named = textOf(member.user_id) ?? textOf(member.user_email)
    if (named === null) throw wrong("A member needs 'user_id' or 'user_email'.")
    members.push({ userId: (await findUser(ask, named)).id })
  }
  return members
}

/** A budget there is a ceiling here, in credits by the factor of the account. */
export const setBudget = async (ask: Ask, scope: { type: 'team' | 'user'; id: string }, value: unknown) => {
  const dollars = numberOf(value)
  if (dollars === null) return
  if (dollars < 0) throw wrong("'max_budget' is less than nothing.")
  const query = scope.type === 'team' ? { teamId: scope.id } : { userId: scope.id }
  const { factor } = await ask(budgetRoutes.effective, { query })
  const limit = decimalOf((BigInt(Math.round(dollars * 1_000_000)) * microsOf(factor)) / 1_000_000n)
  await ask(budgetRoutes.allocate, { body: { scope, mode: 'cap', limit } })
}

/** What teams or people may spend, in dollars, by id. Nothing for whoever may not see budgets. */
export const budgetsOf = async (ask: Ask, type: 'team' | 'user'): Promise<ReadonlyMap<string, number>> => {
  const overview = await ask(budgetRoutes.overview).catch(() => null)
  const nodes = overview?.nodes.filter(({ scope }) => scope.type === type) ?? []
  const [first] = nodes
  if (!first) return new Map()
  const query = type === 'team' ? { teamId: first.scope.id } : { userId: first.scope.id }
  const { factor } = await ask(budgetRoutes.effective, { query })
  return new Map(
    nodes.map(({ scope, limit }) => [scope.id, Number((microsOf(limit) * 1_000_000n) / microsOf(factor)) / 1e6]),
  )
}

export const teamShape = (team: Team, spendOf: SpendOf, budgets: ReadonlyMap<string, number>) => ({
  team_id: team.id,
  team_alias: team.name,
  organization_id: team.orgId,
  ...limitsTo(team.limits),
  max_budget: budgets.get(team.id) ?? null,
  budget_duration: null,
  spend: spendOf(team.id),
  models: [],
  metadata: {},
  blocked: false,
  created_at: team.createdAt,
})

const shown = async (ask: Ask, team: Team) => {
  const { items } = await ask(teamMemberRoutes.list, { params: { id: team.id }, query: { limit: 100 } })
  const shape = teamShape(team, await spendBy(ask, 'team').catch(() => () => null), await budgetsOf(ask, 'team'))
  return {
    ...shape,
    members_with_roles: items.map(({ id, email }) => ({ user_id: id, user_email: email, role: 'user' })),
  }
}

const create: Act = async ({ ask, input }) => {
  refuseFields(input, cannot)
  const org = textOf(input.organization_id)
  const own = textOf(input.team_id)
  const members = await membersIn(ask, input.members_with_roles ?? input.members)
  const body = {
    name: (textOf(input.team_alias) ?? own ?? 'LiteLLM team').slice(0, 80),
    ...(own !== null && { description: teamOrigin(own) }),
    ...(org !== null && { orgId: (await findOrg(ask, org)).id }),
    limits: limitsFrom(input),
  }
  const team = await ask(teamRoutes.create, { body })
  await addMembers(ask, team.id, members)
  await setBudget(ask, { type: 'team', id: team.id }, input.max_budget)
  return shown(ask, team)
}

const addMembers = async (ask: Ask, id: string, members: readonly Member[]) => {
  const userIds = members.map(({ userId }) => userId)
  if (userIds.length > 0) await ask(teamMemberRoutes.add, { params: { id }, body: { userIds } })
}

const info: Act = async ({ ask, input }) => {
  const team = await findTeam(ask, required(input, 'team_id'))
  const spendOf = await spendBy(ask, 'key').catch(() => () => null)
  const keys = await allOf((query) => ask(keyRoutes.list, { query: { ...query, teamId: team.id, status: 'active' } }))
  return {
    team_id: team.id,
    team_info: await shown(ask, team),
    keys: keys.map((key) => keyShape(key, spendOf)),
    team_memberships: [],
  }
}

const update: Act = async ({ ask, input }) => {
  refuseFields(input, cannot)
  const team = await findTeam(ask, required(input, 'team_id'))
  const name = textOf(input.team_alias)
  const org = textOf(input.organization_id)
  const limits = limitsFrom(input, team.limits)
  const body = {
    ...(name !== null && { name }),
    ...(org !== null && { orgId: (await findOrg(ask, org)).id }),
    ...(limits && { limits }),
  }
  const changed =
    Object.keys(body).length === 0 ? team : await ask(teamRoutes.update, { params: { id: team.id }, body })
  await setBudget(ask, { type: 'team', id: team.id }, input.max_budget)
  return { team_id: team.id, data: await shown(ask, changed) }
}

const remove: Act = async ({ ask, input }) => {
  const named = textsIn(input.team_ids)
  if (named.length === 0) throw wrong("'team_ids' is missing.")
  const teams: Team[] = []
  for (const one of named) teams.push(await findTeam(ask, one))
  for (const { id } of teams) await ask(teamRoutes.remove, { params: { id } })
  return { deleted_teams: named }
}

const list: Act = async ({ ask }) => {
  const spendOf = await spendBy(ask, 'team').catch(() => () => null)
  const budgets = await budgetsOf(ask, 'team')
  return (await allTeams(ask)).map((team) => teamShape(team, spendOf, budgets))
}

const addMember: Act = async ({ ask, input }) => {
  const team = await findTeam(ask, required(input, 'team_id'))
  if (numberOf(input.max_budget_in_team) !== null) throw wrong("'max_budget_in_team': a person has one budget here.")
  await addMembers(ask, team.id, await membersIn(ask, input.member))
  return shown(ask, await ask(teamRoutes.get, { params: { id: team.id } }))
}

const removeMember: Act = async ({ ask, input }) => {
  const team = await findTeam(ask, required(input, 'team_id'))
  const [member] = await membersIn(ask, { user_id: input.user_id, user_email: input.user_email })
  await ask(teamMemberRoutes.remove, { params: { id: team.id, userId: member?.userId ?? '' } })
  return shown(ask, await ask(teamRoutes.get, { params: { id: team.id } }))
}

export const teamActs: Acts = {
  'POST /team/new': create,
  'GET /team/info': info,
  'POST /team/update': update,
  'POST /team/delete': remove,
  'GET /team/list': list,
  'POST /team/member_add': addMember,
  'POST /team/member_delete': removeMember,
}
