/**
 * What an account does to its own things, done to the end: whatever comes of it, nothing of another account changes or
 * shows.
 */

import type { Query } from './catalog.ts'
import { deliveries, published } from './deliveries.ts'
import { changedTables, fingerprint } from './fingerprint.ts'
import { failed, note, type Outcome, shows } from './judge.ts'
import { rules } from './rules.ts'
import { sent } from './sending.ts'
import type { Spare, Stage } from './stage.ts'
import { askOf, bodiesWith, pathPrefixes, type Target, targets } from './targets.ts'

export type Check = { stage: Stage; outcome: Outcome; query: Query | undefined }

const isOfAnAccount = ({ route }: Target) =>
  route.scope === 'account' || (route.scope === 'platform' && Object.values(pathPrefixes(route)).includes('acc'))

/** The later, the more it may shut its own admin out, or take away what others need. */
const order = ({ route, room }: Target): number =>
  (route.method === 'DELETE' ? 2 : 0) + (mayShutOut.has(room) ? 1 : 0) + (route.path === '/v1/accounts/{id}' ? 10 : 0)
const mayShutOut: ReadonlySet<string> = new Set(['security', 'networks', 'sso', 'sessions', 'access', 'accounts'])

export const writes = targets
  .filter((target) => target.route.method !== 'GET' && target.route.permission !== 'public' && isOfAnAccount(target))
  .sort((a, b) => order(a) - order(b))
  .map((target) => ({ part: `write ${target.name}`, target }))

const toTheEnd = 'done to the end'
const ownParts: ReadonlySet<string> = new Set([rules, deliveries, published])
/** The part of the matrix that a finding belongs to. */
export const partOf = ({ route, way }: { route: string; way: string }): string => {
  if (way === toTheEnd) return `write ${route}`
  return ownParts.has(route) || targets.some(({ name }) => name === route) ? route : protocols
}
/** The part that is no route of the contract: what has a protocol of its own. */
export const protocols = 'protocols'

export const checkWrite = async ({ stage, outcome, query, target }: Check & { target: Target }) => {
  const { route } = target
  const spare = await stage.spare()
  const { other } = stage
  let by = route.scope === 'platform' ? superAdmin(stage) : await adminOf(spare)
  const before = query && (await fingerprint(query, other.account.id))
  for (const body of bodiesWith(route, spare.ids)) {
    const ask = askOf(route, spare.ids, body)
    const send = () => sent(stage, { ...by, standing: 'out' }, target, ask)
    let answer = await send()
    if (answer.status === 401 && route.scope !== 'platform') {
      // what was done before may have ended the session
      by = await adminOf(spare)
      answer = await send()
    }
    if (answer.status < 300) outcome.done++
    const wrong = failed(answer) ?? shows(other, JSON.stringify(ask), answer)
    note(outcome, { route: target.name, principal: by.name, way: toTheEnd }, wrong)
  }
  const after = query && (await fingerprint(query, other.account.id))
  const changed = before && after ? changedTables(before, after) : []
  const what = changed.length > 0 ? `changed ${changed.join(', ')}` : null
  note(outcome, { route: target.name, principal: 'any', way: toTheEnd }, what)
}

const superAdmin = ({ masterKey }: Stage): By => ({
  name: 'super admin',
  headers: { authorization: `Bearer ${masterKey}` },
})
type By = { name: string; headers: Record<string, string> }
const adminOf = async (spare: Spare): Promise<By> => ({
  name: 'account admin',
  headers: await spare.signIn().catch(() => ({})),
})
