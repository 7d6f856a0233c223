/**
 * What identity costs: a bearer token on the gateway, and the time from an administrator's click until a running answer
 * has ended. `node bench/identity.ts` measures only this and puts it into the results of the last full run.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { client, MASTER_KEY, ready } from './cockpit.ts'
import { median } from './load.ts'
import { freePort, start } from './processes.ts'
import { reportOf } from './report.ts'
import type { Identity, Results } from './results.ts'
import { measureTokens } from './tokens.ts'

const ROOT = join(import.meta.dirname, '..')
const EACH = 20
const MODEL = 'bench-endless'
const AUDIENCE = 'bench'
const limits = { rpm: null, tpm: null }

export async function measureIdentity(say: (line: string) => void): Promise<Identity> {
  const tokens = await measureTokens()
  say(`tokens: ${tokens.token_verification_us} µs a call`)
  const revocation = await measureRevocations(say)
  return { ...tokens, ...revocation }
}

/** An issuer of tokens and an upstream whose answers never end, on one port. */
async function outside() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }
  const server = createServer((request, response) => {
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
    if (request.url === '/keys') return json({ keys: [jwk] })
    if (request.url?.startsWith('/.well-known/')) return json({ issuer, jwks_uri: `${issuer}/keys` })
    request.resume().on('end', () => endless(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = (subject: string, email: string) =>
    new SignJWT({ email, email_verified: true, azp: 'bench' })
      .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt(Math.floor(Date.now() / 1000) - 1)
      .setExpirationTime('1h')
      .sign(privateKey)
  return { issuer, token, stop: () => server.closeAllConnections() ?? server.close() }
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: MODEL }
  const choices = [{ index: 0, delta: { content: 'word ' }, finish_reason: null }]
  const timer = setInterval(() => response.write(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`), 20)
  response.on('close', () => clearInterval(timer))
}

type Api = ReturnType<typeof client>
type Person = { id: string; email: string }
type Stage = { url: string; platform: Api; inside: Api; accountId: string; token(person: Person): Promise<string> }

async function measureRevocations(say: (line: string) => void) {
  const dataDir = mkdtempSync(join(tmpdir(), 'cockpit-bench-'))
  const { issuer, token, stop } = await outside()
  const port = await freePort()
  const env = {
    ...{ NODE_ENV: 'production', PORT: String(port), HOST: '127.0.0.1', DATABASE_URL: '' },
    ...{ COCKPIT_DATA_DIR: dataDir, COCKPIT_MASTER_KEY: MASTER_KEY },
    ...{ ZITADEL_ISSUER: issuer, ZITADEL_AUDIENCE: AUDIENCE },
  }
  const child = start(0, [process.execPath, join(ROOT, 'apps/server/src/main.ts')], env)
  try {
    const url = `http://127.0.0.1:${port}`
    await ready(url, child)
    const { accountId, platform, inside } = await furnish(url, issuer)
    const stage = { url, platform, inside, accountId, token: ({ id, email }: Person) => token(id, email) }
    const { streams, api } = await clicks(stage, say)
    return {
      revocations: streams.length,
      revocation_p50_ms: rounded(median(streams)),
      revocation_p99_ms: p99(streams),
      api_revocations: api.length,
      api_revocation_p50_ms: rounded(median(api)),
      api_revocation_p99_ms: p99(api),
    }
  } finally {
    await child.stop()
    stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const p99 = (took: readonly number[]): number =>
  rounded(took.toSorted((a, b) => a - b)[Math.ceil(took.length * 0.99) - 1] ?? 0)

/** An account with a model whose answers never end, as a customer would make it. */
async function furnish(url: string, upstream: string) {
  const platform = client(url, null)
  const account = await platform('POST', '/v1/accounts', { name: 'Identity', limits, timezone: 'UTC' })
  const inside = client(url, account.id)
  const connection = await platform('POST', '/v1/provider-connections', {
    ...{ name: 'Endless', kind: 'openai-compatible', baseUrl: `${upstream}/v1`, secret: 'sk-bench' },
  })
  await platform('POST', '/v1/catalog/models', {
    ...{ name: MODEL, capabilities: ['chat', 'streaming'], prices: { input: '1', output: '1' } },
    deployments: [{ connectionId: connection.id, upstreamModel: MODEL }],
  })
  await platform('PUT', `/v1/accounts/${account.id}/model-eligibility`, { mode: 'all', modelIds: [] })
  await inside('PUT', '/v1/model-selection', { mode: 'all', modelIds: [] })
  await platform('POST', `/v1/accounts/${account.id}/grants`, { amount: '1000000', recurrence: 'cycle' })
  return { accountId: account.id, platform, inside }
}

/**
 * Milliseconds from each click to the end of the answer it stops, and to the refusal of the API: keys, people, whom an
 * identity source switches off, roles taken away, and at last their whole account.
 */
async function clicks(stage: Stage, say: (line: string) => void): Promise<{ streams: number[]; api: number[] }> {
  const { inside, platform, accountId } = stage
  const took: number[] = []
  const api: number[] = []
  for (let i = 0; i < EACH; i++) {
    const person = await member(stage, `key-${i}`)
    const key = await inside('POST', '/v1/keys', { name: `key-${i}`, owner: { kind: 'user', id: person.id } })
    const answer = await stream(stage, key.secret ?? '')
    took.push(await answer.endedAfter(() => inside('DELETE', `/v1/keys/${key.id}`)))
  }
  say(`keys: ${took.length} answers ended`)
  for (let i = 0; i < EACH; i++) {
    const person = await member(stage, `person-${i}`)
    const token = await stage.token(person)
    const answer = await stream(stage, token)
    const click = inside('PATCH', `/v1/users/${person.id}`, { status: 'suspended' })
    const [ended, refused] = await Promise.all([answer.endedAfter(() => click), refusedAfter(stage, token, click)])
    took.push(ended)
    api.push(refused)
  }
  say(`people: ${took.length} answers ended`)
  const source = await sourceOf(stage)
  for (let i = 0; i < EACH; i++) {
    const person = await source.person(`source-${i}@bench.example`)
    const key = await inside('POST', '/v1/keys', { name: `source-${i}`, owner: { kind: 'user', id: person.id } })
    const answer = await stream(stage, key.secret ?? '')
    const token = await stage.token(person)
    await heard(stage, token, '/v1/me/effective')
    const click = source.switchOff(person)
    const [ended, refused] = await Promise.all([answer.endedAfter(() => click), refusedAfter(stage, token, click)])
    took.push(ended)
    api.push(refused)
  }
  say(`a source: ${took.length} answers ended`)
  for (let i = 0; i < EACH; i++) {
    const person = await member(stage, `admin-${i}`)
    const given = await inside('POST', '/v1/role-assignments', {
      ...{ principal: { kind: 'user', id: person.id }, role: 'account_admin', reason: 'Bench' },
    })
    const token = await stage.token(person)
    await heard(stage, token, adminsOnly)
    api.push(await refusedAfter(stage, token, inside('DELETE', `/v1/role-assignments/${given.id}`), adminsOnly))
  }
  say(`roles: ${api.length} refusals`)
  const together = []
  for (let i = 0; i < EACH; i++)
    together.push(await stream(stage, await stage.token(await member(stage, `member-${i}`))))
  const click = platform('POST', `/v1/accounts/${accountId}/status`, { status: 'suspended' })
  took.push(...(await Promise.all(together.map((answer) => answer.endedAfter(() => click)))))
  say(`an account: ${took.length} answers ended`)
  return { streams: took, api }
}

async function member({ inside }: Stage, name: string): Promise<Person> {
  const email = `${name}@bench.example`
  const { id } = await inside('POST', '/v1/users', { email, name })
  return { id, email }
}

/** What somebody without a role of an administrator is refused. */
const adminsOnly = '/v1/users'

/** An identity source of the account, as a directory speaks to it. */
async function sourceOf({ url, inside }: Stage) {
  const { secret } = await inside('POST', '/v1/scim/tokens', { name: 'Directory' })
  const send = async (method: string, path: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }
    const answer = await fetch(`${url}/scim/v2${path}`, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`SCIM answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as { id: string }
  }
  return {
    async person(email: string): Promise<Person> {
      const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User']
      const { id } = await send('POST', '/Users', { schemas, userName: email, active: true })
      return { id, email }
    },
    switchOff({ id }: Person) {
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
      return send('PATCH', `/Users/${id}`, { schemas, Operations: [{ op: 'replace', value: { active: false } }] })
    },
  }
}

/** Waits until the API lets a token in, for what is new takes a moment. */
async function heard({ url }: Stage, bearer: string, path: string): Promise<void> {
  const until = Date.now() + 10_000
  for (;;) {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
    if (answer.ok) return
    if (Date.now() > until) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** An answer that has begun. Tried until the gateway knows whoever asks for it. */
async function stream({ url }: Stage, bearer: string) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'Hello' }] })
  const until = Date.now() + 10_000
  let response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  while (!response.ok) {
    if (Date.now() > until) throw new Error(`a stream was refused: ${response.status} ${await response.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  }
  const reader = response.body?.getReader()
  await reader?.read()
  const ended = (async () => {
    while (!(await reader?.read())?.done);
    return performance.now()
  })()
  return {
    async endedAfter(click: () => Promise<unknown>): Promise<number> {
      const from = performance.now()
      await click()
      return (await ended) - from
    },
  }
}

/** Asks again and again; the time of the first refusal. */
async function refusedAfter(
  { url }: Stage,
  bearer: string,
  click: Promise<unknown>,
  path = '/v1/me/effective',
): Promise<number> {
  const from = performance.now()
  const until = from + 10_000
  for (;;) {
    const { status } = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
    if (status === 401 || status === 403) break
    if (performance.now() > until) throw new Error(`the API still answers ${status}`)
  }
  const took = performance.now() - from
  await click
  return took
}

const rounded = (value: number) => Math.round(value * 100) / 100

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, 'results.json')
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  const identity = await measureIdentity((line) => console.log(line))
  console.log(identity)
  const next = { ...results, identity }
  writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`)
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), reportOf(next))
  process.exit(0)
}
