/**
 * Server time of signing in, lists and details where 100,000 people work in 1,000 accounts. `node bench/people.ts`
 * measures only this and puts it into the results of the last full run.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createDb, createLog, startPostgres } from '../apps/server/src/platform/index.ts'
import { arrangePeople, emailOf, manyPeople, password } from '../db/scenarios/people.ts'
import { type Idp, startIdp } from '../tests/support/idp.ts'
import { createIdpBrowser } from '../tests/support/idp-browser.ts'
import { client, MASTER_KEY, ready } from './cockpit.ts'
import { median, percentile } from './load.ts'
import { freePort, quiet, start } from './processes.ts'
import { reportOf } from './report.ts'
import type { People, Results } from './results.ts'

const ROOT = join(import.meta.dirname, '..')
const ACCOUNTS = 1_000
const TIMES = 40
const WARM_UP = 10
const DAY_MS = 86_400_000
const ORG = '900000000000000001'
const CLIENT = { client_id: 'bench', client_secret: 'bench-secret-of-one-run' }

export async function measurePeople(say: (line: string) => void): Promise<People> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cockpit-bench-'))
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), settings: { fsync: 'off' } })
  const { host = '', port: dbPort } = postgres.connection
  const [port, idp] = await Promise.all([freePort(), startIdp()])
  const url = `http://127.0.0.1:${port}`
  idp.client({ ...CLIENT, redirect_uris: [`${url}/v1/auth/callback`] })
  const child = start(null, [process.execPath, join(ROOT, 'apps/server/src/main.ts')], {
    ...{ NODE_ENV: 'production', PORT: String(port), HOST: '127.0.0.1', COCKPIT_DATA_DIR: dataDir },
    ...{ COCKPIT_MASTER_KEY: MASTER_KEY, COCKPIT_PUBLIC_URL: url },
    ...{ ZITADEL_ISSUER: idp.issuer, ZITADEL_AUDIENCE: idp.projectId },
    ...{ ZITADEL_CLIENT_ID: CLIENT.client_id, ZITADEL_CLIENT_SECRET: CLIENT.client_secret },
    DATABASE_URL: `postgresql://postgres@localhost:${dbPort}/postgres?host=${encodeURIComponent(host)}`,
  })
  try {
    await ready(url, child)
    const accountIds = await makeAccounts(url)
    await arrange(postgres.connection, accountIds)
    await ownOrganisation(postgres.connection, idp.issuer, accountIds[0] ?? '')
    // what follows 200,000 events (the chain, the snapshots, the database's own housekeeping) is not what is measured
    await quiet(child.pid, 120_000)
    await vacuumed(postgres.connection)
    await quiet(child.pid, 120_000)
    say(`people: ${manyPeople.people} in ${accountIds.length} accounts arranged`)
    return {
      people: manyPeople.people,
      accounts: accountIds.length,
      events: manyPeople.events,
      ...(await visit(url, accountIds, idp, say)),
    }
  } finally {
    await child.stop()
    await Promise.all([postgres.stop(), idp.stop()])
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Through the API, so that each has all that an account begins with. */
async function makeAccounts(url: string): Promise<string[]> {
  const platform = client(url, null)
  const limits = { rpm: null, tpm: null }
  const ids: string[] = []
  for (let nth = 1; nth <= ACCOUNTS; nth += 8) {
    const names = Array.from({ length: Math.min(8, ACCOUNTS - nth + 1) }, (_, more) => `Account ${nth + more}`)
    const made = await Promise.all(
      names.map((name) => platform('POST', '/v1/accounts', { name, limits, timezone: 'UTC' })),
    )
    ids.push(...made.map(({ id }) => id))
  }
  return ids
}

async function arrange(connection: pg.PoolConfig, accountIds: string[]): Promise<void> {
  let at = new Date()
  const now = () => at
  const setTime = (next: Date) => {
    at = next
  }
  const owner = new pg.Pool({ ...connection, max: 1 })
  const db = createDb({ connection, now, log: createLog('silent') })
  await arrangePeople({ owner, db, now, setTime }, accountIds, manyPeople)
  await Promise.all([owner.end(), db.close()])
}

/** The largest account is an organisation at the identity provider of the installation. */
async function ownOrganisation(connection: pg.PoolConfig, issuer: string, accountId: string): Promise<void> {
  const owner = new pg.Pool({ ...connection, max: 1 })
  const row = 'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())'
  await owner.query(row, [accountId, issuer, ORG])
  await owner.end()
}

async function vacuumed(connection: pg.PoolConfig): Promise<void> {
  const owner = new pg.Pool({ ...connection, max: 1 })
  await owner.query('vacuum analyze')
  await owner.query('checkpoint')
  await owner.end()
}

/** What is measured; `before` makes what it needs and is not. */
type Visit =
  | { name: string; of: (nth: number) => Promise<unknown> }
  | { name: string; before: (nth: number) => Promise<() => Promise<unknown>> }

