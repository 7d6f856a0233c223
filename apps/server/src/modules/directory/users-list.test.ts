import { type RawBuilder, sql } from 'kysely'
import { expect, test } from 'vitest'
import { superCtx, testCtx } from '../../platform/testing.ts'
import {
  asPerson,
  type Company,
  company,
  db,
  front,
  missingId,
  person,
  prove,
  query,
  signedOut,
  synchronise,
  team,
} from './directory.testing.ts'

type Row = { id: string; name: string; role: string; keys: number; lastSeenAt: string | null }
const list = async (acme: Company, search: string) => (await acme.send(`GET /v1/users?${search}`)).body
const names = async (acme: Company, search: string) => (await list(acme, search)).items.map((user: Row) => user.name)
const seen = (id: string, at: string | null) => query('update users set last_seen_at = $2 where id = $1', [id, at])
const key = (acme: Company, userId: string) =>
  query(
    `insert into keys (account_id, id, name, hash, preview, user_id, created_at)
     values ($1, 'key_' || md5(random()::text), 'k', md5(random()::text), 'ck_', $2, now())`,
    [acme.accountId, userId],
  )

/** An authenticator app; one that was begun and never confirmed proves nothing. */
const totp = (userId: string, confirmed: boolean) =>
  query(
    `insert into totp_secrets (user_id, sealed_secret, created_at, confirmed_at)
     values ($1, 'sealed', now(), case when $2 then now() end)`,
    [userId, confirmed],
  )
const passkey = (userId: string) =>
  query(
    `insert into passkeys (id, user_id, name, credential_id, public_key, counter, transports, synced, created_at)
     values ('psk_' || md5(random()::text), $1, 'Key', md5(random()::text), '', 0, '{}', false, now())`,
    [userId],
  )

/** Every page of a list, one row or two at a time. */
const walk = async (acme: Company, search: string, limit = 2): Promise<Row[]> => {
  const rows: Row[] = []
  let next: string | null = ''
  while (next !== null) {
    const page = await list(acme, `${search}&limit=${limit}${next && `&after=${next}`}`)
    rows.push(...page.items)
    next = page.next
  }
  return rows
}

test('people are narrowed by each filter, and by all of them together', async () => {
  const acme = await company()
  const org = (await acme.send('POST /v1/console/orgs', { name: 'Labs' })).body
  const labs = (await acme.send('POST /v1/console/teams', { name: 'Labs', orgId: org.id })).body
  const sales = await team(acme, 'Sales')
  const amy = await person(acme, { name: 'Amy', role: 'member', teamIds: [labs.id] })
  const bob = await person(acme, { name: 'Bob', teamIds: [sales.id] })
  const eve = await person(acme, { name: 'Eve' })
  await seen(amy.id, '2026-03-01T00:00:00Z')
  await seen(bob.id, '2026-05-01T00:00:00Z')
  await key(acme, bob.id)
  await totp(amy.id, true)
  await totp(bob.id, false)
  await passkey(eve.id)
  await synchronise(acme, eve.id)
  await acme.send(`PATCH /v1/users/${eve.id}`, { status: 'suspended' })
  const found: [string, string[]][] = [
    ['q=amy', ['Amy']],
    [`q=${bob.email}`, ['Bob']],
    [`q=${eve.id}`, ['Eve']],
    ['role=member', ['Amy']],
    ['status=suspended', ['Eve']],
    ['source=scim', ['Eve']],
    [`teamId=${sales.id}`, ['Bob']],
    [`orgId=${org.id}`, ['Amy']],
    ['domain=console', ['Amy']],
    ['domain=copilot', ['Bob']],
    ['hasKeys=true', ['Bob']],
    ['hasKeys=no', ['Amy', 'Eve']],
    ['hasTeam=false', ['Eve']],
    ['signedIn=false', ['Eve']],
    ['signedIn=yes', ['Amy', 'Bob']],
    ['secondFactor=true', ['Amy', 'Eve']],
    ['secondFactor=no', ['Bob']],
    ['seenAfter=2026-04-01T00:00:00Z', ['Bob']],
    ['seenBefore=2026-04-01T00:00:00Z', ['Amy']],
    [`createdAfter=${new Date(Date.now() + 60_000).toISOString()}`, []],
    [`createdBefore=${new Date(Date.now() + 60_000).toISOString()}`, ['Amy', 'Bob', 'Eve']],
    [`teamId=${missingId('team')}`, []],
    ['domain=copilot&hasKeys=true&signedIn=true&role=end_user&status=active&q=bob', ['Bob']],
    ['domain=copilot&role=member', []],
  ]
  for (const [search, expected] of found) {
    expect(await names(acme, `${search}&sort=name`), search).toEqual(expected)
    expect((await list(acme, search)).total, search).toBe(expected.length)
  }
})

