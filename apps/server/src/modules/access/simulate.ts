import type { SimulateQuestion, Simulation } from '@cockpit/contract/access'
import type { Route } from '@cockpit/contract/kit'
import { type Permission, permissionFacts } from '@cockpit/contract/permissions'
import { type ProblemCode, problems } from '@cockpit/contract/problems'
import { type Clock, type Ctx, type Db, Problem, passGates, type Tx } from '../../platform/index.ts'
import type { AdmitsFrom, WouldBe } from './port.ts'
import { routeAt } from './routes-known.ts'
import { formerMet, type Met, meetPerson, personMet, programMet, type Step } from './simulated-caller.ts'
import { subjectRepository } from './subjects-repository.ts'

type Deps = { db: Db; now: Clock; wouldBe: WouldBe; admitsFrom: AdmitsFrom }
type Place = Awaited<ReturnType<ReturnType<typeof subjectRepository>['placeOf']>>

/** What the server would answer somebody. It asks the very functions that the server refuses with. */
export const createSimulate =
  ({ db, now, wouldBe, admitsFrom }: Deps) =>
  async (ctx: Ctx, question: SimulateQuestion): Promise<Simulation> => {
    const { principal, route: call, permission, resource, from } = question
    const route = call ? routeAt(call.method, call.path) : permissionAlone(permission)
    if (!route) throw new Problem('route.not_found', 'There is no such route.')
    const person = await meetPerson(ctx, { wouldBe, question, scope: route.scope })
    const { met, place } = await db.tenant(ctx, async (tx) => ({
      met: person ? await personMet(tx, principal.id, person, now()) : await otherMet(tx, principal, now()),
      place: resource ? await subjectRepository(tx, now()).placeOf(resource.type, resource.id) : null,
    }))
    if (route.permission === 'public') return verdict([{ rule: 'route', ok: true, detail: 'Anybody may call this.' }])
    if (!met.known) return verdict(met.steps, met.refused?.code ?? 'auth.required')
    const { steps, refused } = await passGates({ route, known: met.known, ip: from ?? null, admitsFrom, now })
    const all = [...met.steps, ...unasked(route, from), ...steps.map((step) => explained(step, route, met))]
    if (refused) return { ...verdict(all, refused.problem.code), afterConfirming: refused.by === 'proof' }
    return resource ? within(all, { route, met, resource, place }) : verdict(all)
  }

const otherMet = (tx: Tx, principal: SimulateQuestion['principal'], now: Date): Promise<Met> =>
  principal.kind === 'user' ? formerMet(tx, principal.id, now) : programMet(tx, principal, now)

/** What the answer leaves open is said. */
const unasked = ({ fromAnywhere }: Route, from: string | undefined): Step[] =>
  from !== undefined || fromAnywhere
    ? []
    : [{ rule: 'network', ok: true, detail: 'No address was given, so no list of allowed networks was asked.' }]

const explained = (step: Step, route: Route, met: Met): Step =>
  step.rule === 'permission' ? { ...step, detail: withReason(step.detail, route, met) } : step

const verdict = (steps: readonly Step[], code: ProblemCode | null = null): Simulation => ({
  allowed: code === null,
  status: code === null ? 200 : problems[code].status,
  code,
  afterConfirming: false,
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
        scope: 'any',
        ...(permissionFacts[permission].delegable && { delegable: true }),
      } as Route)

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

type Asked = { route: Route; met: Met; resource: NonNullable<SimulateQuestion['resource']>; place: Place }

/** Whether the thing lies where the permission reaches. What lies outside answers like something that does not exist. */
const within = (steps: readonly Step[], { route, met, resource, place }: Asked): Simulation => {
  const code: ProblemCode = `${resource.type}.not_found`
  const step = (ok: boolean, detail: string): Step[] => [...steps, { rule: 'resource', ok, detail }]
  if (!place) return verdict(step(false, 'The account has no such thing.'), code)
  const needed = resource.type === 'key' ? keyPermissionOf(route) : (route.permission as Permission)
  if (met.known?.actor.permissions.has(needed)) return verdict(step(true, `'${needed}' reaches the whole account.`))
  if (resource.type === 'key' && place.ownerId === met.id) return verdict(step(true, 'It is their own.'))
  const reach = met.known?.actor.delegated.get(needed)
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
