/** What an administrator does through the API: paths with an id in them, and the making of whole worlds. */
import { type Commands, Refused } from './commands.ts'
import type { Hooks } from './hooks.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a caller sent; the operation reads what it knows
type Body = any
type Act = (id: string, body: Body, all: { commands: Commands; hooks: Hooks; at: Date }) => object

const person = (id: string, commands: Commands) => {
  const found = commands.world().users.get(id)
  if (!found) throw new Refused('not_found', 'Errors.User.NotFound (COMMAND-fake)')
  return found
}
const turn =
  (what: string, from: readonly string[]): Act =>
  (id, _, { commands, at }) => {
    if (!from.includes(person(id, commands).state))
      throw new Refused('failed_precondition', `Errors.User.Not${what} (COMMAND-fake)`)
    commands.setUser(id, what)
    return { details: { changeDate: at.toISOString() } }
  }
const turnOrganization =
  (what: 'deactivated' | 'reactivated'): Act =>
  (id, _, { commands, at }) => {
    const found = commands.world().orgs.get(id)
    if (!found) throw new Refused('not_found', 'Errors.Org.NotFound (COMMAND-fake)')
    if (found.active !== (what === 'deactivated'))
      throw new Refused('failed_precondition', 'Errors.Org.AlreadySo (COMMAND-fake)')
    commands.setOrg(id, what)
    return { changeDate: at.toISOString() }
  }

const active = ['USER_STATE_ACTIVE']
const project = '/zitadel.project.v2.ProjectService/'
const authorization = '/zitadel.authorization.v2.AuthorizationService/'

const acts: readonly (readonly [line: string, act: Act])[] = [
  [
    `POST ${project}CreateProject`,
    (_, { organizationId, name }, { commands, at }) => ({
      projectId: commands.addProject(organizationId, name),
      creationDate: at.toISOString(),
    }),
  ],
  [
    `POST ${project}DeleteProject`,
    (_, { projectId }, { commands, at }) => {
      commands.removeProject(projectId)
      return { deletionDate: at.toISOString() }
    },
  ],
  [
    `POST ${authorization}DeleteAuthorization`,
    (_, { id }, { commands, at }) => {
      commands.removeAuthorization(id)
      return { deletionDate: at.toISOString() }
    },
  ],
  ['POST /v2/organizations', (_, { name }, { commands }) => ({ organizationId: commands.addOrg(name) })],
  ['POST /v2/organizations/{id}/deactivate', turnOrganization('deactivated')],
  ['POST /v2/organizations/{id}/activate', turnOrganization('reactivated')],
  [
    'DELETE /v2/organizations/{id}',
    (id, _, { commands, at }) => {
      commands.setOrg(id, 'removed')
      return { deletionDate: at.toISOString() }
    },
  ],
  [
    'POST /v2/users/new',
    (_, { organizationId, userId, human }, { commands, at }) => {
      if (!commands.world().orgs.has(organizationId))
        throw new Refused('not_found', 'Errors.Org.NotFound (COMMAND-fake)')
      return { id: commands.addUser(organizationId, human.email.email, userId), creationDate: at.toISOString() }
    },
  ],
  ['POST /v2/users/{id}/deactivate', turn('deactivated', active)],
  ['POST /v2/users/{id}/reactivate', turn('reactivated', ['USER_STATE_INACTIVE'])],
  ['POST /v2/users/{id}/lock', turn('locked', active)],
  ['POST /v2/users/{id}/unlock', turn('unlocked', ['USER_STATE_LOCKED'])],
  ['POST /v2/actions/targets', (_, { endpoint }, { hooks }) => hooks.addTarget(endpoint)],
  [
    'DELETE /v2/actions/targets/{id}',
    (id, _, { hooks }) => {
      hooks.removeTarget(id)
      return {}
    },
  ],
  [
    'PUT /v2/actions/executions',
    (_, { condition, targets = [] }, { hooks, at }) => {
      hooks.setExecution(condition, targets)
      return { setDate: at.toISOString() }
    },
  ],
  ['POST /v2/actions/executions/search', (_, __, { hooks }) => ({ executions: hooks.executions() })],
]

const patterns = acts.map(([line, act]) => ({ pattern: new RegExp(`^${line.replace('{id}', '([^/]+)')}$`), act }))

/** Null for what is none of these. */
export const administered = (line: string, body: Body, all: Parameters<Act>[2]): object | null => {
  for (const { pattern, act } of patterns) {
    const found = pattern.exec(line)
    if (found) return act(found[1] ?? '', body, all)
  }
  return null
}
