import type { CockpitClient } from '../index.ts'
import { allOf, creditsOf, type Notebook, reasonOf } from './apply.ts'
import type { PeoplePlan, PlannedUser } from './plan-people.ts'

/** Ids here by what something is called there; null for what would be made. */
export type Ids = Map<string, string | null>
export type PeopleIds = { orgs: Ids; teams: Ids; users: Ids; programs: Ids }

export const applyPeople = async (api: CockpitClient, plan: PeoplePlan, book: Notebook): Promise<PeopleIds> => {
  const ids: PeopleIds = { orgs: new Map(), teams: new Map(), users: new Map(), programs: new Map() }
  await applyUnits(api, plan, ids, book)
  await applyUsers(api, plan.users, ids, book)
  await applyPrograms(api, plan, ids, book)
  await applyBudgets(api, plan, ids, book)
  for (const { kind, name, why } of plan.leftOut) book.note(kind, name, 'left_out', null, [why])
  return ids
}

/** Written into the description of what comes along, so that a later import knows it again under whatever name. */
const origin = (kind: string, sourceId: string) => `LiteLLM ${kind} ${sourceId}`.slice(0, 400)

type Unit = { id: string; name: string; description: string | null }

/** The one that came from there, else one of its name that came from nowhere; and a name that is free. */
const placeOf = (units: readonly Unit[], kind: string, { name, sourceId }: { name: string; sourceId: string }) => {
  const description = origin(kind, sourceId || 'of no team')
  const isSameName = (unit: Unit) => unit.name.toLowerCase() === name.toLowerCase()
  const came = units.find((unit) => unit.description === description)
  const same = units.find((unit) => isSameName(unit) && !unit.description?.startsWith(origin(kind, '')))
  const isTaken = units.some(isSameName)
  return { existing: (came ?? same)?.id, description, name: isTaken ? `${name} ${sourceId.slice(-6)}` : name }
}

const applyUnits = async (api: CockpitClient, plan: PeoplePlan, ids: PeopleIds, book: Notebook) => {
  const orgs: Unit[] = await allOf((query) => api.orgs.list({ query }))
  for (const org of plan.orgs) {
    const { existing, ...body } = placeOf(orgs, 'organization', org)
    const create = async () => (await api.orgs.create({ body })).id
    const id = await book.make('org', { ...org, name: body.name }, { existing, create })
    keep(ids.orgs, org.sourceId, id, book)
    if (existing === undefined) orgs.push({ id: id ?? '', ...body })
  }
  const teams: Unit[] = await allOf((query) => api.teams.list({ query }))
  for (const team of plan.teams) {
    const orgId = team.orgId === null ? null : ids.orgs.get(team.orgId)
    const { existing, ...unit } = placeOf(teams, 'team', team)
    const create = async () =>
      (await api.teams.create({ body: { ...unit, limits: team.limits, ...(orgId && { orgId }) } })).id
    const id = await book.make('team', { ...team, name: unit.name }, { existing, create })
    keep(ids.teams, team.sourceId, id, book)
    if (existing === undefined) teams.push({ id: id ?? '', ...unit })
  }
}

const keep = (ids: Ids, sourceId: string, id: string | null, { dryRun }: Notebook) => {
  if (id !== null || dryRun) ids.set(sourceId, id)
}

/** Those that are there; what would only be made has no id yet. */
const known = (ids: Ids, sourceIds: readonly string[]) => sourceIds.flatMap((sourceId) => ids.get(sourceId) ?? [])

const applyUsers = async (api: CockpitClient, users: readonly PlannedUser[], ids: PeopleIds, book: Notebook) => {
  const there = new Map(
    (await allOf((query) => api.users.list({ query }))).map((user) => [user.email.toLowerCase(), user]),
  )
  for (const user of users) {
    const { name, email, role, limits, sourceId } = user
    const existing = there.get(email)
    const teamIds = known(ids.teams, user.teamIds)
    const create = async () => (await api.users.create({ body: { name, email, role, limits, teamIds } })).id
    const id = await book.make('user', { name: email, notes: user.notes }, { existing: existing?.id, create })
    keep(ids.users, sourceId, id, book)
    const lacking = existing ? teamIds.filter((team) => !existing.teams.some((one) => one.id === team)) : []
    if (!book.dryRun && existing)
      for (const team of lacking) await api.teamMembers.add({ params: { id: team }, body: { userIds: [existing.id] } })
  }
}

const applyPrograms = async (api: CockpitClient, { programs }: PeoplePlan, ids: PeopleIds, book: Notebook) => {
  const there: Unit[] = await allOf((query) => api.serviceAccounts.list({ query }))
  for (const program of programs) {
    const teamId = program.teamId === null ? null : (ids.teams.get(program.teamId) ?? null)
    const { existing, ...unit } = placeOf(there, 'keys', program)
    const create = async () => (await api.serviceAccounts.create({ body: { ...unit, teamId } })).id
    const id = await book.make('service account', { ...program, name: unit.name }, { existing, create })
    keep(ids.programs, program.sourceId, id, book)
    if (existing === undefined) there.push({ id: id ?? '', ...unit })
  }
}

