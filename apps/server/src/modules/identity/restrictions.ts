import type { Restriction } from '@cockpit/contract/kit'
import { permissionFacts } from '@cockpit/contract/permissions'
import type { Actor, Clock, Tx } from '../../platform/index.ts'
import type { Person } from './people-repository.ts'
import type { SecondFactors } from './port.ts'
import type { RulesOf } from './rules.ts'

const dayMs = 24 * 60 * 60_000
type InForce = ReturnType<Awaited<ReturnType<RulesOf>>>
type Who = { person: Person; actor: Actor; inForce: InForce; session: { methods: readonly string[]; local: boolean } }

/**
 * What somebody must do before their session reaches anything else. Asked anew with each request, so that it holds for
 * sessions that are open, and ends with the act. People of an identity provider are its business.
 */
export const createRestrictions =
  ({ now, factors }: { now: Clock; factors: Pick<SecondFactors, 'of'> }) =>
  async (tx: Tx, { person, actor, inForce, session }: Who): Promise<Restriction | null> => {
    if (!session.local) return null
    if (session.methods.includes('pwd') && isExpired(person, inForce, now())) return 'change_password'
    if (!owesSecondFactor({ person, actor, inForce }, now())) return null
    const held = await factors.of(tx, person.id)
    return held.some((factor) => factor !== 'recovery') ? null : 'enrol_second_factor'
  }
export type RestrictionOf = ReturnType<typeof createRestrictions>

const isExpired = ({ passwordHash, passwordSince }: Person, { rules }: InForce, now: Date): boolean => {
  if (rules.passwordAgeDaysMax === null || passwordHash === null || !passwordSince) return false
  return passwordSince.getTime() + rules.passwordAgeDaysMax * dayMs <= now.getTime()
}

/** Whether somebody must have a second factor by now. */
export const owesSecondFactor = (
  { person, actor, inForce: { rules, demands } }: Omit<Who, 'session'>,
  now: Date,
): boolean =>
  demands.some(({ mode, since }) => {
    if (mode === 'off' || (mode === 'admins' && !isAdmin(actor))) return false
    const from = Math.max(since.getTime(), person.createdAt?.getTime() ?? 0)
    return from + rules.secondFactorGraceDays * dayMs <= now.getTime()
  })

/** Whoever may do something to others that could cost much, by whichever role and in whichever part of the account. */
const isAdmin = ({ permissions, delegated, isPlatform }: Actor): boolean =>
  isPlatform ||
  [...permissions, ...delegated.keys()].some((permission) => {
    const { risk, own } = permissionFacts[permission]
    return risk === 'high' && !own
  })
