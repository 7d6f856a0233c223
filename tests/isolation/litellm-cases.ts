/**
 * The management routes of a LiteLLM proxy. Each is put into requests of our own API, so what somebody names of another
 * account must be like what nobody has there too, by whichever of LiteLLM's names and wherever in the request it stands.
 */
import { randomBytes } from 'node:crypto'
import { liteLlmLines } from '../../apps/server/src/modules/litellm/index.ts'
import { type Answer, answered, differs, failed, missingId, note, refusedWith, shows } from './judge.ts'
import type { Party, Principal } from './principals.ts'
import type { Protocols, Side } from './protocols.ts'

type Named = { field: string; prefix: string; of(id: string): unknown }
type Ask = { line: string; headers: Record<string, string>; body?: unknown }

const plain = (field: string, prefix: string): Named => ({ field, prefix, of: (id) => id })
const listed = (field: string, prefix: string): Named => ({ field, prefix, of: (id) => [id] })
const member = (field: string): Named => ({ field, prefix: 'usr', of: (id) => [{ role: 'user', user_id: id }] })

/** By what a client of LiteLLM names things. */
const names: readonly Named[] = [
  ...[plain('key', 'key'), plain('api_key', 'key'), listed('keys', 'key')],
  ...[plain('team_id', 'team'), listed('team_ids', 'team'), listed('teams', 'team'), plain('organization_id', 'org')],
  ...[plain('user_id', 'usr'), listed('user_ids', 'usr'), member('members_with_roles'), member('member')],
  ...[plain('id', 'mdl'), plain('litellm_model_id', 'mdl'), plain('request_id', 'req')],
]
/** What a route takes as a wish, and not as the name of something that is there. */
const wishes: ReadonlySet<string> = new Set(['POST /key/generate key', 'POST /team/new team_id'])

/** What a route asks for besides, so that it reaches what is slipped in; what is made has a name of its own each time. */
const besides = ({ ids }: Party, line: string): Record<string, unknown> => {
  const alias = `made-${randomBytes(6).toString('hex')}`
  if (/ \/team\/member/.test(line)) return { team_id: ids.team }
  if (line === 'POST /team/new') return { team_alias: alias }
  return line === 'POST /key/generate' ? { key_alias: alias } : {}
}

const writes = (line: string) => !line.startsWith('GET ')
const asked = (line: string, input: Record<string, unknown>, headers: Record<string, string>): Ask[] => {
  const path = line.replace(/\{(\w+)\}/g, (_, name: string) => String(input[name] ?? 'none'))
  const query = new URLSearchParams(
    Object.entries(input).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
  const inQuery = { line: Object.keys(input).length === 0 ? path : `${path}?${query}`, headers }
  return writes(line)
    ? [
        { line: path, headers, body: input },
        { ...inQuery, body: {} },
      ]
    : [inQuery]
}

/** A cookie opens nothing here, and neither does what is no credential at all; 400 where a field is missed first. */
export const checkStrangersAtLiteLlm = async (all: Protocols) => {
  const strangers = all.everybody.filter(
    ({ standing, headers }) => standing === 'unknown' || standing === 'out' || !headers.authorization,
  )
  for (const { name, headers } of strangers)
    for (const line of liteLlmLines)
      for (const ask of asked(line, {}, headers))
        await look(all, all.stage.other, { line, principal: name, way: 'nothing named' }, ask, (answer) =>
          isOpen(line) ? null : refusedWith([400, 401, 403])(answer),
        )
}
/** Whether the server is up is told to anybody. */
const isOpen = (line: string) => / \/health\/(liveliness|liveness|readiness)$/.test(line)

export const checkLiteLlm = async (all: Protocols, side: Side) => {
  for (const { name, headers } of callersOf(all, side.self))
    for (const line of liteLlmLines) {
      for (const named of names)
        if (!wishes.has(`${line} ${named.field}`)) await slippedIn(all, side, { line, principal: name }, named, headers)
      if (!writes(line)) await looksElsewhere(all, side, { line, principal: name }, headers)
    }
}

type Who = Pick<About, 'line' | 'principal'>
const slippedIn = async (
  all: Protocols,
  { self, foreign }: Side,
  who: Who,
  { field, prefix, of }: Named,
  headers: Record<string, string>,
) => {
  const { line } = who
  const [theirs, nobodys] = [foreign.ids[prefix] ?? '', missingId(prefix)]
  const askFor = (id: string) => asked(line, { ...besides(self, line), [field]: of(id) }, headers)
  const likes = askFor(nobodys)
  for (const [at, ask] of askFor(theirs).entries()) {
    const like = await send(all, likes[at] ?? ask)
    const way = `other ${field} in the ${writes(line) && at === 0 ? 'body' : 'query'}`
    await look(all, foreign, { ...who, way }, ask, (answer) => differs(stable(like), stable(answer), [theirs, nobodys]))
  }
}

/** With the account of others in the header, only what is one's own is answered, or nothing. */
const looksElsewhere = async (all: Protocols, { self, foreign }: Side, about: Who, headers: Record<string, string>) => {
  if (headers['x-account-id'] === self.account.id) return
  const [ask] = asked(about.line, {}, { ...headers, 'x-account-id': foreign.account.id })
  if (ask) await look(all, foreign, { ...about, way: 'other account in the header' }, ask, () => null)
}

/** Whoever is known here by a bearer; whoever may choose an account has chosen this one. */
const callersOf = ({ stage, everybody }: Protocols, self: Party): Pick<Principal, 'name' | 'headers'>[] => [
  ...(self === stage.own ? everybody : stage.other.principals).filter(
    ({ standing, headers }) => typeof standing === 'object' && !standing.platform && headers.authorization,
  ),
  { name: 'super admin', headers: { authorization: `Bearer ${stage.masterKey}`, 'x-account-id': self.account.id } },
]

/** What is made anew each time is no difference. */
const stable = ({ text, ...rest }: Answer): Answer => ({
  ...rest,
  text: text.replaceAll(
    /[a-z]+_[0-9a-f]{32}|"(?:key|token|token_id)":"[^"]*"|ck_[\w…]+|made-[0-9a-f]+|key…\w+|[0-9a-f]{64}/g,
    '<made>',
  ),
})

type About = { line: string; principal: string; way: string }
const look = async (
  all: Protocols,
  foreign: Party,
  { line, ...about }: About,
  ask: Ask,
  wrong: (answer: Answer) => string | null,
) => {
  const answer = await send(all, ask)
  const what = wrong(answer) ?? failed(answer) ?? shows(foreign, JSON.stringify(ask), answer)
  note(all.outcome, { route: `LiteLLM ${line}`, ...about }, what)
}

const send = async ({ stage }: Protocols, { line, headers, body }: Ask): Promise<Answer> => {
  const answer = await stage.cockpit.send(line, { headers, body })
  return answered(answer, answer.text)
}
