import { randomBytes } from 'node:crypto'
import { id, routes } from '@cockpit/contract/kit'
import { afterAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { openAccount, password } from '../../../../../tests/support/account.ts'
import { startCockpit } from '../../../../../tests/support/cockpit.ts'
import { bind, Problem } from '../../platform/index.ts'
import { quietLog, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createWitness } from './index.ts'

const database = await testDatabase()
const { db, query } = database
const cockpit = await startCockpit()
afterAll(() => cockpit.stop())

const tag = 'Things'
const params = z.object({ id: id('thing') })
const common = { tag, summary: 'Do', scope: 'account', returns: z.object({ id: z.string() }) } as const
const bound = bind(
  routes({
    get: {
      ...common,
      method: 'GET',
      path: '/v1/things/{id}',
      permission: 'key.read',
      params,
      sensitive: true,
      emits: 'thing.read',
    },
    make: { ...common, method: 'POST', path: '/v1/things/{id}', permission: 'key.write', params },
  }),
  {
    async get({ params: { id } }) {
      if (id === 'thing_0') throw new Problem('request.not_found', 'There is no such thing.')
      return { id }
    },
    make: async ({ params: { id } }) => ({ id }),
  },
)
type Event = {
  name: string
  outcome: string
  subject: { type: string; id: string }
  after: Record<string, unknown>
  session_id: string
  ip: string
}
const eventsIn = (accountId: string) =>
  query<Event>('select * from events where account_id = $1 order by chain_seq', [accountId])

const stage = async (bounds: { rowsMax?: number; rowsPerAccountMax?: number; windowMs?: number } = {}) => {
  const witness = createWitness({
    db,
    now: () => new Date(),
    log: quietLog,
    homeOf: async () => null,
    nameOf: async () => null,
    gatherMs: 5,
    ...bounds,
  })
  const accountId = await testAccount(database)
  const front = testFront(bound, { witness })
  const as = (permissions: readonly 'key.read'[] = []) =>
    front.as(testCtx(accountId, { permissions, sessionId: 'ses_1' }))
  return { accountId, witness, as }
}

test('a refused attempt is told with who, what, where from and which rule refused', async () => {
  const { accountId, as, witness } = await stage()
  expect((await as().send('POST /v1/things/thing_1')).status).toBe(403)
  await vi.waitFor(async () => expect(await eventsIn(accountId)).toHaveLength(1))
  expect((await eventsIn(accountId))[0]).toMatchObject({
    name: 'access.denied',
    outcome: 'denied',
    subject: { type: 'route', id: 'POST /v1/things/{id}' },
    after: { code: 'access.denied', detail: "This needs the permission 'key.write'.", params: { id: 'thing_1' } },
    session_id: 'ses_1',
    ip: '127.0.0.1',
  })
  await witness.stop()
})

test('a flood of refusals is a bounded number of rows, which still tell how many there were', async () => {
  const { accountId, as, witness } = await stage({ rowsPerAccountMax: 5 })
  const caller = as()
  for (let i = 0; i < 50; i++) expect((await caller.send(`POST /v1/things/thing_${i}`)).status).toBe(403)
  for (let i = 0; i < 50; i++) await caller.send('POST /v1/things/thing_0')
  await witness.stop()
  const events = await eventsIn(accountId)
  expect(events.map(({ name, after }) => [name, after.repeats ?? after.count ?? 1])).toEqual([
    ...Array.from({ length: 5 }, () => ['access.denied', 1]),
    ['access.denied', 50],
    ['access.denied_more', 45],
  ])
})

test('the flood of one account leaves room for the refusals of another', async () => {
  const { accountId, as, witness } = await stage({ rowsPerAccountMax: 2, rowsMax: 3 })
  const other = testFront(bound, { witness }).as(testCtx(await testAccount(database), { permissions: [] }))
  for (let i = 0; i < 20; i++) await as().send(`POST /v1/things/thing_${i}`)
  expect((await other.send('POST /v1/things/thing_1')).headers['x-account-id']).toBeUndefined()
  await witness.stop()
  expect(await eventsIn(accountId)).toHaveLength(3)
  const [seen] = await query<{ n: bigint }>(
    `select count(*) as n from events where name = 'access.denied' and account_id <> $1 and at > now() - interval '2 seconds'
       and subject ->> 'id' = 'POST /v1/things/{id}' and after ->> 'params' like '%thing_1%'`,
    [accountId],
  )
  expect(Number(seen?.n)).toBeGreaterThanOrEqual(1)
})

test('a look at sensitive data is on record before the answer leaves, and its repeats are counted', async () => {
  const { accountId, as, witness } = await stage()
  const reader = as(['key.read'])
  expect((await reader.send('GET /v1/things/thing_7')).status).toBe(200)
  expect(await eventsIn(accountId)).toMatchObject([
    { name: 'thing.read', outcome: 'read', subject: { type: 'thing', id: 'thing_7' } },
  ])
  for (let i = 0; i < 3; i++) await reader.send('GET /v1/things/thing_7')
  await reader.send('GET /v1/things/thing_8')
  expect((await reader.send('GET /v1/things/thing_0')).status).toBe(404)
  await witness.stop()
  expect((await eventsIn(accountId)).map(({ subject, after }) => [subject.id, after.repeats])).toEqual([
    ['thing_7', undefined],
    ['thing_8', undefined],
    ['thing_7', 3],
  ])
})

test('what cannot be recorded is not shown', async () => {
  const witness = { denied: () => {}, looked: async () => Promise.reject(new Error('the database is down')) }
  const front = testFront(bound, { witness })
  const answer = await front.as(testCtx(await testAccount(database))).send('GET /v1/things/thing_7')
  expect(answer.status).toBe(500)
  expect(answer.text).not.toContain('thing_7')
})

test('a failed sign-in is told in the account of whoever it was tried on, and one of a stranger on the platform', async () => {
  const acme = await openAccount(cockpit)
  const stranger = `${randomBytes(4).toString('hex')}@example.com`
  const tryIn = (email: string) =>
    cockpit.send('POST /v1/sessions', {
      body: { email, password: `not ${password}` },
      headers: { 'sec-fetch-site': 'same-origin' },
    })
  expect((await tryIn(acme.email)).status).toBe(401)
  expect((await tryIn(stranger)).status).toBe(401)
  const told = async (accountId: string, email: string) =>
    (
      await cockpit.database.query<Event>(`select * from events where account_id = $1 and subject ->> 'id' = $2`, [
        accountId,
        email,
      ])
    )[0]
  await vi.waitFor(async () => {
    expect(await told(acme.id, acme.email)).toMatchObject({
      name: 'sign_in.failed',
      outcome: 'denied',
      after: { code: 'auth.failed' },
    })
    expect(await told('platform', stranger)).toMatchObject({ name: 'sign_in.failed' })
  })
  const seen = await acme.api.audit.list({ query: { name: 'sign_in.failed' } })
  expect(seen.items.map(({ subject }) => subject.id)).toEqual([acme.email])
})

test('a bearer that is none is told, without the bearer; a stranger who shows nothing is not', async () => {
  const bearer = `ck_${randomBytes(8).toString('hex')}`
  await cockpit.send('GET /v1/keys')
  await cockpit.send('GET /v1/keys', { headers: { authorization: `Bearer ${bearer}` } })
  await vi.waitFor(async () => {
    const rows = await cockpit.database.query<Event>(`select * from events where subject ->> 'id' = 'GET /v1/keys'`)
    expect(rows).toMatchObject([{ name: 'sign_in.failed', after: { code: 'auth.required' } }])
    expect(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain(
      bearer,
    )
  })
})
