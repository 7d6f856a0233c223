/** What features cost: the same call in an account that has all of them on, and in one that has none. */
import type { Target } from './peer.ts'

type Call = (method: string, path: string, body?: object) => Promise<{ id: string; secret?: string }>
type Bench = {
  platform: Call
  inside: (accountId: string) => Call
  upstreamPort: number
  connectionId: string
  /** Far above what any run reaches. */
  limits: { rpm: number; tpm: number }
}

/** Their names begin like the one that the upstream answers in JSON. */
const PLAIN = 'bench-json-plain'
const FEATURED = 'bench-json-featured'
const all = { mode: 'all', modelIds: [] }

export type Features = { accountIds: string[]; off: Target; on: Target }

/** Two accounts, through the API a customer would use. */
export async function furnishFeatures(bench: Bench, target: { port: number; path: string }): Promise<Features> {
  await models(bench)
  const off = await bareAccount(bench)
  const on = await featuredAccount(bench)
  const headers = (secret: string) => ({ authorization: `Bearer ${secret}` })
  return {
    accountIds: [off.accountId, on.accountId],
    off: { ...target, headers: headers(off.secret), model: PLAIN },
    // each call is looked for among the answers that are kept, is none of them, and is kept
    on: { ...target, headers: { ...headers(on.secret), 'x-cockpit-cache': 'refresh' }, model: FEATURED },
  }
}

/** One that costs nothing and has one deployment, and one with a price, a route and another model to fall back to. */
async function models({ platform, connectionId }: Bench): Promise<void> {
  const common = { capabilities: ['chat', 'streaming'], contextTokens: 128_000, outputTokensMax: 4_096 }
  const deployments = (upstreamModel: string) => [{ connectionId, upstreamModel }]
  await platform('POST', '/v1/catalog/models', {
    ...{ ...common, name: PLAIN, prices: { input: '0', output: '0' } },
    deployments: deployments(PLAIN),
  })
  const featured = await platform('POST', '/v1/catalog/models', {
    ...{ ...common, name: FEATURED, prices: { input: '0.15', output: '0.6' } },
    deployments: [...deployments(FEATURED), ...deployments(`${FEATURED}-too`)],
  })
  await platform('PUT', `/v1/catalog/models/${featured.id}/route`, {
    ...{ strategy: 'weighted', attemptsMax: 3, retriesPercentMax: 20 },
    fallbacks: [{ model: PLAIN, on: ['error', 'timeout', 'rate_limit'] }],
  })
}

async function openAccount({ platform, inside }: Bench, name: string, more: object = {}) {
  const account = await platform('POST', '/v1/accounts', { name, timezone: 'UTC', ...more })
  const call = inside(account.id)
  await platform('PUT', `/v1/accounts/${account.id}/model-eligibility`, all)
  await call('PUT', '/v1/model-selection', all)
  return { accountId: account.id, call }
}

async function bareAccount(bench: Bench) {
  const { accountId, call } = await openAccount(bench, 'Bare')
  const owner = await call('POST', '/v1/service-accounts', { name: 'Load' })
  const key = await call('POST', '/v1/keys', { name: 'Load', owner: { kind: 'service_account', id: owner.id } })
  return { accountId, secret: key.secret ?? '' }
}

async function featuredAccount(bench: Bench) {
  const { limits, platform, upstreamPort } = bench
  const { accountId, call } = await openAccount(bench, 'Featured', { limits })
  const org = await call('POST', '/v1/orgs', { name: 'Engineering' })
  const team = await call('POST', '/v1/teams', { name: 'Platform', orgId: org.id, limits })
  const person = { email: 'featured@example.com', name: 'Load', teamIds: [team.id], limits }
  const user = await call('POST', '/v1/users', person)
  await platform('POST', `/v1/accounts/${accountId}/grants`, { amount: '1000000', recurrence: 'cycle' })
  await call('PATCH', '/v1/budgets/plan', { name: 'Monthly', cadence: 'monthly', allowPoolDraw: false })
  const allocate = (type: string, id: string, mode: string, limit: string) =>
    call('PUT', '/v1/budgets/allocations', { scope: { type, id }, mode, limit })
  await allocate('org', org.id, 'carve', '500000')
  await allocate('team', team.id, 'carve', '200000')
  await allocate('user', user.id, 'cap', '100000')
  const many = { ...limits, parallel: 100_000 }
  await call('POST', '/v1/limits', { scope: { type: 'org', id: org.id }, limits: many })
  await call('POST', '/v1/limits', { scope: { type: 'account' }, limits: { parallel: 100_000 } })
  const both = ['input', 'output']
  await call('POST', '/v1/guardrails', {
    name: 'Personal data and secrets',
    checks: [
      { kind: 'pii', kinds: ['email', 'iban', 'credit_card'], action: 'mask', on: both },
      { kind: 'secrets', action: 'block', on: both },
      { kind: 'words', words: ['project nightingale', 'do not distribute'], action: 'block', on: both },
    ],
  })
  await call('POST', '/v1/cache-rules', { scope: { type: 'account' }, settings: { mode: 'exact', only: 'all' } })
  await call('POST', '/v1/exporters', {
    ...{ name: 'Sink', kind: 'webhook', secret: 'sink-of-one-run' },
    url: `http://127.0.0.1:${upstreamPort}/sink`,
  })
  const owner = { kind: 'user', id: user.id }
  const key = await call('POST', '/v1/keys', { name: 'Load', owner, teamId: team.id, limits })
  return { accountId, secret: key.secret ?? '' }
}
