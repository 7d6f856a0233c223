/** `/v1/oauth/token`: a token for whoever proves to be a client, in the account of the client, and for nobody else. */
import { type Answer, answered, differs, failed, missingId, note, refusedWith, shows } from './judge.ts'
import type { Party } from './principals.ts'
import type { Protocols, Side } from './protocols.ts'

type Form = Record<string, string> | [string, string][]
type Ask = { form: Form; headers?: Record<string, string>; method?: string; below?: string }

const route = 'tokens POST /v1/oauth/token'
const grant = { grant_type: 'client_credentials' }
const asForm = (id: string, secret: string): Ask => ({ form: { ...grant, client_id: id, client_secret: secret } })
const asHeader = (id: string, secret: string): Ask => ({ form: grant, headers: { authorization: basic(id, secret) } })
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** Being known at the API proves nothing here: a client has a secret. */
export const checkStrangersAtTokens = async (all: Protocols) => {
  const { own, other } = all.stage
  const clients = { 'no client': null, 'own client': own.programs.client.id, 'other client': other.programs.client.id }
  for (const [way, id] of Object.entries(clients))
    await Promise.all(
      all.everybody.map(({ name, headers }) =>
        look(
          all,
          other,
          { principal: name, way },
          { form: { ...grant, ...(id && { client_id: id }) }, headers },
          nobody,
        ),
      ),
    )
}

export const checkClients = async (all: Protocols, { self, foreign }: Side) => {
  const ids = {
    own: self.programs.client.id,
    other: foreign.programs.client.id,
    'suspended account’s': all.stage.halted.programs.client.id,
  }
  for (const [where, proof] of [
    ['the form', asForm],
    ['the header', asHeader],
  ] as const) {
    const unknown = await send(all, proof(missingId('sva'), 'ccs_nobody'))
    const wrong = (answer: Answer) => nobody(answer) ?? differs(unknown, answer, [missingId('sva')])
    for (const [whose, id] of Object.entries(ids)) {
      const secrets = Object.entries(secretsOf(all, { self, foreign })).filter(
        ([what]) => what !== `${whose} secret` || id === ids['suspended account’s'],
      )
      await Promise.all(
        secrets.map(([what, secret]) => {
          const way = `${what} for the ${whose} client in ${where}`
          return look(all, foreign, { principal: 'client', way }, proof(id, secret), wrong)
        }),
      )
    }
  }
  await checkSmuggling(all, { self, foreign })
}

/** Everything that is a secret somewhere, by what it is. */
const secretsOf = ({ stage }: Protocols, { self, foreign }: Side): Record<string, string> => ({
  'own secret': self.programs.client.secret,
  'other secret': foreign.programs.client.secret,
  'suspended account’s secret': stage.halted.programs.client.secret,
  ...Object.fromEntries(Object.entries(self.programs.client.ended).map(([why, secret]) => [`${why} secret`, secret])),
  'access token': self.programs.client.token,
  'SCIM token': self.programs.scim.secret,
  'virtual key': self.keySecret,
  'id of the account': self.account.id,
  'empty secret': '',
})

const checkSmuggling = async (all: Protocols, { self, foreign }: Side) => {
  const { id, secret } = self.programs.client
  const theirs = foreign.programs.client.id
  const plain = asForm(id, secret)
  const accountId = foreign.account.id
  const ways: [string, Ask][] = [
    ['nothing', plain],
    ['other account in the header', { ...plain, headers: { 'x-account-id': accountId } }],
    ['other account in the form', { form: { ...plain.form, account_id: accountId, accountId, audience: accountId } }],
  ]
  for (const [way, ask] of ways) {
    const answer = await look(all, foreign, { principal: 'client', way }, ask, refusedWith([200]))
    if (answer.status === 200) await checkToken(all, { self, foreign }, way, JSON.parse(answer.text).access_token)
  }
  const twice: [string, string][] = [...Object.entries(plain.form as Record<string, string>), ['client_id', theirs]]
  const refused: [string, Ask, number][] = [
    ['two clients in the form', { form: twice }, 400],
    ['other client beside the header', { ...asHeader(id, secret), form: { ...grant, client_id: theirs } }, 400],
    ['a resource elsewhere', { form: { ...plain.form, resource: 'https://elsewhere.example.com/' } }, 400],
    ['a scope', { form: { ...plain.form, scope: accountId } }, 400],
    ['another grant', { form: { ...plain.form, grant_type: 'password', username: foreign.account.email } }, 400],
    ['another method', { ...plain, method: 'PUT' }, 405],
    ['an address below', { ...plain, below: `/${accountId}` }, 404],
  ]
  for (const [way, ask, status] of refused)
    await look(
      all,
      foreign,
      { principal: 'client', way },
      ask,
      (answer) => refusedWith([status])(answer) ?? noToken(answer),
    )
}

/** A token acts where its client belongs, whatever the request for it or with it says. */
const checkToken = async ({ stage, outcome }: Protocols, { self, foreign }: Side, way: string, token: string) => {
  const headers = { authorization: `Bearer ${token}`, 'x-account-id': foreign.account.id }
  for (const [line, status] of [
    [`GET /v1/teams/${self.ids.team}`, 200],
    [`GET /v1/teams/${foreign.ids.team}`, 404],
  ] as const) {
    const answer = await stage.cockpit.send(line, { headers })
    const got = answered(answer, answer.text)
    const elsewhere = got.account === foreign.account.id ? 'acted in the other account' : null
    const what = elsewhere ?? refusedWith([status])(got) ?? shows(foreign, line, got)
    note(outcome, { route: line.replace(/team_\w+/, '{id}'), principal: 'client', way: `token with ${way}` }, what)
  }
}

const noToken = ({ text }: Answer) => (text.includes('access_token') ? 'gave a token' : null)
const nobody = (answer: Answer) => noToken(answer) ?? refusedWith([401])(answer)

const look = async (
  all: Protocols,
  foreign: Party,
  who: { principal: string; way: string },
  ask: Ask,
  wrong: (answer: Answer) => string | null,
): Promise<Answer> => {
  const answer = await send(all, ask)
  note(all.outcome, { route, ...who }, wrong(answer) ?? failed(answer) ?? shows(foreign, JSON.stringify(ask), answer))
  return answer
}

const send = async (
  { stage }: Protocols,
  { form, headers = {}, method = 'POST', below = '' }: Ask,
): Promise<Answer> => {
  const body = new URLSearchParams(form)
  const answer = await fetch(`${stage.cockpit.url}/v1/oauth/token${below}`, { method, headers, body })
  return answered(answer, await answer.text())
}
