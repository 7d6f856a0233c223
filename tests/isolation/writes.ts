/**
 * What an account does to its own things, done to the end: whatever comes of it, nothing of another account changes or
 * shows.
 */

import { rolePermissions } from '@cockpit/contract/permissions'
import type { Query } from './catalog.ts'
import { deliveries, published } from './deliveries.ts'
import { changedTables, fingerprint } from './fingerprint.ts'
import { type Answer, failed, note, type Outcome, shows } from './judge.ts'
import { asksTooMuch, verdictOf } from './oracle.ts'
import type { Principal } from './principals.ts'
import { rules } from './rules.ts'
import { sent } from './sending.ts'
import type { Spare, Stage } from './stage.ts'
import { askOf, bodiesWith, pathPrefixes, type Target, targets } from './targets.ts'

export type Check = { stage: Stage; outcome: Outcome; query: Query | undefined }

const isOfAnAccount = ({ route, isAlias }: Target) =>
  !isAlias &&
  (route.scope === 'account' ||
    route.scope === 'any' ||
    (route.scope === 'platform' && Object.values(pathPrefixes(route)).includes('acc')))

/** The later, the more it may shut its own admin out, or take away what others need. */
const order = ({ route, room }: Target): number =>
  (route.method === 'DELETE' ? 2 : 0) + (mayShutOut.has(room) ? 1 : 0) + (room === 'accounts' ? 10 : 0)
const mayShutOut: ReadonlySet<string> = new Set(['security', 'networks', 'sso', 'sessions', 'access'])

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
  const before = query && (await fingerprint(query, other.account.id))
  if (mayChangeAsOther(route))
    await done({ stage, outcome, target }, async () => masked(await spare.seen().catch(() => ({}))))
  await done({ stage, outcome, target }, async () =>
    route.scope === 'platform' ? superAdmin(stage) : await adminOf(spare),
  )
  const after = query && (await fingerprint(query, other.account.id))
  const changed = before && after ? changedTables(before, after) : []
  const what = changed.length > 0 ? `changed ${changed.join(', ')}` : null
  note(outcome, { route: target.name, principal: 'any', way: toTheEnd }, what)
}

type Doing = { stage: Stage; outcome: Outcome; target: Target }
const done = async ({ stage, outcome, target }: Doing, come: () => Promise<Principal>) => {
  const { route } = target
  const { other } = stage
  const { ids } = await stage.spare()
  let by = await come()
  for (const body of bodiesWith(route, ids)) {
    const ask = askOf(route, ids, body)
    let answer = await sent(stage, by, target, ask)
    if (answer.status === 401 && route.scope !== 'platform') {
      // what was done before may have ended the session
      by = await come()
      answer = await sent(stage, by, target, ask)
    }
    if (answer.status < 300) outcome.done[by.name] = (outcome.done[by.name] ?? 0) + 1
    const tooMuch = asksTooMuch(route, by.standing, body)
    const isAsPromised = by.name !== maskedName || (answer.status === 403) === tooMuch
    const wrong = isAsPromised ? null : `answered ${answer.status}: ${answer.text.slice(0, 200)}`
    const leaked = (isFailureOf(route, answer) ? null : failed(answer)) ?? shows(other, JSON.stringify(ask), answer)
    note(outcome, { route: target.name, principal: by.name, way: toTheEnd }, leaked ?? wrong)
  }
}

/** What stands outside and does not answer is a failure that the contract names. */
const isFailureOf = ({ problems = [] }: Target['route'], { text }: Answer) =>
  problems.some((code) => text.includes(`"type":"${code}"`))

const maskedName = 'super admin as an admin who may write'
const writing = { permissions: rolePermissions.account_admin, platform: false, asOther: 'writing' } as const
const mayChangeAsOther = (route: Target['route']) =>
  route.scope === 'account' && verdictOf(route, writing) === 'admitted'
const masked = (headers: Record<string, string>): Principal => ({ name: maskedName, headers, standing: writing })

const superAdmin = ({ masterKey }: Stage): Principal => ({
  name: 'super admin',
  headers: { authorization: `Bearer ${masterKey}` },
  standing: { permissions: rolePermissions.super_admin, platform: true },
})
const adminOf = async (spare: Spare): Promise<Principal> => ({
  name: 'account admin',
  headers: await spare.signIn().catch(() => ({})),
  standing: { permissions: rolePermissions.account_admin, platform: false },
})
