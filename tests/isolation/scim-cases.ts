/** `/scim/v2`: whose objects a source reaches, whatever it slips in, and that nobody else reaches any. */
import { type Answer, answered, differs, failed, missingId, note, refusedWith, shows } from './judge.ts'
import { type Party, scimTokenName } from './principals.ts'
import type { Protocols, Side } from './protocols.ts'
import {
  type Ask,
  aboutMembers,
  aboutObject,
  aboutQuestions,
  creations,
  everything,
  groupNamed,
  type Named,
  sharedPerson,
} from './scim-asks.ts'
import { groupOfTheStrict } from './stage.ts'

type Headers = Record<string, string>
type Who = { name: string; headers: Headers }

const bearer = (secret: string): Headers => ({ authorization: `Bearer ${secret}` })
const namedIn = ({ programs: { scim }, account, canary }: Party): Named => ({
  ...{ user: scim.userId, group: scim.groupId, userName: scim.userName, groupName: scim.groupName },
  ...{ email: account.email, word: canary },
})
const missing: Named = {
  ...{ user: missingId('usr'), group: missingId('grp'), userName: 'nobody@example.com', groupName: 'Nobody' },
  ...{ email: 'no-admin@example.com', word: 'canary-of-nobody' },
}

export const checkStrangersAtScim = async (all: Protocols) => {
  const { own, other, halted } = all.stage
  const ended = Object.entries(own.programs.scim.ended).map(([why, secret]) => ({
    name: `SCIM token that is ${why}`,
    headers: bearer(secret),
  }))
  const sides = { self: own, foreign: other }
  const asks = [
    ...everything(namedIn(other)).map((ask) => ({ ask, way: 'other object' })),
    ...everything(namedIn(own)).map((ask) => ({ ask, way: 'own object' })),
  ]
  const knock = (who: Who, status: number) =>
    Promise.all(asks.map(({ ask, way }) => look(all, sides, who, way, ask, refusedWith([status]))))
  for (const who of [...all.everybody.filter(({ name }) => name !== scimTokenName), ...ended]) await knock(who, 401)
  await knock({ name: 'SCIM token of a suspended account', headers: bearer(halted.programs.scim.secret) }, 403)
}

export const checkSource = async (all: Protocols, side: Side) => {
  const { self, foreign } = side
  const source = { name: 'SCIM token', headers: bearer(self.programs.scim.secret) }
  const [own, theirs] = [namedIn(self), namedIn(foreign)]
  const unmoved = (before: Answer) => (answer: Answer) => same(before, answer, foreign)

  const isThere = (answer: Answer) =>
    answer.status === 200 && answer.text.includes('schemas') ? null : `does not serve its own source: ${answer.status}`
  for (const ask of everything(own).filter(({ line }) => line.startsWith('GET'))) {
    await look(all, side, source, 'own object', ask, isThere)
    const plain = await send(all, source, ask)
    const header = { ...ask, headers: { 'x-account-id': foreign.account.id } }
    await look(all, side, source, 'other account in the header', header, unmoved(plain))
    for (const name of ['account_id', 'accountId', 'tenant']) {
      const line = `${ask.line}${ask.line.includes('?') ? '&' : '?'}${name}=${foreign.account.id}`
      await look(all, side, source, `other ${name} in the query`, { ...ask, line }, unmoved(plain))
    }
  }
  for (const [index, ask] of aboutObject(theirs).entries()) {
    const nobodys = await send(all, source, aboutObject(missing)[index] ?? ask)
    const wrong = (answer: Answer) => refusedWith([404])(answer) ?? same(nobodys, answer, foreign)
    await look(all, side, source, 'other object in the path', ask, wrong)
  }
  for (const [way, asked] of [
    ['other value in a question', aboutQuestions],
    ['other member in the body', (named: Named) => aboutMembers(own, named)],
  ] as const)
    for (const [index, ask] of asked(theirs).entries()) {
      const nobodys = await send(all, source, asked(missing)[index] ?? ask)
      await look(all, side, source, way, ask, (answer) => same(nobodys, answer, foreign))
    }
  await checkCreations(all, side, source)
  await checkSharedPeople(all, side, source)
  await checkForeignRules(all, side, source)
}

