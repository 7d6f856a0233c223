/** What the contract's declaration of a route promises to a principal, worked out without asking the server. */
import type { Route } from '@cockpit/contract/kit'
import type { Standing } from './principals.ts'

/**
 * `open`: nobody is refused. `unknown`: 401. `forbidden`: 403. `out`: 401 or 403, whichever comes first.
 * `admitted`: the guards let them in, and what happens then depends on whose object it is.
 */
export type Verdict = 'open' | 'unknown' | 'forbidden' | 'out' | 'admitted'

export const verdictOf = (route: Route, standing: Standing): Verdict => {
  const { permission, scope, path, strangers } = route
  if (permission === 'public' || (strangers && standing === 'unknown')) return 'open'
  if (standing === 'unknown') return 'unknown'
  if (standing === 'stopped') return scope === 'none' ? 'open' : 'out'
  // signing out and the like concern the person alone, wherever they belong
  if (standing === 'out') return scope === 'none' || permission === 'signed-in' ? 'open' : 'out'
  if (scope === 'platform' && !standing.platform) return 'forbidden'
  if (permission !== 'signed-in' && !standing.permissions.has(permission)) return 'forbidden'
  if (standing.looksOnly && !mayLookAt(route)) return 'forbidden'
  if ((standing.platform || standing.program) && membersOnly.has(path)) return 'forbidden'
  return 'admitted'
}

/** Whoever sees the product as somebody else reads, but not what is that person's own affair. */
const mayLookAt = ({ method, permission, scope, stepUp, asOther, changesNothing }: Route) => {
  if (asOther !== undefined) return asOther === 'always'
  const isPersonal = scope === 'none' && permission === 'signed-in'
  return !isPersonal && stepUp !== true && (method === 'GET' || changesNothing === true)
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
