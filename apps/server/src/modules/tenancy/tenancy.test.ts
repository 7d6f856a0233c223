import { describe, expect, test } from 'vitest'
import { createSealing, newId, systemCtx } from '../../platform/index.ts'
import { eventsOf, superCtx, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createKeepAdmin } from '../access/index.ts'
import { createIdentity } from '../identity/index.ts'
import { createMfa } from '../mfa/index.ts'
import { type AccountSeed, accountHandlers, createTenancy, type TenancyDeps } from './index.ts'

const database = await testDatabase()
const { db, query } = database
const now = () => new Date()
const { people } = createIdentity({
  db,
  now,
  publicUrl: 'http://localhost',
  masterKey: undefined,
  findKey: async () => null,
  rightsOf: async () => ({ permissions: new Set(), delegated: new Map() }),
  keepAdmin: createKeepAdmin({ now, installationLetsIn: false }),
  factors: createMfa({ db, now, secrets: createSealing(Buffer.alloc(32, 7)), publicUrl: 'http://localhost:4000' })
    .factors,
})

const seedOrg: AccountSeed = async (tx, account) => {
  await tx.sql
    .insertInto('orgs')
    .values({ account_id: account.id, id: newId('org', now()), name: 'global', is_default: true, created_at: now() })
    .execute()
}
const deps: TenancyDeps = { db, now, creditsFactor: '1.20', seeds: [seedOrg], spent: async () => new Map(), people }
const tenancy = createTenancy(deps)
const front = (differs: Partial<TenancyDeps> = {}) => testFront(accountHandlers(createTenancy({ ...deps, ...differs })))
const admin = front().as(superCtx())
const unique = (text: string) => `${text} ${newId('t', now())}`
const domain = () => `${newId('d', now()).replace('_', '-')}.example.com`
const made = async (fields: object = {}) =>
  (await admin.send('POST /v1/accounts', { name: unique('Acme'), ...fields })).body
const admins = (accountId: string) => query('select user_id, role from memberships where account_id = $1', [accountId])