/** Each page in the largest account, with other words and other rows each time. */
async function visit(
  url: string,
  accountIds: string[],
  idp: Idp,
  say: (line: string) => void,
): Promise<Pick<People, 'pages'>> {
  const get = reader(url, accountIds[0] ?? '')
  const platform = reader(url, null)
  const people = (await get('/v1/users?limit=100')) as { items: { id: string }[] }
  const cursor = await deepCursor(get)
  const idAt = (nth: number) => people.items[nth % people.items.length]?.id ?? ''
  const holders = (await get('/v1/users?hasKeys=yes&limit=100')) as { items: { id: string }[] }
  const keyHolder = (nth: number) => holders.items[nth % holders.items.length]?.id ?? ''
  const members = (await get('/v1/users?role=member&status=active&limit=100')) as {
    items: { id: string; email: string }[]
  }
  const memberAt = (nth: number) => members.items[nth % members.items.length]?.email ?? ''
  const since = (days: number) => `from=${encodeURIComponent(new Date(Date.now() - days * DAY_MS).toISOString())}`
  const visits: Visit[] = [
    { name: 'sign in (password, argon2id included)', of: (nth) => signIn(url, emailOf(1, nth + 3)) },
    { name: 'sign in (identity provider, its answers included)', before: (nth) => signInAt(idp, url, memberAt(nth)) },
    { name: 'users, first page', of: () => get('/v1/users') },
    {
      name: 'users, by name',
      of: (nth) => get(`/v1/users?q=${['hopper', 'grace l', 'ito 12', 'björn', 'person-19'][nth % 5]}`),
    },
    {
      name: 'users, four filters',
      of: (nth) => get(`/v1/users?role=member&status=active&source=scim&hasKeys=${nth % 2 === 0 ? 'yes' : 'no'}`),
    },
    { name: 'users, sorted by last seen', of: () => get('/v1/users?sort=-seen') },
    { name: 'users, page 100', of: () => get(`/v1/users?sort=name&after=${encodeURIComponent(cursor)}`) },
    { name: 'one person', of: (nth) => get(`/v1/users/${idAt(nth)}`) },
    { name: 'their permissions', of: (nth) => get(`/v1/users/${idAt(nth)}/permissions`) },
    { name: 'their sessions', of: (nth) => get(`/v1/users/${idAt(nth)}/sessions`) },
    { name: 'their activity', of: (nth) => get(`/v1/audit-events?actorId=${idAt(nth)}&limit=20`) },
    { name: 'their use of 7 days', of: (nth) => get(`/v1/usage/series?userId=${keyHolder(nth)}&${since(7)}`) },
    {
      name: 'their models of 30 days',
      of: (nth) => get(`/v1/usage/breakdown?by=model&userId=${keyHolder(nth)}&${since(30)}`),
    },
    { name: 'use of everybody, 30 days', of: () => get(`/v1/usage/series?${since(30)}`) },
    { name: 'most use of 30 days', of: () => get(`/v1/usage/breakdown?by=user&${since(30)}`) },
    { name: 'teams', of: () => get('/v1/teams') },
    { name: 'invitations', of: () => get('/v1/invites') },
    { name: 'keys', of: () => get('/v1/keys') },
    { name: 'access review', of: () => get('/v1/access/review') },
    { name: 'audit, newest', of: () => get('/v1/audit-events') },
    {
      name: 'audit, two words',
      of: (nth) => get(`/v1/audit-events?q=${encodeURIComponent(`key person-${nth * 97 + 5}`)}`),
    },
    { name: 'accounts (super admin)', of: () => platform('/v1/accounts') },
    { name: 'accounts, by name', of: (nth) => platform(`/v1/accounts?q=account ${nth * 11}`) },
  ]
  const pages: People['pages'] = []
  for (const visit of visits) {
    const { name } = visit
    const made = async (nth: number) => ('before' in visit ? visit.before(nth) : () => visit.of(nth))
    for (let nth = 0; nth < WARM_UP; nth++) await (await made(TIMES + nth))()
    const took: number[] = []
    for (let nth = 0; nth < TIMES; nth++) {
      const open = await made(nth)
      const from = performance.now()
      await open()
      took.push(performance.now() - from)
    }
    const page = {
      name,
      p50_ms: rounded(median(took)),
      p95_ms: rounded(percentile(Float64Array.from(took).sort(), 0.95)),
    }
    pages.push(page)
    say(`people: ${name.padEnd(40)} p50 ${page.p50_ms} ms  p95 ${page.p95_ms} ms`)
  }
  return { pages }
}

type Reader = (path: string) => Promise<unknown>

/** Reads as the master key, in an account or, with null, on the platform. */
function reader(url: string, accountId: string | null): Reader {
  const call = client(url, accountId)
  return (path) => call('GET', path)
}

async function deepCursor(get: Reader): Promise<string> {
  let next = ''
  for (let page = 0; page < 99; page++) {
    const after = next && `&after=${encodeURIComponent(next)}`
    next = ((await get(`/v1/users?sort=name&limit=50${after}`)) as { next: string }).next
  }
  return next
}

async function signIn(url: string, email: string): Promise<void> {
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
  })
  if (response.status !== 201) throw new Error(`signing in answered ${response.status}: ${await response.text()}`)
}

/** Somebody of the largest account whom the provider has let in; what is left is to come back from it. */
async function signInAt(idp: Idp, url: string, email: string): Promise<() => Promise<void>> {
  const sub = `of ${email}`
  idp.person({
    sub,
    email,
    emailVerified: true,
    name: email,
    org: { id: ORG, name: 'Account 1', domain: 'account-1.example.com' },
  })
  const browser = createIdpBrowser()
  const begun = await browser.visit(`${url}/v1/auth/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: '{}',
  })
  const { location } = (await begun.json()) as { location: string }
  const callback = await browser.signInAt(location, sub)
  return async () => {
    const answer = await browser.visit(callback)
    const to = answer.headers.get('location') ?? ''
    if (answer.status !== 303 || /error|refused|sign-in/.test(to))
      throw new Error(`coming back from the provider answered ${answer.status} to ${to}: ${await answer.text()}`)
  }
}

const rounded = (value: number) => Math.round(value * 10) / 10

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, 'results.json')
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  const people = await measurePeople((line) => console.log(line))
  const next = { ...results, people }
  writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`)
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), reportOf(next))
}