/** A budget there is a ceiling here: the credits stay with the account, and no more than so many may be drawn. */
const applyBudgets = async (api: CockpitClient, plan: PeoplePlan, ids: PeopleIds, book: Notebook) => {
  const wanted = [
    ...plan.orgs.map((org) => ({ ...org, type: 'org' as const, id: ids.orgs.get(org.sourceId) })),
    ...plan.teams.map((team) => ({ ...team, type: 'team' as const, id: ids.teams.get(team.sourceId) })),
    ...plan.users.map((user) => ({ ...user, type: 'user' as const, id: ids.users.get(user.sourceId) })),
  ].filter(({ dollars }) => dollars !== null)
  if (wanted.length === 0) return
  const nodes = new Map((await api.budgets.overview()).nodes.map(({ scope, id }) => [scope.id, id]))
  const factor = book.dryRun ? null : await factorOf(api, ids)
  for (const { name, type, id, dollars } of wanted) {
    if (id === undefined) continue
    const create = async () => {
      const limit = creditsOf(dollars ?? 0, factor ?? '1')
      return (await api.budgets.allocate({ body: { scope: { type, id: id ?? '' }, mode: 'cap', limit } })).id
    }
    const existing = id === null ? undefined : nodes.get(id)
    await book.make('budget', { name: `${type} ${name}`, notes: [`${dollars} USD`] }, { existing, create })
  }
}

/** Credits for one dollar, as the account has them. */
const factorOf = async (api: CockpitClient, { teams, users }: PeopleIds): Promise<string> => {
  const teamId = [...teams.values()].find((id) => id !== null)
  const userId = [...users.values()].find((id) => id !== null)
  const query = teamId ? { teamId } : userId ? { userId } : {}
  return (await api.budgets.effective({ query })).factor
}

/** Keys are taken over by hash, many at a time. */
export const applyKeys = async (
  api: CockpitClient,
  { keys }: PeoplePlan,
  {
    ids,
    models,
    groups,
  }: { ids: PeopleIds; models: ReadonlySet<string>; groups: ReadonlyMap<string, readonly string[]> },
  book: Notebook,
) => {
  const ready = keys.flatMap((key) => {
    const owners = key.owner.kind === 'user' ? ids.users : ids.programs
    const owner = owners.get(key.owner.sourceId)
    if (owner === undefined) {
      book.note('key', key.name, 'left_out', null, ['Its owner is not there.'])
      return []
    }
    const named = key.models?.flatMap((name) => groups.get(name) ?? [name]) ?? null
    const may = named && [...new Set(named)].filter((name) => models.has(name))
    const gone = named?.filter((name) => !models.has(name)) ?? []
    const notes = gone.length > 0 ? [...key.notes, `It may not use ${gone.join(', ')}: not there.`] : key.notes
    const body = {
      hash: key.hash,
      preview: key.preview,
      name: key.name,
      owner: { kind: key.owner.kind === 'user' ? ('user' as const) : ('service_account' as const), id: owner ?? '' },
      teamId: key.teamId === null ? null : (ids.teams.get(key.teamId) ?? null),
      models: may,
      limits: key.limits,
      expiresAt: key.expiresAt,
    }
    return [{ key, body, notes }]
  })
  if (book.dryRun) return void ready.map(({ key, notes }) => book.note('key', key.name, 'to_create', null, notes))
  for (let from = 0; from < ready.length; from += keysAtOnce) {
    const some = ready.slice(from, from + keysAtOnce)
    const { items } = await api.keys.adopt({ body: { keys: some.map(({ body }) => body) } })
    for (const [at, { verdict, keyId, reason }] of items.entries()) {
      const one = some[at]
      if (!one) continue
      const outcome = ({ adopted: 'created', known: 'exists', refused: 'failed' } as const)[verdict]
      const notes = verdict === 'known' ? [] : reason ? [reason, ...one.notes] : one.notes
      book.note('key', one.key.name, outcome, keyId, notes)
      if (verdict === 'adopted' && keyId && one.key.parallelMax !== null)
        await limitParallel(api, keyId, one.key.parallelMax, book)
    }
  }
}
const keysAtOnce = 200

const limitParallel = async (api: CockpitClient, id: string, parallel: number, book: Notebook) => {
  try {
    await api.limits.create({ body: { scope: { type: 'key', id }, limits: { parallel } } })
  } catch (error) {
    book.note('limit', id, 'failed', null, [reasonOf(error)])
  }
}
