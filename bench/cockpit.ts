/** Cockpit with everything on: key check, limits at three levels, budget hold and settle, usage in the write-ahead file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { furnishFeatures } from './features.ts'
import type { Accounts, Peer, Target } from './peer.ts'
import { type Child, freePort, start } from './processes.ts'
import { MODELS } from './wire.ts'

const root = join(import.meta.dirname, '..')
export const MASTER_KEY = 'bench-master-key-of-one-run-0123456789'
const READY_MAX_MS = 60_000
/** Far above what any run reaches: each limit is counted on every call and refuses none. */
const LIMITS = { rpm: 10_000_000, tpm: 10_000_000_000 }
const BUDGETS = { pool: '1000000', org: '500000', team: '200000', user: '100000' }

const everything =
  'key check, rpm and tpm of account, team, user and key, budgets of org, team and user, usage record before the answer ends'

const cockpitOf = (workers: number, about: Pick<Peer, 'name' | 'does' | 'takesMany'>, taxed = false): Peer => ({
  ...about,
  version: () => (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
  async start(upstreamPort) {
    const dataDir = mkdtempSync(join(tmpdir(), 'cockpit-bench-'))
    const port = await freePort()
    const env = {
      NODE_ENV: 'production',
      PORT: String(port),
      HOST: '127.0.0.1',
      COCKPIT_DATA_DIR: dataDir,
      COCKPIT_MASTER_KEY: MASTER_KEY,
      COCKPIT_WORKERS: String(workers),
      DATABASE_URL: '',
    }
    const child = start(0, [process.execPath, join(root, 'apps/server/src/main.ts')], env)
    const stop = async () => {
      await child.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
    try {
      const url = `http://127.0.0.1:${port}`
      await ready(url, child)
      const { accountId, secret, connectionId } = await furnish(url, upstreamPort)
      const address = { port, path: '/v1/chat/completions' }
      const target = { ...address, headers: { authorization: `Bearer ${secret}` } }
      const bench = {
        ...{ platform: client(url, null), inside: (id: string) => client(url, id) },
        ...{ upstreamPort, connectionId, limits: LIMITS },
      }
      const features = taxed ? await furnishFeatures(bench, address) : undefined
      const targets = features ? [target, features.off, features.on] : [target]
      for (const each of targets) await reaches(each)
      const accountIds = [accountId, ...(features?.accountIds ?? [])]
      return {
        plain: target,
        ...(features && { features }),
        stream: target,
        translated: { ...target, path: '/v1/messages' },
        pid: child.pid,
        // the calls that waited for the keys are in the books too
        accounts: (sent) => accounts(url, accountIds, sent + targets.length),
        stop,
      }
    } catch (error) {
      await stop()
      throw error
    }
  },
})

export const cockpit = cockpitOf(1, { name: 'cockpit', does: `Everything on: ${everything}.`, takesMany: true }, true)
/** What a second core adds, had the machine one to spare: both workers share a core, and CPU per request says what each costs. */
export const cockpitOfTwo = cockpitOf(2, {
  name: 'cockpit-2',
  does: `The same with \`--workers 2\`, their first process and the limits they share included; all on one core, so that only its CPU per request says something.`,
})

/** Account, people, provider, models, limits and budgets, through the API a customer would use. Returns a key. */
async function furnish(url: string, upstreamPort: number) {
  const platform = client(url, null)
  const account = await platform('POST', '/v1/accounts', { name: 'Bench', limits: LIMITS, timezone: 'UTC' })
  const inside = client(url, account.id)

  const connection = await platform('POST', '/v1/provider-connections', {
    name: 'Mock',
    kind: 'openai-compatible',
    baseUrl: `http://127.0.0.1:${upstreamPort}/v1`,
    secret: 'sk-bench',
  })
  const prices = { input: '0.15', output: '0.6' }
  for (const name of Object.values(MODELS)) {
    await platform('POST', '/v1/catalog/models', {
      name,
      capabilities: ['chat', 'streaming'],
      contextTokens: 128_000,
      outputTokensMax: 4_096,
      prices,
      deployments: [{ connectionId: connection.id, upstreamModel: name }],
    })
  }
  const all = { mode: 'all', modelIds: [] }
  await platform('PUT', `/v1/accounts/${account.id}/model-eligibility`, all)
  await inside('PUT', '/v1/model-selection', all)

  const org = await inside('POST', '/v1/orgs', { name: 'Engineering' })
  const team = await inside('POST', '/v1/teams', { name: 'Platform', orgId: org.id, limits: LIMITS })
  const user = await inside('POST', '/v1/users', {
    email: 'load@example.com',
    name: 'Load',
    teamIds: [team.id],
    limits: LIMITS,
  })

  await platform('POST', `/v1/accounts/${account.id}/grants`, { amount: BUDGETS.pool, recurrence: 'cycle' })
  await inside('PATCH', '/v1/budgets/plan', { name: 'Monthly', cadence: 'monthly', allowPoolDraw: false })
  await inside('PUT', '/v1/budgets/allocations', {
    scope: { type: 'org', id: org.id },
    mode: 'carve',
    limit: BUDGETS.org,
  })
  await inside('PUT', '/v1/budgets/allocations', {
    scope: { type: 'team', id: team.id },
    mode: 'carve',
    limit: BUDGETS.team,
  })
  await inside('PUT', '/v1/budgets/allocations', {
    scope: { type: 'user', id: user.id },
    mode: 'cap',
    limit: BUDGETS.user,
  })

  const key = await inside('POST', '/v1/keys', {
    name: 'Load',
    owner: { kind: 'user', id: user.id },
    teamId: team.id,
    limits: LIMITS,
  })
  return { accountId: account.id, secret: key.secret ?? '', connectionId: connection.id }
}

/** What the usage log and the ledger hold once everything was shipped, or after half a minute. */
async function accounts(url: string, accountIds: readonly string[], sent: number): Promise<Accounts> {
  const until = Date.now() + 30_000
  for (;;) {
    let logged = 0
    for (const accountId of accountIds) {
      const { items = [] } = await client(url, accountId)('GET', '/v1/usage/breakdown?by=model')
      logged += items.reduce((sum, item) => sum + item.requests, 0)
    }
    if (logged >= sent || Date.now() > until) return { sent, logged, creditsSettled: await settled(url, accountIds) }
    await sleep(500)
  }
}

async function settled(url: string, accountIds: readonly string[]): Promise<string> {
  let sum = 0
  for (const accountId of accountIds)
    sum += Number((await client(url, accountId)('GET', '/v1/budgets')).pool?.settled ?? 0)
  return String(Math.round(sum * 1e6) / 1e6)
}

export async function ready(url: string, child: Child): Promise<void> {
  let dead = false
  child.exited.then(() => {
    dead = true
  })
  const until = Date.now() + READY_MAX_MS
  for (;;) {
    // said once every worker serves
    if (child.log().includes('Cockpit runs at') && (await fetch(`${url}/health/ready`).catch(() => null))?.ok) return
    if (dead || Date.now() > until)
      throw new Error(`it did not become ready: ${child.log().slice(-600) || 'no output'}`)
    await sleep(100)
  }
}

/** Waits until the snapshot with the new key has reached the gateway. */
async function reaches({ port, path, headers: given, model = MODELS.json }: Target): Promise<void> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { ...given, 'content-type': 'application/json' }
  const until = Date.now() + 10_000
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
    const text = await response.text()
    if (response.ok) return
    if (Date.now() > until) throw new Error(`the first call was refused: ${response.status} ${text.slice(0, 300)}`)
    await sleep(100)
  }
}

type Answer = { id: string; secret?: string; items?: { requests: number }[]; pool?: { settled: string } }

/** Calls the API with the master key, in an account or, with null, on the platform. */
export function client(url: string, accountId: string | null) {
  return async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = {
      authorization: `Bearer ${MASTER_KEY}`,
      ...(accountId && { 'x-account-id': accountId }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 400)}`)
    return (text ? JSON.parse(text) : {}) as Answer
  }
}
