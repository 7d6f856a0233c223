/**
 * Every route × everybody who may knock × whose object it is × every way to slip another account's id in. What must
 * come back is worked out from the contract; no answer may hold a byte of the other account, and none of its rows may
 * change.
 */
import type { Query } from './catalog.ts'
import { checkDeliveries, checkPublished, deliveries, published, type Receiver } from './deliveries.ts'
import { changedTables, fingerprint } from './fingerprint.ts'
import { type Answer, differs, failed, missingId, note, type Outcome, refusedWith, shows } from './judge.ts'
import { asksTooMuch, inPart, mayNameOthers, movesOn, statusesOf, tellsOwnAttempts, verdictOf } from './oracle.ts'
import { forgers, type Party, type Principal, superAdminIn } from './principals.ts'
import { checkProtocols } from './protocols.ts'
import { checkRules, rules } from './rules.ts'
import { sent } from './sending.ts'
import type { Stage } from './stage.ts'
import {
  type Ask,
  askOf,
  bodiesWithId,
  idParameters,
  namesObject,
  pathPrefixes,
  searchParameters,
  type Target,
  targets,
  unreadable,
  withQuery,
} from './targets.ts'
import { checkWrite, protocols, writes } from './writes.ts'

type Options = {
  /** Reads the database beside the API, where it can be reached: proves that nothing of the other account changed. */
  query?: Query | undefined
  stopAtFirst?: boolean
  /** Where the installation may send events, if it can reach this machine. */
  receiver?: Receiver | undefined
  /** The parts to ask: names of routes, of those that are done to the end, and of what is no route. */
  only?: ReadonlySet<string> | undefined
  /** Called after each part. */
  after?: (part: string) => Promise<void>
  /** More of those who must be unknown. */
  strangers?: readonly Principal[]
  /** More who work in the account that knocks. */
  insiders?: readonly Principal[]
}

export const runMatrix = async (
  stage: Stage,
  { query, stopAtFirst = false, only, after, receiver, strangers = [], insiders = [] }: Options = {},
): Promise<Outcome> => {
  const outcome: Outcome = { cases: 0, leaks: [], byPrincipal: {}, done: {} }
  const everybody = everybodyOf(stage, [...strangers, ...insiders])
  const asked = targets.filter(({ name }) => only?.has(name) ?? true)
  const over = () => stopAtFirst && outcome.leaks.length > 0
  await checkRoutes({ stage, everybody, outcome, query, asked, stopAtFirst, after })
  for (const [part, work] of [
    [protocols, () => checkProtocols({ stage, everybody, outcome, query })],
    [rules, () => checkRules({ stage, outcome, query })],
    [published, () => checkPublished({ stage, outcome, query })],
    ...(receiver ? [[deliveries, () => checkDeliveries({ stage, outcome, query, receiver })] as const] : []),
    ...writes.map(({ part, target }) => [part, () => checkWrite({ stage, outcome, query, target })] as const),
  ] as const) {
    if (over()) return outcome
    if (only?.has(part) === false) continue
    await work()
    await after?.(part)
  }
  return outcome
}

type Work = {
  stage: Stage
  everybody: readonly Principal[]
  outcome: Outcome
  query: Query | undefined
  asked: readonly Target[]
  stopAtFirst: boolean
  after: Options['after']
}

const checkRoutes = async ({ stage, everybody, outcome, query, asked, stopAtFirst, after: then }: Work) => {
  for (const { self, foreign, knocking } of sidesOf(stage, everybody)) {
    const rows = await watch(query, foreign.account.id)
    for (const target of asked) {
      const renewed = await Promise.all(knocking.map(({ renew }) => renew?.()))
      if (renewed.includes(true)) await rows.changes()
      const [together = [], inTurn = []] = partition(knocking, ({ standing }) => mayGoTogether(target.route, standing))
      const check = (principal: Principal) => checkRoute({ stage, target, principal, self, foreign, outcome })
      await Promise.all(together.map(check))
      for (const principal of inTurn) await check(principal)
      note(outcome, { route: target.name, principal: 'any', way: 'write' }, await rows.changes())
      await then?.(target.name)
      if (stopAtFirst && outcome.leaks.length > 0) return
    }
  }
}