test('an account knows of its people that they have a second factor and no more, and only who looks after sign-in is told', async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const [amy, zoe] = [await person(acme, { name: 'Amy' }), await person(globex, { name: 'Zoe' })]
  for (const { id } of [amy, zoe]) await totp(id, true)
  for (const { id } of [amy, zoe]) await passkey(id)
  const tenant = <R>(text: RawBuilder<R>) => db.tenant(testCtx(acme.accountId), (tx) => text.execute(tx.sql))
  for (const table of ['totp_secrets', 'passkeys'])
    expect((await tenant(sql`select user_id from ${sql.table(table)}`)).rows).toEqual([{ user_id: amy.id }])
  for (const secret of [sql`select sealed_secret from totp_secrets`, sql`select public_key from passkeys`])
    await expect(tenant(secret)).rejects.toThrow('permission denied')

  expect((await acme.send(`GET /v1/users/${amy.id}`)).body.secondFactor).toBe(true)
  const member = asPerson(acme, amy.id, { permissions: new Set(['directory.read', 'directory.write']) })
  expect((await member.send('GET /v1/users')).body.items).toMatchObject([{ id: amy.id, secondFactor: null }])
  expect((await member.send(`GET /v1/users/${amy.id}`)).body.secondFactor).toBeNull()
  expect((await member.send(`PATCH /v1/users/${amy.id}`, { name: 'Ann' })).body).toMatchObject({
    name: 'Ann',
    secondFactor: null,
  })
  for (const address of ['GET /v1/users', 'GET /v1/users/export'])
    expect((await member.send(`${address}?secondFactor=no`)).status, address).toBe(403)
})

test('who is locked out now is found by whoever looks after sign-ins, among the own people only', async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const [amy, bob] = [await person(acme, { name: 'Amy' }), await person(acme, { name: 'Bob' })]
  const [cy, zoe] = [await person(acme, { name: 'Cy' }), await person(globex, { name: 'Zoe' })]
  const fail = async (subject: string, times: number, minutesAgo = 0) => {
    for (let i = 0; i < times; i++)
      await query("insert into sign_in_attempts (subject, at) values ($1, now() - $2 * interval '1 minute')", [
        subject,
        minutesAgo,
      ])
  }
  await fail(`email:${amy.email}`, 10)
  await fail(`factor:${bob.id}`, 10)
  await fail(`email:${cy.email}`, 9)
  await fail(`email:${cy.email}`, 9, 16)
  await fail(`email:${zoe.email}`, 10)
  expect(await names(acme, 'locked=yes&sort=name')).toEqual(['Amy', 'Bob'])
  expect((await list(acme, 'locked=yes')).total).toBe(2)
  expect(await names(acme, 'locked=no&q=cy')).toEqual(['Cy'])
  expect(await names(globex, 'locked=yes')).toEqual(['Zoe'])
  expect((await acme.send('GET /v1/users/export?locked=yes')).text.split('\r\n').filter(Boolean)).toHaveLength(3)
  const member = asPerson(acme, amy.id, { permissions: new Set(['directory.read']) })
  expect((await member.send('GET /v1/users?locked=yes')).status).toBe(403)
})

