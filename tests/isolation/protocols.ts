/** What is not a route of the contract: identity sources (SCIM), the token endpoint of clients, the gateway, the routes of LiteLLM. */
import type { Query } from './catalog.ts'
import { changedTables, fingerprint } from './fingerprint.ts'
import { checkGateway, checkStrangersAtGateway } from './gateway-cases.ts'
import { note, type Outcome } from './judge.ts'
import { checkLiteLlm, checkStrangersAtLiteLlm } from './litellm-cases.ts'
import type { Party, Principal } from './principals.ts'
import { checkSource, checkStrangersAtScim } from './scim-cases.ts'
import type { Stage } from './stage.ts'
import { checkClients, checkStrangersAtTokens } from './token-cases.ts'

export type Protocols = {
  stage: Stage
  /** Whoever knocks at the routes too. */
  everybody: readonly Principal[]
  outcome: Outcome
  query: Query | undefined
}
export type Side = { self: Party; foreign: Party }
type Watched = Stage['other']

export const checkProtocols = async (all: Protocols) => {
  const { own, other } = all.stage
  await unchanged(all, other, 'strangers at /scim/v2', () => checkStrangersAtScim(all))
  await unchanged(all, other, 'strangers at /v1/oauth/token', () => checkStrangersAtTokens(all))
  await unchanged(all, other, 'strangers at the gateway', () => checkStrangersAtGateway(all))
  await unchanged(all, other, 'strangers at LiteLLM', () => checkStrangersAtLiteLlm(all))
  for (const [self, foreign] of [
    [own, other],
    [other, own],
  ] as const) {
    await unchanged(all, foreign, 'sources at /scim/v2', () => checkSource(all, { self, foreign }))
    await unchanged(all, foreign, 'clients at /v1/oauth/token', () => checkClients(all, { self, foreign }))
    await unchanged(all, foreign, 'keys at the gateway', () => checkGateway(all, { self, foreign }))
    await unchanged(all, foreign, 'callers of LiteLLM', () => checkLiteLlm(all, { self, foreign }))
  }
}

/** No row of the other account changes, no person of it is another one for its admin, and the admin stays signed in. */
const unchanged = async (all: Protocols, foreign: Watched, route: string, work: () => Promise<void>) => {
  const { query, outcome, stage } = all
  const rows = async () => (query ? await fingerprint(query, foreign.account.id) : {})
  const admin = foreign.principals.find(({ name }) => name === 'account admin')
  const people = async () => {
    const { status, text } = await stage.cockpit.send('GET /v1/users?limit=200', { headers: admin?.headers ?? {} })
    if (status !== 200) return [`their admin is answered ${status}`]
    const { items } = JSON.parse(text) as { items: Record<string, unknown>[] }
    return items.map(({ id, name, email, role, status }) => JSON.stringify({ id, name, email, role, status })).sort()
  }
  const before = { rows: await rows(), people: await people() }
  await work()
  const tables = changedTables(before.rows, await rows())
  const others = (await people()).filter((person) => !before.people.includes(person))
  const what = tables.length > 0 ? `changed ${tables.join(', ')}` : others[0] ? `changed people: ${others[0]}` : null
  note(outcome, { route, principal: 'any', way: 'write' }, what)
}