/** What changes of an account from one look to the next. */
const watch = async (query: Query | undefined, accountId: string) => {
  const look = () => (query ? fingerprint(query, accountId) : {})
  let before = await look()
  const changes = async () => {
    const after = await look()
    const changed = changedTables(before, after)
    before = after
    return changed.length > 0 ? `changed ${changed.join(', ')}` : null
  }
  return { changes }
}

/** Whoever is refused or only looks changes nothing that the others are answered with; what tells of looks is looked at in turn. */
const mayGoTogether = (route: Target['route'], standing: Principal['standing']) =>
  verdictOf(route, standing) !== 'admitted' || (route.method === 'GET' && !tellsOwnAttempts(route) && !route.stream)

const partition = <T>(all: readonly T[], is: (one: T) => boolean) => [all.filter(is), all.filter((one) => !is(one))]

const everybodyOf = ({ own, other, halted, masterKey }: Stage, more: readonly Principal[]): Principal[] => [
  ...forgers(other),
  ...more,
  ...own.principals,
  ...halted.principals,
  superAdminIn(own, masterKey),
]

const sidesOf = ({ own, other }: Stage, everybody: readonly Principal[]) => [
  { self: own, foreign: other, knocking: everybody },
  { self: other, foreign: own, knocking: other.principals.filter(({ name }) => name === 'account admin') },
]

type Check = { stage: Stage; target: Target; principal: Principal; self: Party; foreign: Party; outcome: Outcome }

const checkRoute = async (check: Check) => {
  const { target, principal, foreign } = check
  const { route } = target
  const verdict = verdictOf(route, principal.standing)
  // a public route needs nobody, so everybody is like the first stranger
  if (verdict === 'open' && principal.name !== 'anonymous') return
  if (verdict === 'open') {
    if (route.method === 'GET') await look(check, 'open', askOf(route, foreign.ids), () => null)
    return
  }
  if (verdict !== 'admitted') {
    await refused(check, statusesOf[verdict])
    return
  }
  await admitted(check)
}

/** Whose object it is, and whether there is one at all, makes no byte of difference to whom nothing is shown. */
const refused = async (check: Check, wanted: readonly number[]) => {
  const { target, self, foreign } = check
  const { route } = target
  const asks: [string, Ask][] = [
    ['other object', askOf(route, foreign.ids)],
    ['own object', askOf(route, self.ids)],
  ]
  if (!namesObject(route)) {
    for (const [way, ask] of asks) await look(check, way, ask, refusedWith(wanted))
    return
  }
  const missing = await look(check, 'missing object', askOf(route, missingIds(route)), refusedWith(wanted))
  const known = [...Object.values(foreign.ids), ...Object.values(self.ids)]
  const same = (answer: Answer) => refusedWith(wanted)(answer) ?? differs(missing, answer, known)
  for (const [way, ask] of asks) await look(check, way, ask, same)
}

const admitted = async (check: Check) => {
  const { target, self, foreign, principal } = check
  const { route } = target
  const own = askOf(route, self.ids)
  const isRead = route.method === 'GET'
  // what is held in one team alone says nothing of objects beside it
  if (!inPart(route, principal.standing)) await look(check, 'own object', isRead ? own : unreadable(own), notRefused)
  if (route.scope === 'platform') return await chosen(check, own)
  const bound = route.scope === 'account' || route.scope === 'any'
  if (namesObject(route)) {
    const missing = await send(check, askOf(route, missingIds(route)))
    const wanted = notFoundStatuses(route, principal.standing, own.body)
    await look(
      check,
      'other object in the path',
      askOf(route, foreign.ids),
      (answer) => refusedWith(wanted)(answer) ?? sameAs(missing, answer, check),
    )
  }
  if (!bound) return
  const isPlatform = typeof principal.standing === 'object' && principal.standing.platform
  if (!isPlatform) await elsewhere(check, isRead ? own : unreadable(own))
  if (isRead) await searched(check, own)
  for (const { name, prefix } of idParameters(route)) {
    const [theirs, nobodys] = [foreign.ids[prefix], missingId(prefix)]
    if (!theirs) continue
    const missing = await send(check, withQuery(own, name, nobodys))
    await look(check, `other ${name} in the query`, withQuery(own, name, theirs), (answer) =>
      sameAs(missing, answer, check),
    )
  }
  if (route.body && !isRead) await slippedInto(check, own)
}