test('pages follow each sort both ways, and show nobody twice or not at all, though values repeat or are absent', async () => {
  const acme = await company()
  for (const [at, name] of ['ann', 'Ann', 'bea', 'Ann', 'cy', 'Zoë'].entries()) {
    const { id } = await person(acme, { name, role: at % 2 ? 'member' : 'end_user' })
    if (at % 3 > 0) await seen(id, '2026-03-01T00:00:00.123456Z')
    if (at === 2) await key(acme, id)
  }
  const ids = new Set((await walk(acme, 'sort=created', 100)).map(({ id }) => id))
  expect(ids.size).toBe(6)
  for (const sort of ['name', 'email', 'role', 'status', 'source', 'keys', 'seen', 'created']) {
    const [up, down] = [await walk(acme, `sort=${sort}`), await walk(acme, `sort=-${sort}`)]
    expect(new Set(up.map(({ id }) => id)), sort).toEqual(ids)
    expect(down.map(({ id }) => id)).toEqual(up.map(({ id }) => id).reverse())
  }
  expect((await walk(acme, 'sort=name')).map(({ name }) => name.toLowerCase())).toEqual([
    'ann',
    'ann',
    'ann',
    'bea',
    'cy',
    'zoë',
  ])
  expect((await walk(acme, 'sort=-keys'))[0]).toMatchObject({ name: 'bea', keys: 1 })
})

test('whoever joins while somebody turns the pages moves no other row', async () => {
  const acme = await company()
  for (const name of ['B', 'D', 'F']) await person(acme, { name })
  const first = await list(acme, 'sort=name&limit=2')
  await person(acme, { name: 'A' })
  await person(acme, { name: 'E' })
  const rest = await list(acme, `sort=name&limit=9&after=${first.next}`)
  expect([...first.items, ...rest.items].map((user: Row) => user.name)).toEqual(['B', 'D', 'E', 'F'])
})

test('a cursor of another sort, or one that was tampered with, is refused and names the field', async () => {
  const acme = await company()
  for (const name of ['A', 'B']) await person(acme, { name })
  const { next } = await list(acme, 'sort=name&limit=1')
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const wrong = [
    `sort=-name&after=${next}`,
    `sort=seen&after=${next}`,
    'sort=name&after=x',
    `sort=seen&after=${forged(['seen', '1; drop table users', 'usr_1'])}`,
    `sort=seen&after=${forged(['seen', '99999999999999999999', 'usr_1'])}`,
    `sort=created&after=${forged(['created', '2026-13-01T00:00:00.000000Z', 'usr_1'])}`,
    `sort=name&after=${forged(['name', 'a\u0000', 'usr_1'])}`,
    `sort=name&after=${forged(['name', 'a', "usr_1' or true"])}`,
    `sort=name&after=${forged({ sort: 'name' })}`,
  ]
  for (const search of wrong) {
    const answer = await acme.send(`GET /v1/users?${search}`)
    expect([answer.status, answer.body.errors], search).toMatchObject([400, [{ pointer: '/after' }]])
  }
  expect((await acme.send('GET /v1/users?sort=password')).body.errors).toMatchObject([{ pointer: '/sort' }])
})

test('whoever is suspended or removed is signed out, unless they work in another account still', async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const [ada, bob, both] = [await person(acme), await person(acme), await person(acme)]
  await prove(both)
  await front.as(superCtx(globex.accountId)).send('POST /v1/users', { email: both.email, name: 'Both' })
  for (const { id } of [ada, both]) await acme.send(`PATCH /v1/users/${id}`, { status: 'suspended' })
  await acme.send(`DELETE /v1/users/${bob.id}`)
  expect(signedOut).toEqual(expect.arrayContaining([ada.id, bob.id]))
  expect(signedOut).not.toContain(both.id)
  await globex.send(`DELETE /v1/users/${both.id}`)
  expect(signedOut).toContain(both.id)
})

test('no more people join than the account has seats for, also when two come at once', async () => {
  const acme = await company()
  await person(acme)
  await query('update accounts set seats_max = 2 where account_id = $1', [acme.accountId])
  const join = (email: string) => acme.send('POST /v1/users', { email, name: 'Next' })
  const tag = acme.accountId
  const answers = await Promise.all([join(`a-${tag}@example.com`), join(`b-${tag}@example.com`)])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  expect(answers.find(({ status }) => status === 409)?.body.type).toBe('account.seats_taken')
  expect((await acme.send('GET /v1/directory-policy')).body.seats).toEqual({ max: 2, used: 2, invited: 0 })
})
