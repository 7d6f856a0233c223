import type { SimulateQuestion, Simulation } from '@cockpit/contract/access'
import type { Route } from '@cockpit/contract/kit'
import { keyPermissions, type Permission, permissionFacts } from '@cockpit/contract/permissions'
import { type ProblemCode, problems } from '@cockpit/contract/problems'
import { accessOf, admission, type Caller, type Held, rightsIn } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'
import { roleNames } from './model.ts'
import { routeAt } from './routes-known.ts'
import { subjectRepository } from './subjects-repository.ts'

type Step = Simulation['steps'][number]
/** A principal as the server would meet them: what stops them at the door, else what they may do. */
type Met = {
  step: Step
  stopped: ProblemCode | null
  caller: Caller
  held: ReadonlyMap<Permission, Held>
  id: string
}

/** What the server would answer somebody. It asks the very functions that the server refuses with. */
export const createSimulate =
  ({ db, now }: { db: Db; now: Clock }) =>
  (ctx: Ctx, { principal, route: call, permission, resource }: SimulateQuestion): Promise<Simulation> =>
    db.tenant(ctx, async (tx) => {
      const route = call ? routeAt(call.method, call.path) : permissionAlone(permission)
      if (!route) throw new Problem('route.not_found', 'There is no such route.')
      const met = await meet(tx, principal, now())
      if (route.permission === 'public') return verdict([{ rule: 'route', ok: true, detail: 'Anybody may call this.' }])
      if (isStopped(route, met)) return verdict([met.step], met.stopped)
      const admitted = admission(route, met.caller)
      const steps = [met.step, ...admitted.steps.map((step) => explained(step, route, met))]
      if (admitted.refused) return verdict(steps, admitted.refused.code)
      return resource ? within(tx, steps, { route, met, resource }, now()) : verdict(steps)
    })

/** A stopped person may still sign out. */
const isStopped = ({ scope }: Route, { stopped }: Met) =>
  stopped !== null && (scope !== 'none' || stopped === 'auth.required')

const explained = (step: Step, route: Route, met: Met): Step =>
  step.rule === 'permission' ? { ...step, detail: withReason(step.detail, route, met) } : step

const verdict = (steps: readonly Step[], code: ProblemCode | null = null): Simulation => ({
  allowed: code === null,
  status: code === null ? 200 : problems[code].status,
  code,
  rule: steps.at(-1)?.rule ?? 'route',
  steps: [...steps],
})

/** A permission alone is asked about as the most permissive route that needs it. */
const permissionAlone = (permission: Permission | undefined): Route | null =>
  permission === undefined
    ? null
    : ({
        method: 'GET',
        permission,
        scope: 'none',
        ...(permissionFacts[permission].delegable && { delegable: true }),
      } as Route)

const meet = async (tx: Tx, { kind, id }: SimulateQuestion['principal'], now: Date): Promise<Met> => {
  const subjects = subjectRepository(tx, now)
  const isPlatform = tx.ctx.accountId === platformAccount
  const accountStops = !isPlatform && (await subjects.account())?.status !== 'active'
  const met = (
    detail: string,
    stopped: ProblemCode | null,
    rights: Pick<Caller, 'permissions' | 'delegated'>,
    held: Met['held'] = new Map(),
  ): Met => ({
    step: { rule: 'principal', ok: stopped === null, detail },
    stopped,
    caller: {
      ...rights,
      isPlatform: isPlatform && kind === 'user',
      accountId: isPlatform ? null : tx.ctx.accountId,
      impersonated: null,
    },
    held,
    id,
  })
  if (kind === 'key') {
    const key = (await subjects.key(id)) ?? missing('key.not_found', 'There is no such key.')
    const rights = { permissions: keyPermissions, delegated: new Map<never, never>() }
    if (!key.works) return met(`The key '${key.name}' has ended.`, 'auth.required', rights)
    if (accountStops) return met('The account is suspended.', 'account.suspended', rights)
    return met(`The key '${key.name}' works.`, null, rights)
  }
  const person = kind === 'user' ? await subjects.user(id) : null
  const program = kind === 'service_account' ? await subjects.serviceAccount(id) : null
  if (!person && !program)
    throw kind === 'user'
      ? new Problem('user.not_found', 'There is no such person here.')
      : new Problem('service_account.not_found', 'There is no such service account.')
  const roles = person ? [person.role] : []
  const held = accessOf(
    factsOf({ kind, id, roles }, await readFacts(tx, { kind, id, accountId: tx.ctx.accountId })),
    now,
  )
  const rights = rightsIn(held)
  if (accountStops) return met('The account is suspended.', 'account.suspended', rights, held)
  if (person && person.status !== 'active')
    return met(`${person.name} is suspended here.`, 'account.suspended', rights, held)
  return met(
    person ? `${person.name} has the role ${roleNames[person.role]} here.` : `${program?.name} is a service account.`,
    null,
    rights,
    held,
  )
}

const missing = (code: ProblemCode, detail: string): never => {
  throw new Problem(code, detail)
}

/** Which role gives the permission, or which rule takes it. */
const withReason = (detail: string, { permission }: Route, { held }: Met): string => {
  const found = held.get(permission as Permission)
  if (!found) return detail
  if (found.deniedBy) return `${detail} The rule ${found.deniedBy.id} takes it: ${found.deniedBy.reason}`
  const from = found.grants.map(
    ({ roleName, via, reach, expiresAt }) =>
      `${roleName}${via === 'membership' ? ' (membership)' : ''}${reach === 'all' ? '' : ' in a part'}${expiresAt ? ` until ${expiresAt.toISOString()}` : ''}`,
  )
  return `${detail} From: ${from.join(', ')}.`
}

type Asked = { route: Route; met: Met; resource: NonNullable<SimulateQuestion['resource']> }

/** Whether the thing lies where the permission reaches. What lies outside answers like something that does not exist. */
const within = async (
  tx: Tx,
  steps: readonly Step[],
  { route, met, resource }: Asked,
  now: Date,
): Promise<Simulation> => {
  const place = await subjectRepository(tx, now).placeOf(resource.type, resource.id)
  const code: ProblemCode = `${resource.type}.not_found`
  const step = (ok: boolean, detail: string): Step[] => [...steps, { rule: 'resource', ok, detail }]
  if (!place) return verdict(step(false, 'The account has no such thing.'), code)
  const needed = resource.type === 'key' ? keyPermissionOf(route) : (route.permission as Permission)
  if (met.caller.permissions.has(needed)) return verdict(step(true, `'${needed}' reaches the whole account.`))
  if (resource.type === 'key' && place.ownerId === met.id) return verdict(step(true, 'It is their own.'))
  const reach = met.caller.delegated.get(needed)
  const inside =
    resource.type === 'org'
      ? place.orgIds.some((one) => reach?.orgIds.includes(one))
      : place.teamIds.some((one) => reach?.teamIds.includes(one))
  return inside
    ? verdict(step(true, `It lies in the part that '${needed}' reaches.`))
    : verdict(step(false, `It lies outside the part that '${needed}' reaches.`), code)
}

/** Calls about keys ask for `key.write_own`; whose keys beside their own somebody reaches, these decide. */
const keyPermissionOf = ({ method, permission }: Route): Permission =>
  permission === 'key.read' || permission === 'key.write' ? permission : method === 'GET' ? 'key.read' : 'key.write'