/** An account that somebody names beside what they ask for moves nobody there who may choose none. */
const elsewhere = async (check: Check, ask: Ask) => {
  const { id } = check.foreign.account
  const plain = await send(check, ask)
  const unmoved = (answer: Answer) =>
    answer.account === id ? 'acted in the other account' : sameAs(plain, answer, check)
  await look(check, 'other account in the header', { ...ask, headers: { 'x-account-id': id } }, unmoved)
  await look(check, 'other account in the query', withQuery(ask, 'account_id', id), unmoved)
}

/** A role of the platform may choose any account's objects where the route acts on the platform: the one it chose, and no other. */
const chosen = async (check: Check, own: Ask) => {
  const { target, foreign } = check
  const { route } = target
  if (Object.values(pathPrefixes(route)).join() !== 'acc') return
  const brought = JSON.stringify(own)
  if (route.method === 'GET')
    await look(check, 'chosen account', own, (answer) => shows(foreign, brought, answer) ?? notMissing(answer))
  await look(check, 'missing account', askOf(route, missingIds(route)), refusedWith([404]))
}

/** What is not theirs is not there, unless they are refused whatever it is. */
const notFoundStatuses = (route: Target['route'], standing: Principal['standing'], body: unknown) => {
  if (asksTooMuch(route, standing, body)) return [403]
  return inPart(route, standing) ? [403, 404] : [404]
}

const notMissing = ({ status }: Answer) => (status === 404 ? 'is not found' : null)

/** Ids of others in the places of a body that take ids, and an account where no body takes one. */
const slippedInto = async (check: Check, own: Ask) => {
  const { target, self, foreign } = check
  const { route } = target
  for (const { pointer, prefix, body } of bodiesWithId(route)) {
    const theirs = foreign.ids[prefix]
    if (!theirs || prefix === 'acc') continue
    const missing = await send(check, { ...own, body: body(missingId(prefix)) })
    await look(check, `other ${pointer} in the body`, { ...own, body: body(theirs) }, (answer) =>
      sameAs(missing, answer, check),
    )
  }
  const body = {
    ...(askOf(route, self.ids).body as object),
    account_id: foreign.account.id,
    accountId: foreign.account.id,
  }
  await look(check, 'other account in the body', { ...own, body }, (answer) =>
    answer.status === 400 ? null : `took an account from the body: ${answer.status}`,
  )
}

/** Words that the objects of both accounts hold find one's own only. */
const searched = async (check: Check, own: Ask) => {
  for (const { name, word } of searchParameters(check.target.route))
    await look(check, `a word of both in ${name}`, withQuery(own, name, word), () => null)
}

/** One case: the answer is as promised, and holds nothing of the other account that the request did not bring along. */
const look = async (check: Check, way: string, ask: Ask, wrong: (answer: Answer) => string | null): Promise<Answer> => {
  const { outcome, target, principal, foreign } = check
  const { route } = target
  const answer = await send(check, ask)
  const mayName = tellsOwnAttempts(route)
  const leaked = () =>
    mayNameOthers(route, principal.standing) ? null : shows(foreign, JSON.stringify(ask), answer, { mayName })
  note(outcome, { route: target.name, principal: principal.name, way }, wrong(answer) ?? failed(answer) ?? leaked())
  return answer
}

const notRefused = ({ status, text }: Answer) =>
  status === 401 || status === 403 ? `refused with ${status}: ${text.slice(0, 200)}` : null

const sameAs = (missing: Answer, answer: Answer, { target, foreign }: Check): string | null =>
  (tellsOwnAttempts(target.route) || movesOn(target.route)) && missing.status === 200 && answer.status === 200
    ? null
    : differs(missing, answer, Object.values(foreign.ids))

const missingIds = (route: Target['route']) =>
  Object.fromEntries(Object.values(pathPrefixes(route)).map((prefix) => [prefix, missingId(prefix)]))

const send = ({ stage, principal, target }: Check, ask: Ask) => sent(stage, principal, target, ask)
