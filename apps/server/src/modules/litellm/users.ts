import type { User } from '@cockpit/contract/directory'
import { keyRoutes } from '@cockpit/contract/keys'
import { textOf } from '@cockpit/contract/litellm'
import { userRoutes } from '@cockpit/contract/users'
import { type Ask, allOf, wrong } from './ask.ts'
import type { Act, Acts } from './call.ts'
import { findTeam, findUser, spendBy } from './lookup.ts'
import {
  keyShape,
  limitsFrom,
  limitsTo,
  pageFrom,
  refuseFields,
  required,
  roleFrom,
  roleTo,
  type SpendOf,
  textsIn,
} from './shapes.ts'
import { budgetsOf, setBudget } from './teams.ts'

const cannot = {
  models: 'which models somebody may use is said by deny rules and by their keys here.',
  soft_budget: 'a person has one budget here.',
  max_parallel_requests: 'set it with POST /v1/limits for this person.',
}

const userShape = (user: User, spendOf: SpendOf, budgets: ReadonlyMap<string, number>) => ({
  user_id: user.id,
  user_alias: user.name,
  user_email: user.email,
  user_role: roleTo(user.role),
  teams: user.teams.map(({ id }) => id),
  ...limitsTo(user.limits),
  max_budget: budgets.get(user.id) ?? null,
  budget_duration: null,
  spend: spendOf(user.id),
  models: [],
  metadata: {},
})
const spent = (ask: Ask) => spendBy(ask, 'user').catch(() => () => null)

const create: Act = async ({ ask, input }) => {
  refuseFields(input, cannot)
  const email = textOf(input.user_email) ?? textOf(input.user_id)
  if (email === null || !email.includes('@'))
    throw wrong("'user_email' is missing: people are known by their address here.")
  const teamIds: string[] = []
  for (const team of textsIn(input.teams)) teamIds.push((await findTeam(ask, team)).id)
  const limits = limitsFrom(input)
  const body = {
    email,
    name: (textOf(input.user_alias) ?? email.split('@')[0] ?? email).slice(0, 80),
    role: roleFrom(input.user_role) ?? 'member',
    teamIds,
    ...(limits && { limits }),
  }
  const user = await ask(userRoutes.create, { body })
  await setBudget(ask, { type: 'user', id: user.id }, input.max_budget)
  const shape = userShape(user, () => 0, await budgetsOf(ask, 'user'))
  if (input.auto_create_key === false) return shape
  const owner = { kind: 'user', id: user.id }
  const issued = await ask(keyRoutes.create, {
    body: { name: (textOf(input.key_alias) ?? 'LiteLLM key').slice(0, 80), owner },
  })
  return {
    ...shape,
    key: issued.secret,
    token: issued.id,
    key_name: issued.preview,
    key_alias: issued.name,
    expires: issued.expiresAt,
  }
}

const info: Act = async ({ ask, input }) => {
  const user = await findUser(ask, textOf(input.user_id) ?? required(input, 'user_email'))
  const spendOf = await spendBy(ask, 'key').catch(() => () => null)
  const keys = await allOf((query) => ask(keyRoutes.list, { query: { ...query, ownerId: user.id, status: 'active' } }))
  return {
    user_id: user.id,
    user_info: userShape(user, await spent(ask), await budgetsOf(ask, 'user')),
    keys: keys.map((key) => keyShape(key, spendOf)),
    teams: user.teams.map(({ id, name }) => ({ team_id: id, team_alias: name })),
  }
}

const update: Act = async ({ ask, input }) => {
  refuseFields(input, cannot)
  const user = await findUser(ask, textOf(input.user_id) ?? required(input, 'user_email'))
  const name = textOf(input.user_alias)
  const role = roleFrom(input.user_role)
  const limits = limitsFrom(input, user.limits)
  const body = { ...(name !== null && { name }), ...(role && { role }), ...(limits && { limits }) }
  const changed =
    Object.keys(body).length === 0 ? user : await ask(userRoutes.update, { params: { id: user.id }, body })
  await setBudget(ask, { type: 'user', id: user.id }, input.max_budget)
  return { user_id: user.id, data: userShape(changed, await spent(ask), await budgetsOf(ask, 'user')) }
}

const remove: Act = async ({ ask, input }) => {
  const named = textsIn(input.user_ids)
  if (named.length === 0) throw wrong("'user_ids' is missing.")
  const users: User[] = []
  for (const one of named) users.push(await findUser(ask, one))
  for (const { id } of users) await ask(userRoutes.remove, { params: { id } })
  return { deleted_users: named }
}

const list: Act = async ({ ask, input }) => {
  const { page, size } = pageFrom(input, 'page_size')
  const query = { limit: size, q: textOf(input.user_email) }
  let found = await ask(userRoutes.list, { query })
  for (let nth = 1; nth < page; nth++)
    found =
      found.next === null
        ? { ...found, items: [] }
        : await ask(userRoutes.list, { query: { ...query, after: found.next } })
  const [spendOf, budgets] = [await spent(ask), await budgetsOf(ask, 'user')]
  return {
    users: found.items.map((user) => ({ ...userShape(user, spendOf, budgets), key_count: user.keys })),
    total: found.total,
    page,
    page_size: size,
    total_pages: Math.ceil(found.total / size),
  }
}

export const userActs: Acts = {
  'POST /user/new': create,
  'GET /user/info': info,
  'POST /user/update': update,
  'POST /user/delete': remove,
  'GET /user/list': list,
}
