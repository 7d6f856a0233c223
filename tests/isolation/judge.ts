/** What was asked and judged, and the judgements that hold for every kind of request. */
import type { Party } from './principals.ts'

export type Leak = { route: string; principal: string; way: string; what: string }
export type Outcome = {
  cases: number
  leaks: Leak[]
  byPrincipal: Record<string, number>
  /** Of what an account does to its own things, how much was done by whom. */
  done: Record<string, number>
}
export type Answer = {
  status: number
  text: string
  account: string | null
  /** Its headers, one a line. */
  head: string
}
/** An answer as it is judged. */
export const answered = ({ status, headers }: Pick<Response, 'status' | 'headers'>, text: string): Answer => ({
  ...{ status, text, account: headers.get('x-account-id') },
  head: [...headers].map((pair) => pair.join(': ')).join('\n'),
})
export type Case = { route: string; principal: string; way: string }

/** Counts a case, and keeps what is wrong with it. */
export const note = (outcome: Outcome, { route, principal, way }: Case, what: string | null) => {
  outcome.cases++
  outcome.byPrincipal[principal] = (outcome.byPrincipal[principal] ?? 0) + 1
  if (what) outcome.leaks.push({ route, principal, way, what })
}

/** Whether an answer holds anything of the other account that the request did not bring along itself. */
export const shows = (
  { account, canary, keySecret, settings, ids, programs }: Party,
  brought: string,
  { text, head }: Answer,
  { mayName = false } = {},
): string | null => {
  const never = [canary, account.email, keySecret, programs.scim.secret, programs.client.secret, ...settings]
  const named = mayName ? [] : [account.id, programs.scim.userId, programs.scim.groupId, ...Object.values(ids)]
  const seen = [...never, ...named]
    .filter((value) => !brought.includes(value))
    .find((value) => text.includes(value) || head.includes(value))
  return seen ? `shows ${seen}` : null
}

export const failed = ({ status, text }: Answer): string | null =>
  status >= 500 ? `failed: ${text.slice(0, 200)}` : null

export const refusedWith = (statuses: readonly number[]) => (answer: Answer) =>
  statuses.includes(answer.status) ? null : `answered ${answer.status}, not ${statuses.join(' or ')}`

/** The bytes of a missing one: whether an object of another account exists cannot be told. */
export const differs = (missing: Answer, answer: Answer, values: readonly string[]): string | null => {
  // what both made has an id of its own each time
  const isMade = missing.status === 201 && answer.status === 201
  const plain = (one: Answer) => (isMade ? withoutIds(plainOf(one, values)) : plainOf(one, values))
  const [a, b] = [plain(missing), plain(answer)]
  return a === b ? null : `differs from a missing one: ${b.slice(0, 300)} instead of ${a.slice(0, 300)}`
}

const plainOf = ({ status, text }: Answer, values: readonly string[]) =>
  `${status} ${text}`
    .replaceAll(/[a-z]+_0190f5c27d7a7c3e8f00aa11bb22cc33/g, '<id>')
    .replaceAll(new RegExp(values.join('|'), 'g'), '<id>')
    .replaceAll(/req_[0-9a-z]+/g, '<request>')
    .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, '<time>')

const withoutIds = (text: string) => text.replaceAll(/[a-z]+_[0-9a-f]{32}/g, '<id>')

export const missingId = (prefix: string) => `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33`
