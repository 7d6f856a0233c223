import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { newId } from '../../platform/index.ts'
import { eventsOf, testAccount, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const house = openHouse(database, { now: () => new Date(Date.now() + shiftMs) })
const { person, signedIn, browser } = house
type Browser = Awaited<ReturnType<typeof signedIn>>
type Failure = { id: string; email: string; reason: string; ip: string; user: { id: string; name: string } | null }
const minuteMs = 60_000

const stage = async (role: 'end_user' | 'account_admin' = 'end_user') => {
  const account = await testAccount(database)
  const admin = await person({ [account]: 'account_admin' })
  const member = await person({ [account]: role })
  return { account, admin, member, chrome: await signedIn(admin) }
}
const root = async () => signedIn(await person({ platform: 'super_admin' }))
const tryIn = (email: string, password = 'not this one', from = browser()) =>
  from.send('POST /v1/sessions', { email, password })
const failuresSeen = async (chrome: Browser, query = ''): Promise<Failure[]> => {
  const answer = await chrome.send(`GET /v1/sign-in-failures${query}`)
  expect(answer.status).toBe(200)
  return answer.body.items
}
const lockOut = async ({ email }: { email: string }) => {
  for (let i = 0; i < 10; i++) await tryIn(email)
}

describe('a failed sign-in', () => {
  test('is shown to the admin of the person with the address, the device and why, the newest first', async () => {
    const { chrome, member } = await stage()
    const stranger = browser()
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
    const body = { email: ` ${member.email.toUpperCase()} `, password: 'secret that was typed' }
    await stranger.send('POST /v1/sessions', body, headers)
    await lockOut(member)
    const items = await failuresSeen(chrome, `?userId=${member.id}`)
    expect(items.map(({ reason }) => reason)).toEqual(['locked', ...Array<string>(10).fill('wrong_password')])
    expect(items.at(-1)).toMatchObject({
      email: member.email,
      user: { id: member.id, name: member.name },
      ip: stranger.ip,
      place: 'local_network',
      device: 'Firefox 140 · Linux',
    })
    const stored = JSON.stringify(await database.query('select * from sign_in_failures'))
    expect(stored).not.toContain(body.password)
  })

  test('at the second step says so', async () => {
    const { chrome, member } = await stage()
    const theirs = await signedIn(member)
    const { secret } = (await theirs.send('POST /v1/me/totp')).body
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
    expect((await theirs.send('PUT /v1/me/totp', { code })).status).toBe(200)
    const { challenge } = (await tryIn(member.email, member.password)).body
    expect(await failuresSeen(chrome)).toEqual([])
    await browser().send('POST /v1/sessions/second-factor', { challenge, code: '000000' })
    expect(await failuresSeen(chrome)).toMatchObject([{ reason: 'second_factor', email: member.email }])
  })

  test('of somebody who is suspended, has no password, or comes from elsewhere says so, and the answer does not', async () => {
    const { account, chrome, member } = await stage()
    const [idle, outside] = [await person({ [account]: 'end_user' }), await person({ [account]: 'end_user' })]
    await database.query("update memberships set status = 'suspended' where user_id = $1", [member.id])
    await database.query('update users set password_hash = null where id = $1', [idle.id])
    await tryIn(member.email, member.password)
    const none = await tryIn(idle.email)
    const networks = { people: [{ network: `${chrome.ip}/32`, note: 'Office' }] }
    const set = await chrome.send('PATCH /v1/security/networks', networks)
    expect(set.status, JSON.stringify(set.body)).toBe(200)
    const elsewhere = await tryIn(outside.email, outside.password)
    expect(elsewhere.body.detail).toBe(none.body.detail)
    const reasons = (await failuresSeen(chrome)).map(({ email, reason }) => [email, reason])
    expect(reasons).toEqual([
      [outside.email, 'network'],
      [idle.email, 'no_password'],
      [member.email, 'suspended'],
    ])
  })

  test('of an address that nobody has is shown to super admins only', async () => {
    const { account, chrome } = await stage()
    const email = `${newId('nobody', new Date())}@example.com`
    await tryIn(email)
    const ask = `?q=${email.slice(3)}`
    expect(await failuresSeen(await root(), ask)).toMatchObject([{ email, user: null, reason: 'unknown' }])
    expect(await failuresSeen(chrome, ask)).toEqual([])
    const operator = await person({ platform: 'super_admin' })
    await database.query("update memberships set role = 'platform_operator' where user_id = $1", [operator.id])
    const theirs = await signedIn(operator)
    expect(await failuresSeen(theirs, ask)).toEqual([])
    const inside = await (await root()).send(`GET /v1/sign-in-failures${ask}`, undefined, { 'x-account-id': account })
    expect(inside.body.items).toEqual([])
  })

  test("is not shown to another account's admin, nor to a member", async () => {
    const [staged, other] = [await stage(), await stage()]
    await tryIn(staged.member.email)
    expect(await failuresSeen(other.chrome)).toEqual([])
    expect(await failuresSeen(other.chrome, `?userId=${staged.member.id}`)).toEqual([])
    const member = await signedIn(staged.member)
    expect((await member.send('GET /v1/sign-in-failures')).status).toBe(403)
  })

  test('is found by person, reason, address, time and words, page after page', async () => {
    const { account, chrome, member } = await stage()
    const second = await person({ [account]: 'end_user' })
    const from = browser()
    await tryIn(member.email, 'wrong', from)
    await tryIn(second.email)
    await tryIn(member.email)
    const emails = async (query: string) => (await failuresSeen(chrome, query)).map(({ email }) => email)
    expect(await emails(`?userId=${second.id}`)).toEqual([second.email])
    expect(await emails(`?ip=${from.ip}`)).toEqual([member.email])
    expect(await emails('?reason=locked')).toEqual([])
    expect(await emails(`?q=${second.email.slice(5, 20).toUpperCase()}`)).toEqual([second.email])
    expect(await emails('?q=%25')).toEqual([])
    const soon = new Date(Date.now() + minuteMs).toISOString()
    expect(await emails(`?from=${soon}`)).toEqual([])
    expect(await emails(`?to=${soon}`)).toHaveLength(3)
    const first = (await chrome.send('GET /v1/sign-in-failures?limit=2')).body
    expect(first).toMatchObject({ total: 3, totalIsMin: false })
    const rest = (await chrome.send(`GET /v1/sign-in-failures?limit=2&after=${first.next}`)).body
    expect([...first.items, ...rest.items].map(({ email }: Failure) => email)).toEqual([
      member.email,
      second.email,
      member.email,
    ])
    expect(rest.next).toBeNull()
  })

  test('many in a minute are written down in part, and after thirty days none is left', async () => {
    const { chrome, member } = await stage()
    for (let i = 0; i < 25; i++) await tryIn(member.email)
    expect(await failuresSeen(chrome, '?limit=100')).toHaveLength(20)
    shiftMs += 2 * minuteMs
    await tryIn(member.email)
    shiftMs -= 2 * minuteMs
    expect(await failuresSeen(chrome, '?limit=100')).toHaveLength(21)
    const prune = async (days: number) => {
      shiftMs += days * 24 * 60 * minuteMs
      await house.identity.failures.prune.run({}, new AbortController().signal)
      shiftMs -= days * 24 * 60 * minuteMs
    }
    await prune(29)
    expect(await failuresSeen(chrome, '?limit=100')).toHaveLength(21)
    await prune(31)
    expect(await failuresSeen(chrome)).toEqual([])
  })
})

describe('a lock', () => {
  const lockOf = async (chrome: Browser, { id }: { id: string }) => (await chrome.send(`GET /v1/users/${id}/lock`)).body
  const release = (chrome: Browser, { id }: { id: string }) => chrome.send(`DELETE /v1/users/${id}/lock`)

  test('is seen and released by an admin of the person, who can sign in at once; the audit log tells it', async () => {
    const { account, chrome, member } = await stage()
    expect(await lockOf(chrome, member)).toEqual({ until: null })
    expect((await release(chrome, member)).body.type).toBe('lock.not_found')
    await lockOut(member)
    expect((await tryIn(member.email, member.password)).body.type).toBe('auth.locked')
    const { until } = await lockOf(chrome, member)
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(14 * minuteMs)
    expect((await release(chrome, member)).status).toBe(204)
    expect(await lockOf(chrome, member)).toEqual({ until: null })
    expect((await tryIn(member.email, member.password)).status).toBe(201)
    expect(await eventsOf(database, account)).toContain('user.unlocked')
  })

  test('at an address they are known to use is seen, told and released like one at large', async () => {
    const { account, chrome, member } = await stage()
    const { ip } = await signedIn(member)
    for (let i = 0; i < 10; i++) await tryIn(member.email, 'not this one', browser({ ip }))
    expect((await lockOf(chrome, member)).until).not.toBeNull()
    expect(await eventsOf(database, account)).toContain('user.locked')
    expect((await tryIn(member.email, member.password, browser({ ip }))).body.type).toBe('auth.locked')
    expect((await release(chrome, member)).status).toBe(204)
    expect((await tryIn(member.email, member.password, browser({ ip }))).status).toBe(201)
  })

  test('of the second step is one too', async () => {
    const { chrome, member } = await stage()
    const theirs = await signedIn(member)
    const { secret } = (await theirs.send('POST /v1/me/totp')).body
    const codeNow = () => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + shiftMs })
    await theirs.send('PUT /v1/me/totp', { code: codeNow() })
    const { challenge } = (await tryIn(member.email, member.password)).body
    const prove = (code: string) => browser().send('POST /v1/sessions/second-factor', { challenge, code })
    for (let i = 0; i < 10; i++) await prove('000000')
    expect((await lockOf(chrome, member)).until).not.toBeNull()
    expect((await release(chrome, member)).status).toBe(204)
    shiftMs += 30_000
    const entered = await prove(codeNow())
    shiftMs -= 30_000
    expect(entered.status).toBe(201)
  })

  test('is over by itself after a quarter of an hour', async () => {
    const { member } = await stage()
    const chrome = await root()
    await database.query(
      "insert into memberships (account_id, user_id, role, created_at) values ('platform', $1, 'support', now())",
      [member.id],
    )
    await lockOut(member)
    expect((await lockOf(chrome, member)).until).not.toBeNull()
    shiftMs += 16 * minuteMs
    const after = await lockOf(chrome, member)
    shiftMs -= 16 * minuteMs
    expect(after).toEqual({ until: null })
  })

  test('of somebody of two accounts is released by the platform only: one of them could guess for ever', async () => {
    const [staged, other] = [await stage(), await stage()]
    await database.query(
      "insert into memberships (account_id, user_id, role, created_at) values ($1, $2, 'end_user', clock_timestamp())",
      [other.account, staged.member.id],
    )
    await lockOut(staged.member)
    expect((await release(staged.chrome, staged.member)).body.type).toBe('access.denied')
    expect((await tryIn(staged.member.email, staged.member.password)).body.type).toBe('auth.locked')
    const chrome = await root()
    const line = `DELETE /v1/users/${staged.member.id}/lock`
    expect((await chrome.send(line, undefined, { 'x-account-id': staged.account })).status).toBe(204)
  })

  test("of another account's person is like that of a missing one", async () => {
    const [staged, other] = [await stage(), await stage()]
    await lockOut(other.member)
    const missing = { id: 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33' }
    for (const who of [other.member, missing]) {
      expect((await staged.chrome.send(`GET /v1/users/${who.id}/lock`)).status).toBe(404)
      expect((await release(staged.chrome, who)).status).toBe(404)
    }
  })
})
