/** Orgs, teams, people and keys, with what each may use and spend: what the tables of the database say. */

import type { AccountRole, RateLimits } from '@cockpit/contract/kit'
import { countOf, type Loose, numberOf, textOf } from '@cockpit/contract/litellm'
import type { LeftOut } from './plan-models.ts'
import { emptyDatabase, type LiteLlmSource, recordsOf, textsOf } from './source.ts'

/** `sourceId` is what it is called there. */
type Planned = { sourceId: string; name: string; notes: string[] }
type Spending = { dollars: number | null }
export type PlannedOrg = Planned & Spending
export type PlannedTeam = Planned & Spending & { orgId: string | null; limits: RateLimits }
export type PlannedUser = Planned &
  Spending & { email: string; role: AccountRole; teamIds: string[]; limits: RateLimits }
/** A program that owns the keys of nobody: one for each team, and one for keys without a team. */
export type PlannedProgram = Planned & { teamId: string | null }
export type PlannedKey = Planned & {
  hash: string
  preview: string
  owner: { kind: 'user' | 'program'; sourceId: string }
  teamId: string | null
  /** Null for all models; names of access groups among them. */
  models: string[] | null
  limits: RateLimits
  parallelMax: number | null
  expiresAt: string | null
}
export type PeoplePlan = {
  orgs: PlannedOrg[]
  teams: PlannedTeam[]
  users: PlannedUser[]
  programs: PlannedProgram[]
  keys: PlannedKey[]
  leftOut: LeftOut[]
}

export const planPeople = ({ database }: LiteLlmSource, now: Date): PeoplePlan => {
  const { organizations, teams, users, keys, budgets, endUsers } = database ?? emptyDatabase
  const budgetById = new Map(budgets.map((row) => [textOf(row.budget_id), row]))
  const budgetOf = (row: Loose) => budgetById.get(textOf(row.budget_id)) ?? {}
  const plan: PeoplePlan = {
    orgs: named(organizations, 'organization_id', 'organization_alias').map(({ row, ...planned }) => ({
      ...planned,
      ...spending({ ...budgetOf(row), ...present(row) }, planned.notes),
    })),
    teams: named(teams, 'team_id', 'team_alias').map(({ row, ...planned }) => ({
      ...planned,
      ...spending(row, planned.notes),
      orgId: textOf(row.organization_id),
      limits: limitsOf(row),
    })),
    users: [],
    programs: [],
    keys: [],
    leftOut: [],
  }
  for (const row of teams)
    if (row.blocked === true) noteOf(plan.teams, row.team_id)?.push('It is blocked there; its keys stay behind.')
  addUsers(plan, users, membershipsOf(users, teams))
  addKeys(plan, { keys, teams, budgetOf, now })
  for (const row of endUsers) {
    const spends = numberOf(budgetOf(row).max_budget) !== null
    const why = spends
      ? 'A user that a request names has no budget of their own here.'
      : 'A user that a request names needs no entry here: calls are told apart by the name.'
    plan.leftOut.push({ kind: 'end user', name: textOf(row.user_id) ?? '', why })
  }
  return plan
}

const present = (row: Loose): Loose => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
const noteOf = (teams: readonly Planned[], id: unknown) => teams.find(({ sourceId }) => sourceId === id)?.notes

const named = (rows: readonly Loose[], idColumn: string, aliasColumn: string) =>
  rows.map((row): Planned & { row: Loose } => {
    const sourceId = textOf(row[idColumn]) ?? ''
    return { sourceId, name: (textOf(row[aliasColumn]) ?? sourceId).slice(0, 70), notes: [], row }
  })

const spending = (row: Loose, notes: string[]): Spending => {
  const dollars = numberOf(row.max_budget)
  const every = textOf(row.budget_duration)
  if (dollars !== null && every !== null)
    notes.push(`Its budget was for ${every}; here it is for each cycle of the account's budget plan.`)
  if (dollars !== null && every === null) notes.push('Its budget was for good; here it renews with each cycle.')
  return { dollars }
}

const limitsOf = (row: Loose): RateLimits => ({ rpm: countOf(row.rpm_limit), tpm: countOf(row.tpm_limit) })

/** Teams of people by the user's own row and by the team's. */
const membershipsOf = (users: readonly Loose[], teams: readonly Loose[]) => {
  const of = new Map<string, Set<string>>()
  const add = (user: string | null, team: string | null) => {
    if (user === null || team === null) return
    of.set(user, (of.get(user) ?? new Set()).add(team))
  }
  for (const row of users) for (const team of textsOf(row.teams)) add(textOf(row.user_id), team)
  for (const row of teams) {
    for (const member of recordsOf(row.members_with_roles)) add(textOf(member.user_id), textOf(row.team_id))
    for (const member of [...textsOf(row.members), ...textsOf(row.admins)]) add(member, textOf(row.team_id))
  }
  return of
}

const roles: Readonly<Record<string, [AccountRole, string?]>> = {
  proxy_admin: ['account_admin'],
  proxy_admin_viewer: ['member', 'It saw everything and changed nothing; give it a role that does, where it should.'],
  org_admin: ['member', 'It managed an organization; give it that role for the org.'],
  internal_user: ['member'],
  internal_user_viewer: ['end_user'],
}

