/** What the contract's declaration of a route promises to a principal, worked out without asking the server. */
import type { Route } from '@cockpit/contract/kit'
import { type Permission, permissionFacts } from '@cockpit/contract/permissions'
import type { Standing } from './principals.ts'

/**
 * `open`: nobody is refused. `unknown`: 401. `forbidden`: 403. `out`: 401 or 403, whichever comes first.
 * `admitted`: the guards let them in, and what happens then depends on whose object it is.
 */
export type Verdict = 'open' | 'unknown' | 'forbidden' | 'out' | 'admitted'

export const verdictOf = (route: Route, standing: Standing): Verdict => {
  const { permission, scope, strangers, asOther } = route
  if (permission === 'public' || (strangers && standing === 'unknown')) return 'open'
  if (standing === 'unknown') return 'unknown'
  if (standing === 'over') return asOther === 'always' ? 'open' : 'forbidden'
  if (standing === 'stopped') return scope === 'none' ? 'open' : 'out'
  // signing out and the like concern the person alone, wherever they belong
  if (standing === 'out') return scope === 'none' || permission === 'signed-in' ? 'open' : 'out'
  return isForbidden(route, standing) ? 'forbidden' : 'admitted'
}

const isForbidden = (route: Route, standing: Known): boolean => {
  const { permission, scope, path } = route
  if (scope === 'platform' && !standing.platform) return true
  if (permission !== 'signed-in' && !holds(standing.permissions, permission) && !inPart(route, standing)) return true
  if (standing.asOther && !mayAsOther(route, standing.asOther)) return true
  return (standing.platform || standing.program === true) && membersOnly.has(path)
}
type Known = Exclude<Standing, string>
const holds = (some: ReadonlySet<string> | undefined, permission: string): boolean => some?.has(permission) === true

/** Whether it is held in one team alone, and the route narrows what it does to that. */
export const inPart = ({ permission, delegable }: Route, standing: Standing): boolean =>
  typeof standing === 'object' &&
  delegable === true &&
  !holds(standing.permissions, permission) &&
  holds(standing.part, permission)

/**
 * Whoever sees the product as somebody else reads, but not what is that person's own affair; where they may write as well,
 * then only what a permission lets be changed so, and nothing that asks for a fresh proof.
 */
const mayAsOther = (route: Route, how: 'looking' | 'writing') => {
  const { method, permission, scope, stepUp, asOther, changesNothing } = route
  if (asOther !== undefined) return asOther === 'always'
  const isPersonal = scope === 'none' && permission === 'signed-in'
  if (isPersonal || stepUp === true) return false
  if (method === 'GET' || changesNothing === true) return true
  return how === 'writing' && permission in permissionFacts && permissionFacts[permission as Permission].asOther
}

/** Whether what is sent makes it something that asks for a fresh proof, which nobody gives as somebody else. */
export const asksTooMuch = ({ stepUp, body: schema }: Route, standing: Standing, body: unknown): boolean => {
  if (typeof standing !== 'object' || !standing.asOther || !Array.isArray(stepUp)) return false
  const sent = schema?.safeParse(body)
  return sent?.success === true && stepUp.some((field) => (sent.data as Record<string, unknown>)[field] !== undefined)
}

/** What only a member of the account has: a role of the platform, or of a program, is no membership. */
const membersOnly: ReadonlySet<string> = new Set(['/v1/me/effective'])

/** What tells of the account's own attempts names the ids they tried, and grows with every refused one. */
export const tellsOwnAttempts = ({ path }: Route): boolean => path.startsWith('/v1/audit')

/** What moves on with the clock is another one each time it is asked, whoever asks. */
export const movesOn = ({ path }: Route): boolean => path === '/v1/usage/traffic'

/** Whether the answer may name other accounts: a role of the platform chooses among all of them. */
export const mayNameOthers = ({ scope, path }: Route, standing: Standing): boolean =>
  typeof standing === 'object' && standing.platform && (scope === 'platform' || path === '/v1/me/context')

export const statusesOf: Readonly<Record<Exclude<Verdict, 'open' | 'admitted'>, readonly number[]>> = {
  unknown: [401],
  forbidden: [403],
  out: [401, 403],
}