/** What a group is given by the rules of another account, its people do not get here. */
const checkForeignRules = async (all: Protocols, side: Side, source: Who) => {
  const own = namedIn(side.self)
  const { api } = side.self.account
  const roleOf = async () => (await api.users.get({ params: { id: own.user } })).role
  const before = await roleOf()
  const made = await look(all, side, source, 'group of a foreign rule', groupNamed(groupOfTheStrict, own), (answer) =>
    answer.status === 201 ? null : `answered ${answer.status}: ${answer.text.slice(0, 200)}`,
  )
  const after = await roleOf()
  const wrong = after === before ? null : `made a ${before} a ${after}`
  note(all.outcome, { route: 'scim POST /Groups', principal: source.name, way: 'group of a foreign rule' }, wrong)
  if (made.status === 201)
    await send(all, source, { line: `DELETE /Groups/${(JSON.parse(made.text) as { id: string }).id}` })
}

/** An id, a group or an account of others in what is made makes nothing of theirs. */
const checkCreations = async (all: Protocols, side: Side, source: Who) => {
  const made = async (answer: Answer) => {
    const { id, meta } = JSON.parse(answer.text) as { id?: string; meta?: { resourceType: string } }
    if (id && meta) await send(all, source, { line: `DELETE /${meta.resourceType}s/${id}` })
  }
  for (const [index, ask] of creations(namedIn(side.foreign), side.foreign.account.id).entries()) {
    const nobodys = await send(all, source, creations(missing, missingId('acc'))[index] ?? ask)
    await made(nobodys)
    const answer = await look(all, side, source, 'other id in the body', ask, (got) => same(nobodys, got, side.foreign))
    await made(answer)
  }
}

/** People of the other account are not taken up here unasked. */
const checkSharedPeople = async (all: Protocols, side: Side, source: Who) => {
  const { userName, email } = namedIn(side.foreign)
  for (const address of [userName, email])
    await look(all, side, source, 'person of the other account', sharedPerson(address), refusedWith([409]))
}

const look = async (
  all: Protocols,
  { foreign }: Side,
  who: Who,
  way: string,
  ask: Ask,
  wrong: (answer: Answer) => string | null,
): Promise<Answer> => {
  const answer = await send(all, who, ask)
  const brought = JSON.stringify(ask)
  const leaked = shows(foreign, brought, answer)
  const route = `scim ${ask.line.split('?')[0]?.replace(/(usr|grp)_\w+/, '{id}')}`
  note(all.outcome, { route, principal: who.name, way }, wrong(answer) ?? failed(answer) ?? leaked)
  return answer
}

const send = async ({ stage }: Protocols, who: { headers: Headers }, { line, body, headers }: Ask): Promise<Answer> => {
  const [method = 'GET', path = '/'] = line.split(/ (.*)/s)
  const answer = await fetch(`${stage.cockpit.url}/scim/v2${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/scim+json' }), ...who.headers, ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  })
  return answered(answer, await answer.text())
}

/** Ids of what a request made itself, and versions it raised, say nothing of others. */
const same = (before: Answer, after: Answer, foreign: Party) => {
  const values = [...Object.values(namedIn(foreign)), ...Object.values(missing), foreign.account.id]
  const plain = ({ text, ...rest }: Answer): Answer => ({
    ...rest,
    text: text
      .replaceAll(/(usr|grp)_[0-9a-f]{32}/g, '<id>')
      .replaceAll(/"version":"W\/[^,}]*/g, '"version":"<version>"'),
  })
  return differs(plain(before), plain(after), values)
}