const addUsers = (plan: PeoplePlan, users: readonly Loose[], memberships: ReadonlyMap<string, ReadonlySet<string>>) => {
  const teams = new Set(plan.teams.map(({ sourceId }) => sourceId))
  const addresses = new Set<string>()
  for (const row of users) {
    const sourceId = textOf(row.user_id) ?? ''
    const email = textOf(row.user_email)?.toLowerCase() ?? (sourceId.includes('@') ? sourceId.toLowerCase() : null)
    if (email === null || !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email) || addresses.has(email)) {
      const why =
        email !== null && addresses.has(email)
          ? `Another one has the address ${email}.`
          : 'It has no e-mail address, by which people are known here; its keys go to a service account.'
      plan.leftOut.push({ kind: 'user', name: sourceId, why })
      continue
    }
    addresses.add(email)
    const [role, note] = roles[textOf(row.user_role) ?? 'internal_user'] ?? ['end_user' as const]
    const notes = note ? [note] : []
    if (textsOf(row.models).length > 0)
      notes.push('Which models it might use is not carried over; its keys keep theirs.')
    const name = (textOf(row.user_alias) ?? email.split('@')[0] ?? email).slice(0, 80)
    const teamIds = [...(memberships.get(sourceId) ?? [])].filter((team) => teams.has(team)).slice(0, 50)
    plan.users.push({ sourceId, name, notes, ...spending(row, notes), email, role, teamIds, limits: limitsOf(row) })
  }
}

type KeyRows = { keys: readonly Loose[]; teams: readonly Loose[]; budgetOf: (row: Loose) => Loose; now: Date }

const addKeys = (plan: PeoplePlan, { keys, teams, budgetOf, now }: KeyRows) => {
  const teamRows = new Map(teams.map((row) => [textOf(row.team_id), row]))
  const ownerFor = createOwnerFor(plan)
  for (const row of keys) {
    const hash = textOf(row.token)?.toLowerCase() ?? ''
    const name = (textOf(row.key_alias) ?? textOf(row.key_name) ?? `Key ${hash.slice(0, 8)}`).slice(0, 80)
    const team = teamRows.get(textOf(row.team_id))
    const why = whyNot(row, hash, team, now)
    if (why !== null) {
      plan.leftOut.push({ kind: 'key', name, why })
      continue
    }
    const notes: string[] = []
    const own = { ...budgetOf(row), ...present(row) }
    if (numberOf(own.max_budget) !== null)
      notes.push(
        `Its budget of ${numberOf(own.max_budget)} USD is not carried over: its owner and its team have one here.`,
      )
    if (Object.keys((own.aliases as object | null) ?? {}).length > 0)
      notes.push('Its aliases of models are not carried over.')
    const teamId = team ? textOf(team.team_id) : null
    plan.keys.push({
      sourceId: hash,
      name,
      notes,
      hash,
      preview: textOf(row.key_name)?.slice(0, 40) ?? 'sk-…',
      owner: ownerFor(textOf(row.user_id), teamId, team),
      teamId,
      models: modelsFor(row, team, notes),
      limits: limitsOf(own),
      parallelMax: countOf(own.max_parallel_requests),
      expiresAt: instantOf(row.expires),
    })
  }
}

const whyNot = (row: Loose, hash: string, team: Loose | undefined, now: Date): string | null => {
  const expiresAt = instantOf(row.expires)
  if (!/^[0-9a-f]{64}$/.test(hash)) return 'Its hash is no SHA-256.'
  if (row.blocked === true || team?.blocked === true) return 'It is blocked, itself or with its team.'
  if (expiresAt !== null && new Date(expiresAt) <= now) return 'It has expired.'
  if (textOf(row.team_id) === 'litellm-dashboard') return 'It belongs to a session of its console.'
  return null
}

/** Columns of time there bear no zone and mean UTC. */
const instantOf = (value: unknown): string | null => {
  if (value instanceof Date) return value.toISOString()
  const text = textOf(value)
  if (text === null) return null
  const at = new Date(/(z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** The person, where they come along and are in the team; else the program of the team. */
const createOwnerFor = (plan: PeoplePlan) => {
  const users = new Map(plan.users.map((user) => [user.sourceId, user]))
  const programs = new Set<string>()
  return (userId: string | null, teamId: string | null, team: Loose | undefined): PlannedKey['owner'] => {
    const user = users.get(userId ?? '')
    if (user && (teamId === null || user.teamIds.includes(teamId))) return { kind: 'user', sourceId: user.sourceId }
    const sourceId = teamId ?? ''
    if (!programs.has(sourceId)) {
      programs.add(sourceId)
      const name = team ? `LiteLLM keys of ${textOf(team.team_alias) ?? sourceId}`.slice(0, 80) : 'LiteLLM keys'
      plan.programs.push({ sourceId, name, notes: ['Owns the keys that belong to no person who comes along.'], teamId })
    }
    return { kind: 'program', sourceId }
  }
}

/** What a key says of models, else what its team says; an empty list means all of them. */
const modelsFor = (row: Loose, team: Loose | undefined, notes: string[]): string[] | null => {
  const own = textsOf(row.models)
  const asTeam = own.length === 0 || own.includes('all-team-models')
  const said = asTeam && team ? textsOf(team.models) : own
  if (asTeam && team && said.length > 0) notes.push('Its models are those of its team as they are now.')
  if (said.includes('no-default-models')) return []
  const isAll =
    said.length === 0 || said.some((name) => name === 'all-proxy-models' || name === 'all-team-models' || name === '*')
  return isAll ? null : said
}
