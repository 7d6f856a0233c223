import type { CameBy, SimulateQuestion, Simulation } from '@cockpit/contract/access'
import type { Route } from '@cockpit/contract/kit'
import { keyPermissions, type Permission } from '@cockpit/contract/permissions'
import { accessOf, type Held, rightsIn } from '@cockpit/policy'
import { type Actor, type Authenticated, type Ctx, Problem, type Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readFacts } from './facts-repository.ts'
import { roleNames } from './model.ts'
import type { WouldBe } from './port.ts'
import { subjectRepository } from './subjects-repository.ts'

export type Step = Simulation['steps'][number]
/** A principal as the server would meet them: who asks, or what stops them at the door. */
export type Met = {
  id: string
  steps: Step[]
  known: Authenticated | null
  refused: Problem | null
  /** Why they may do what they may, as far as this account decides it. */
  held: ReadonlyMap<Permission, Held>
}
type Principal = SimulateQuestion['principal']
const step = (rule: string, ok: boolean, detail: string): Step => ({ rule, ok, detail })

type PersonAsked = { wouldBe: WouldBe; question: SimulateQuestion; scope: Route['scope'] }

/** A person, with a session or a token of theirs; null for whoever is not of the account. */
export const meetPerson = async (ctx: Ctx, { wouldBe, question, scope }: PersonAsked) => {
  const { principal, cameBy, confirmed } = question
  if (principal.kind !== 'user') return null
  return wouldBe(ctx, principal.id, { cameBy, isConfirmed: confirmed, scope })
}

export const personMet = async (
  tx: Tx,
  id: string,
  found: NonNullable<Awaited<ReturnType<WouldBe>>>,
  now: Date,
): Promise<Met> => {
  const { name, cameBy, membership, known, refused } = found
  const isHere = membership?.accountId === tx.ctx.accountId
  const roles = membership && isHere ? [membership.role] : []
  const held = accessOf(
    factsOf({ kind: 'user', id, roles }, await readFacts(tx, { kind: 'user', id, accountId: tx.ctx.accountId })),
    now,
  )
  const role = membership ? roleNames[membership.role] : 'no role'
  const where = isHere ? 'here' : 'of the platform, which counts before any here'
  const isStopped = refused?.code === 'account.suspended'
  const steps = [
    step('principal', !isStopped, isStopped ? `${name} is suspended here.` : `${name} has the role ${role} ${where}.`),
    ...(isStopped ? [] : [step('sign_in', refused === null, refused?.detail ?? `Came in ${waysIn[cameBy]}.`)]),
  ]
  return { id, steps, known, refused, held: isHere ? held : new Map() }
}

const waysIn: Readonly<Record<CameBy, string>> = {
  password: 'with a password',
  passkey: 'with a passkey',
  identity_provider: 'by the identity provider of the installation',
  account_provider: 'by the identity provider of this account',
  identity_provider_token:
    'with a token of the identity provider of the installation, taken to be theirs and to give this role',
  account_provider_token:
    'with a token of the identity provider of this account, taken to be theirs and to give this role',
}

/** Whoever was taken out of the account is told from somebody who never was in it. */
export const formerMet = async (tx: Tx, id: string, now: Date): Promise<Met> => {
  const removedAt = await subjectRepository(tx, now).removedAt(id)
  if (!removedAt) throw new Problem('user.not_found', 'There is no such person here.')
  const refused = new Problem('auth.required', 'Removed from this account.')
  const detail = `Removed from this account at ${removedAt.toISOString()}; nothing of theirs reaches it any more. Whoever belongs to another account is answered there, about that one.`
  return { id, steps: [step('principal', false, detail)], known: null, refused, held: new Map() }
}

/** A key or a service account, by their bearer. */
export const programMet = async (tx: Tx, { kind, id }: Principal, now: Date): Promise<Met> => {
  const subjects = subjectRepository(tx, now)
  const stops = (await subjects.account())?.status !== 'active'
  const met = (detail: string, caller: Pick<Actor, 'kind' | 'name' | 'permissions' | 'delegated'>, held = noneHeld) => {
    const actor: Actor = { ...caller, id, isPlatform: false, isSuperAdmin: false }
    const refused = stops ? new Problem('account.suspended', 'The account is suspended.') : null
    const known = refused ? null : authenticated(actor, tx.ctx.accountId)
    return { id, steps: [step('principal', !refused, refused?.detail ?? detail)], known, refused, held }
  }
  if (kind === 'key') {
    const key = await subjects.key(id)
    if (!key) throw new Problem('key.not_found', 'There is no such key.')
    if (!key.works) return ended(id, `The key '${key.name}' has ended.`)
    const caller = { kind, name: key.name, permissions: keyPermissions, delegated: new Map<never, never>() }
    return met(`The key '${key.name}' works.`, caller)
  }
  const program = await subjects.serviceAccount(id)
  if (!program) throw new Problem('service_account.not_found', 'There is no such service account.')
  const who = { kind: 'service_account', id } as const
  const held = accessOf(
    factsOf({ ...who, roles: [] }, await readFacts(tx, { ...who, accountId: tx.ctx.accountId })),
    now,
  )
  return met(`${program.name} is a service account.`, { kind: who.kind, name: program.name, ...rightsIn(held) }, held)
}

const noneHeld: ReadonlyMap<Permission, Held> = new Map()

const ended = (id: string, detail: string): Met => ({
  id,
  steps: [step('principal', false, detail)],
  known: null,
  refused: new Problem('auth.required', detail),
  held: noneHeld,
})

const authenticated = (actor: Actor, accountId: string): Authenticated => ({
  actor,
  accountId,
  sessionId: null,
  authenticatedAt: null,
  impersonator: null,
  via: 'bearer',
})