describe('creating an account', () => {
  test('answers it with what the installation gives by default, and tells it in its own story', async () => {
    const { status, body } = await admin.send('POST /v1/accounts', { name: unique('Acme'), timezone: 'Europe/Paris' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      alias: null,
      domain: null,
      status: 'active',
      timezone: 'Europe/Paris',
      creditsFactor: '1.2',
      limits: { rpm: null, tpm: null },
      seatsMax: null,
      logContent: false,
      metadata: {},
      users: 0,
      keys: 0,
      creditsSpent: '0',
    })
    expect(await eventsOf(database, body.id)).toEqual(['account.created'])
    expect((await admin.send(`GET /v1/accounts/${body.id}`)).body).toEqual(body)
  })

  test('makes its first admin', async () => {
    const adminEmail = `${newId('p', now())}@example.com`
    const body = await made({ adminEmail, adminName: 'Ada', adminPassword: 'correct horse battery' })
    expect(body.users).toBe(1)
    expect(await query('select name from users where email = $1', [adminEmail])).toEqual([{ name: 'Ada' }])
    expect(await eventsOf(database, body.id)).toEqual(['account.created', 'user.added'])
  })

  test('leaves the first admin of another account what they are there', async () => {
    const adminEmail = `${newId('p', now())}@example.com`
    const first = await made({ adminEmail, adminName: 'Ada', adminPassword: 'correct horse battery' })
    const before = await query('select * from users where email = $1', [adminEmail])
    const second = await made({ adminEmail, adminName: 'Eve', adminPassword: 'another password' })
    expect(await query('select * from users where email = $1', [adminEmail])).toEqual(before)
    expect(await admins(first.id)).toEqual(await admins(second.id))
  })

  test('refuses a name or domain that is taken, in whatever letters', async () => {
    const taken = await made({ domain: domain() })
    const name = await admin.send('POST /v1/accounts', { name: taken.name.toUpperCase() })
    expect(name).toMatchObject({ status: 409, body: { type: 'account.name_taken' } })
    const same = await admin.send('POST /v1/accounts', { name: unique('Globex'), domain: taken.domain.toUpperCase() })
    expect(same).toMatchObject({ status: 409, body: { type: 'account.domain_taken' } })
  })

  test('of two at once with one name makes one', async () => {
    const name = unique('Race')
    const answers = await Promise.all([1, 2].map(() => admin.send('POST /v1/accounts', { name })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  test('makes nothing when one of its parts fails', async () => {
    const name = unique('Half')
    const broken = front({ seeds: [seedOrg, () => Promise.reject(new Error('no plan'))] }).as(superCtx())
    expect((await broken.send('POST /v1/accounts', { name })).status).toBe(500)
    expect((await admin.send(`GET /v1/accounts?q=${encodeURIComponent(name)}`)).body.total).toBe(0)
    expect((await admin.send('POST /v1/accounts', { name })).status).toBe(201)
  })
})

describe('listing accounts', () => {
  // T76
  test('pages newest first, finds by name, alias, domain and id, and takes wildcards as letters', async () => {
    const mark = newId('m', now())
    const ids: string[] = []
    for (const n of [1, 2, 3]) ids.unshift((await made({ name: `${n} 100% ${mark}`, alias: `al_${n}_${mark}` })).id)
    const find = async (q: string, more = '') =>
      (await admin.send(`GET /v1/accounts?q=${encodeURIComponent(q)}${more}`)).body
    const first = await find(mark, '&limit=2')
    expect(first).toMatchObject({ items: [{ id: ids[0] }, { id: ids[1] }], total: 3 })
    expect(await find(mark, `&limit=2&after=${first.next}`)).toMatchObject({
      items: [{ id: ids[2] }],
      next: null,
      total: 3,
    })
    expect((await find(`100% ${mark}`)).total).toBe(3)
    expect((await find(`1_0% ${mark}`)).total).toBe(0)
    expect((await find(`al_2_${mark}`)).total).toBe(1)
    expect((await find(ids[0] ?? '')).total).toBe(1)
    await admin.send(`POST /v1/accounts/${ids[0]}/status`, { status: 'suspended' })
    expect((await find(mark, '&status=suspended')).items).toMatchObject([{ id: ids[0] }])
  })

  test('shows what its people, keys and credits come to', async () => {
    const account = await made({ adminEmail: `${newId('p', now())}@example.com` })
    const key = (id: string, fields: object) =>
      query(
        `insert into keys (account_id, id, name, preview, hash, user_id, created_at, revoked_at, expires_at)
         values ($1, $2, 'k', 'p', $2, 'usr_1', now(), $3, $4)`,
        [account.id, newId(id, now()), ...Object.values({ revoked: null, expires: null, ...fields })],
      )
    await key('key', {})
    await key('key', { revoked: new Date() })
    await key('key', { expires: new Date(0) })
    const spent = front({
      spent: async (_tx, ids) => new Map(ids.map((id) => [id, id === account.id ? 1_500_000n : 7n])),
    })
    const { body } = await spent.as(superCtx()).send(`GET /v1/accounts?q=${account.id}`)
    expect(body.items).toMatchObject([{ id: account.id, users: 1, keys: 1, creditsSpent: '1.5' }])
  })

  test('never shows the platform itself, and no route reaches it', async () => {
    expect((await admin.send('GET /v1/accounts?q=Platform&limit=100')).text).not.toContain('"platform"')
    for (const line of ['GET', 'PATCH', 'DELETE']) {
      const { status } = await admin.send(
        `${line} /v1/accounts/platform`,
        line === 'PATCH' ? { alias: 'x' } : undefined,
      )
      expect([400, 404]).toContain(status)
    }
  })
})

describe('changing an account', () => {
  // T76
  test('tells only what changed, and replaces metadata as a whole', async () => {
    const { id } = await made({ metadata: { a: 1, b: 2 } })
    const { body } = await admin.send(`PATCH /v1/accounts/${id}`, {
      metadata: { c: [3] },
      limits: { rpm: 60, tpm: 5_000_000_000 },
      creditsFactor: '2.50',
      timezone: 'UTC',
    })
    expect(body).toMatchObject({ metadata: { c: [3] }, limits: { rpm: 60, tpm: 5_000_000_000 }, creditsFactor: '2.5' })
    const [, event] = await query('select name, before, after, actor from events where account_id = $1 order by seq', [
      id,
    ])
    expect(event).toMatchObject({
      name: 'account.updated',
      before: { metadata: { a: 1, b: 2 }, limits: { rpm: null, tpm: null }, creditsFactor: '1.2' },
      after: { metadata: { c: [3] }, limits: { rpm: 60, tpm: 5_000_000_000 }, creditsFactor: '2.5' },
      actor: { kind: 'user', name: 'Test' },
    })
    expect(Object.keys((event?.after as object) ?? {}).sort()).toEqual(['creditsFactor', 'limits', 'metadata'])
  })

  test('that changes nothing answers the account and tells nothing', async () => {
    const { id, name } = await made()
    const { status, body } = await admin.send(`PATCH /v1/accounts/${id}`, { name, creditsFactor: '1.2000' })
    expect({ status, name: body.name }).toEqual({ status: 200, name })
    expect(await eventsOf(database, id)).toEqual(['account.created'])
  })

  test('can take its domain away, and refuses a name or domain of another', async () => {
    const [one, two] = [await made({ domain: domain() }), await made()]
    const patch = async (fields: object) => (await admin.send(`PATCH /v1/accounts/${two.id}`, fields)).body
    expect((await patch({ domain: one.domain })).type).toBe('account.domain_taken')
    expect((await patch({ name: one.name })).type).toBe('account.name_taken')
    await admin.send(`PATCH /v1/accounts/${one.id}`, { domain: null })
    expect((await patch({ domain: one.domain })).domain).toBe(one.domain)
  })

  test.each([
    ['an empty patch', {}, ''],
    ['an unknown field', { colour: 'red' }, '/colour'],
    ['a zone that is none', { timezone: 'Mars/Olympus' }, '/timezone'],
    ['a factor of zero', { creditsFactor: '0' }, '/creditsFactor'],
    ['a status that is none', { status: 'gone' }, '/status'],
  ])('with %s is refused and names the field', async (_, patch, pointer) => {
    const { id } = await made()
    const { status, body } = await admin.send(`PATCH /v1/accounts/${id}`, patch)
    expect({ status, pointer: body.errors[0].pointer }).toEqual({ status: 400, pointer })
  })

  test('to suspended and back is told each time it changes', async () => {
    const { id } = await made()
    for (const status of ['suspended', 'suspended', 'active'])
      expect((await admin.send(`POST /v1/accounts/${id}/status`, { status })).body.status).toBe(status)
    expect(await eventsOf(database, id)).toEqual([
      'account.created',
      'account.status_changed',
      'account.status_changed',
    ])
  })
})

describe('deleting an account', () => {
  const filled = async () => {
    const account = await made({ adminEmail: `${newId('p', now())}@example.com` })
    const { id } = account
    const rows: [string, unknown[]][] = [
      [
        "insert into teams select $1, 'team_1', id, 'Team', null, null, null, now() from orgs where account_id = $1",
        [id],
      ],
      [
        "insert into provider_connections (account_id, id, name, kind, on_disconnect, timeouts, max_retries, created_at, updated_at) values ($1, 'con_1', 'c', 'demo', 'abort', '{}', 0, now(), now())",
        [id],
      ],
      [
        "insert into models (account_id, id, name, display_name, capabilities, created_at, updated_at) values ($1, 'mdl_1', 'm', 'm', '{}', now(), now())",
        [id],
      ],
      ["insert into model_deployments values ($1, 'mdl_1', 0, 'con_1', 'm')", [id]],
      [
        "insert into keys (account_id, id, name, preview, hash, user_id, team_id, created_at) values ($1, 'key_1', 'k', 'p', $1, 'usr_1', 'team_1', now())",
        [id],
      ],
      [
        "insert into ledger_entries (account_id, transaction_id, at, kind, book, cycle_id, amount) values ($1, 't', now(), 'grant', 'issued', 'c', -5), ($1, 't', now(), 'grant', 'n', 'c', 5)",
        [id],
      ],
      ["insert into rejected_usage values ($1, 'r', '{}', 'late', now())", [id]],
    ]
    for (const [text, values] of rows) await query(text, values)
    for (const at of [new Date(), new Date('2001-01-01')])
      await query(
        `insert into requests (account_id, id, at, status, http_status, dialect, operation, stream, model, key_id, input_tokens, cached_tokens,
           cache_write_tokens, output_tokens, reasoning_tokens, usage_source, cost_micros, credit_micros, factor, duration_ms, attempts, plan_id, trace)
         values ($1, $2, $3, 'ok', 200, 'openai', 'chat', false, 'm', 'key_1', 1, 0, 0, 1, 0, 'provider', 1, 1, 1, 1, 1, 'p', '{}')`,
        [id, newId('req', at), at],
      )
    return account
  }
  const rowsOf = async (id: string) => {
    const tables = await query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('events', 'snapshots', 'audit_chains', 'audit_checkpoints', 'audit_retention', 'audit_holds')`,
    )
    const left: string[] = []
    for (const { name } of tables)
      if ((await query(`select 1 from ${name} where account_id = $1`, [id])).length > 0) left.push(name)
    return left
  }

  test('takes the requests of the accounts that go along, of all times, and leaves those of the others', async () => {
    const [first, second, stays] = [await filled(), await filled(), await filled()]
    const requestsOf = async ({ id }: { id: string }) =>
      (await query('select 1 from requests where account_id = $1', [id])).length
    // one statement for both, as the database sees it, whoever asks for it
    await query('delete from accounts where account_id = any($1)', [[first.id, second.id]])
    expect([await requestsOf(first), await requestsOf(second), await requestsOf(stays)]).toEqual([0, 0, 2])
    await query('delete from accounts where false')
    expect(await requestsOf(stays)).toBe(2)
  })

  test('suspends it unless asked to delete for good', async () => {
    const { id } = await made()
    const { body } = await admin.send(`DELETE /v1/accounts/${id}`)
    expect(body).toEqual({ status: 'suspended', accountId: id, rows: {} })
    expect((await admin.send(`GET /v1/accounts/${id}`)).body.status).toBe('suspended')
  })

  // T100
  test('for good needs its exact name', async () => {
    const { id, name } = await made()
    for (const wrong of ['', '&confirm_name=', `&confirm_name=${encodeURIComponent(name.toUpperCase())}`]) {
      const { status, body } = await admin.send(`DELETE /v1/accounts/${id}?hard_delete=true${wrong}`)
      expect({ status, type: body.type }).toEqual({ status: 400, type: 'account.confirmation_wrong' })
    }
    expect((await admin.send(`GET /v1/accounts/${id}`)).status).toBe(200)
  })

  test('first counts what would go and leaves all of it, then takes all of it and nothing of others', async () => {
    const [account, other] = [await filled(), await filled()]
    const before = await rowsOf(other.id)
    const asked = (await admin.send(`DELETE /v1/accounts/${account.id}?hard_delete=true&dry_run=1`)).body
    expect(asked).toMatchObject({
      status: 'dry_run',
      rows: {
        accounts: 1,
        orgs: 1,
        teams: 1,
        memberships: 1,
        users: 1,
        keys: 1,
        models: 1,
        model_deployments: 1,
        provider_connections: 1,
        ledger_entries: 2,
        rejected_usage: 1,
        requests: 2,
      },
    })
    expect(await rowsOf(account.id)).not.toEqual([])
    const confirm = `hard_delete=true&confirm_name=${encodeURIComponent(account.name)}`
    const done = await admin.send(`DELETE /v1/accounts/${account.id}?${confirm}`)
    expect(done.body).toEqual({ ...asked, status: 'deleted' })
    expect(await rowsOf(account.id)).toEqual([])
    expect(await rowsOf(other.id)).toEqual(before)
    expect((await admin.send(`GET /v1/accounts/${account.id}`)).status).toBe(404)
    expect((await admin.send(`DELETE /v1/accounts/${account.id}?${confirm}`)).status).toBe(404)
  })

  test('for good is told once, in the platform, and the story of the account stays', async () => {
    const { id, name } = await made()
    await admin.send(`DELETE /v1/accounts/${id}?hard_delete=true&confirm_name=${encodeURIComponent(name)}`)
    expect(await eventsOf(database, id)).toEqual(['account.created'])
    const told = await query(
      "select after from events where account_id = 'platform' and name = 'account.deleted' and subject ->> 'id' = $1",
      [id],
    )
    expect(told).toMatchObject([{ after: { rows: { accounts: 1 } } }])
  })

  test('forgets people who were nowhere else, and keeps those who are', async () => {
    const [lonely, shared] = [`${newId('p', now())}@example.com`, `${newId('p', now())}@example.com`]
    const [one, two] = [await made({ adminEmail: lonely }), await made({ adminEmail: shared })]
    const home = await made({ adminEmail: shared })
    for (const { id, name } of [one, two])
      await admin.send(`DELETE /v1/accounts/${id}?hard_delete=true&confirm_name=${encodeURIComponent(name)}`)
    expect(await query('select email from users where email = any($1)', [[lonely, shared]])).toEqual([
      { email: shared },
    ])
    expect(await admins(home.id)).toHaveLength(1)
  })

  test('reaches every table: each one goes with its account, and none stands in the way of another', async () => {
    const stuck = await query(`
      select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('events', 'snapshots', 'audit_chains', 'audit_checkpoints', 'audit_retention', 'audit_holds', 'accounts')
        and not exists (select 1 from pg_constraint f where f.conrelid = c.oid and f.confrelid = 'accounts'::regclass and f.confdeltype = 'c')
        and exists (select 1 from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.confdeltype <> 'c')`)
    expect(stuck).toEqual([])
  })
})

test('gateways get what they need of an account, and nothing once it is deleted', async () => {
  const { id, name } = await made({
    creditsFactor: '3.10',
    limits: { rpm: 5, tpm: null },
    metadata: { secret: 'canary' },
  })
  const slice = () => db.tenant(systemCtx('test', id), (tx) => tenancy.sliceAccount(tx))
  const limits = { rpm: 5, tpm: null }
  const account = { id, name, status: 'active', timezone: 'UTC', creditsFactor: '3.1', limits, logContent: false }
  expect(await slice()).toEqual(account)
  await admin.send(`DELETE /v1/accounts/${id}`)
  expect(await slice()).toEqual({ ...account, status: 'suspended' })
  await admin.send(`DELETE /v1/accounts/${id}?hard_delete=true&confirm_name=${encodeURIComponent(name)}`)
  expect(await slice()).toBeNull()
})

// T76
test('nobody of an account reaches accounts, whatever permissions they hold', async () => {
  const { id } = await made()
  const outsider = front().as(testCtx(id, { permissions: ['account.read', 'account.write', 'account.delete'] }))
  for (const line of [`GET /v1/accounts`, `GET /v1/accounts/${id}`, `DELETE /v1/accounts/${id}`])
    expect((await outsider.send(line)).status).toBe(403)
  expect((await front().send('GET /v1/accounts')).status).toBe(401)
})
