import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { newId } from '../../platform/index.ts'
import { eventsOf, superCtx, testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import type { Proof } from './index.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
const hourMs = 3_600_000
let shiftMs = 0
const house = openHouse(database, { now: () => new Date(Date.now() + shiftMs) })
const later = async (ms: number, work: () => Promise<void>) => {
  shiftMs += ms
  try {
    await work()
  } finally {
    shiftMs -= ms
  }
}
const { browser, person, signedIn } = house
const member = async () => {
  const account = await testAccount(database)
  return { ...(await person({ [account]: 'account_admin' })), account }
}
const context = 'GET /v1/me/context'

describe('signing in', () => {
  test('gives a cookie that scripts and other sites cannot use, and stores only the hash of its secret', async () => {
    const { email, password, account } = await member()
    const chrome = browser()
    const answer = await chrome.send('POST /v1/sessions', { email: ` ${email.toUpperCase()}`, password })
    expect(answer).toMatchObject({ status: 201, body: { accountId: account, roles: ['account_admin'] } })
    expect(answer.cookie).toMatchObject({
      name: '__Host-cockpit',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
      maxAge: 90 * 24 * 3600,
    })
    const secret = chrome.cookies['__Host-cockpit'] ?? ''
    expect(secret).toMatch(/^\w{43}$/)
    expect(JSON.stringify(await database.query('select * from sessions'))).not.toContain(secret)
    expect((await chrome.send(context)).body.principal).toMatchObject({ kind: 'user', email })
    expect(await eventsOf(database, account)).toEqual(['session.created'])
  })

  test('on a plain http address of the network the cookie has no __Host- name, as browsers would drop it', async () => {
    const { email, password } = await member()
    const chrome = browser({ host: '192.168.1.20:4000' })
    const { cookie } = await chrome.send('POST /v1/sessions', { email, password })
    expect(cookie).toMatchObject({ name: 'cockpit', httpOnly: true })
    expect(cookie).not.toHaveProperty('secure')
    expect((await chrome.send(context)).status).toBe(200)
  })

  test('an unknown e-mail and a wrong password get the same answer', async () => {
    const { email } = await member()
    const wrong = await browser().send('POST /v1/sessions', { email, password: 'not this one' })
    const unknown = await browser().send('POST /v1/sessions', { email: `no-${email}`, password: 'not this one' })
    expect(unknown.status).toBe(401)
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' })
  })

  test('an unknown e-mail costs a password check too', async () => {
    const { email } = await member()
    const timed = async (who: string) => {
      const start = performance.now()
      await browser().send('POST /v1/sessions', { email: who, password: 'not this one' })
      return performance.now() - start
    }
    await timed(`warm-${email}`)
    const [known, unknown] = [[], []] as [number[], number[]]
    for (let i = 0; i < 5; i++) {
      known.push(await timed(email))
      unknown.push(await timed(`no-${email}`))
    }
    // without the check it would be a twentieth
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 4)
  })

  test('ten failures lock an e-mail for a quarter of an hour, from every address and for the right password too', async () => {
    const { email, password } = await member()
    for (let i = 0; i < 10; i++)
      expect((await browser().send('POST /v1/sessions', { email, password: 'wrong' })).status).toBe(401)
    const locked = await browser().send('POST /v1/sessions', { email, password })
    expect(locked).toMatchObject({ status: 429, body: { type: 'auth.locked' } })
    const seconds = Number(locked.headers['retry-after'])
    expect(seconds).toBeGreaterThan(14 * 60)
    expect(seconds).toBeLessThanOrEqual(15 * 60)
    await later(seconds * 1000, async () => {
      expect((await browser().send('POST /v1/sessions', { email, password })).status).toBe(201)
    })
  })

  test('whoever guesses for ever keeps nobody out of where they came in from before', async () => {
    const who = await member()
    const [office, eve] = [await signedIn(who), browser()]
    for (let i = 0; i < 10; i++) await eve.send('POST /v1/sessions', { email: who.email, password: 'wrong' })
    const enter = (ip: string, password = who.password) =>
      browser({ ip }).send('POST /v1/sessions', { email: who.email, password })
    expect((await enter(eve.ip)).body.type).toBe('auth.locked')
    expect((await enter(office.ip)).status).toBe(201)
    expect((await office.send('POST /v1/auth/step-up', { password: who.password })).status).toBe(200)
    // coming in there forgives nothing of what was tried elsewhere
    expect((await enter(eve.ip)).body.type).toBe('auth.locked')
    // and there, too, ten failures are enough
    for (let i = 0; i < 10; i++) expect((await enter(office.ip, 'wrong')).status).toBe(401)
    expect((await enter(office.ip)).body.type).toBe('auth.locked')
    // where somebody else came in from is known for them alone
    const home = (await signedIn(await member())).ip
    expect((await enter(home)).body.type).toBe('auth.locked')
  })

  test('a burst gets no more tries than one attempt after the other', async () => {
    const { email } = await member()
    const burst = Array.from({ length: 16 }, () => browser().send('POST /v1/sessions', { email, password: 'wrong' }))
    const statuses = (await Promise.all(burst)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(6)
  })

  test('fifty failures lock an address, whatever e-mails it tried', async () => {
    const { email, password } = await member()
    const eve = browser()
    const tries = Array.from({ length: 50 }, (_, i) =>
      eve.send('POST /v1/sessions', { email: `${i}-${email}`, password }),
    )
    expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([401]))
    expect((await eve.send('POST /v1/sessions', { email, password })).body.type).toBe('auth.locked')
    expect((await browser().send('POST /v1/sessions', { email, password })).status).toBe(201)
  })

  test('an address of IPv6 gets no more tries by taking another of its network', async () => {
    const { email, password } = await member()
    const send = (host: number, body: object) =>
      browser({ ip: `2001:db8:7:1::${host.toString(16)}` }).send('POST /v1/sessions', body)
    const tries = Array.from({ length: 50 }, (_, i) => send(i + 1, { email: `${i}-${email}`, password }))
    expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([401]))
    expect((await send(99, { email, password })).body.type).toBe('auth.locked')
  })

  test('with passkeys can be begun so often from one address and no more, for each try is remembered', async () => {
    const { ip, send } = browser()
    expect((await send('POST /v1/auth/passkey-options')).status).toBe(200)
    await database.query(
      `insert into sign_in_attempts (subject, at) select $1, clock_timestamp() from generate_series(1, 10000)`,
      [`asks:${ip}`],
    )
    expect(await send('POST /v1/auth/passkey-options')).toMatchObject({
      status: 429,
      body: { type: 'auth.asked_too_often' },
    })
    expect((await browser().send('POST /v1/auth/passkey-options')).status).toBe(200)
  })

  test('coming in forgives the failures before', async () => {
    const { email, password } = await member()
    const chrome = browser()
    for (let i = 0; i < 9; i++) await chrome.send('POST /v1/sessions', { email, password: 'wrong' })
    expect((await chrome.send('POST /v1/sessions', { email, password })).status).toBe(201)
    for (let i = 0; i < 9; i++) await chrome.send('POST /v1/sessions', { email, password: 'wrong' })
    expect((await chrome.send('POST /v1/sessions', { email, password })).status).toBe(201)
  })

  test('again in the same browser changes the secret and ends the old one', async () => {
    const { email, password } = await member()
    const chrome = await signedIn({ email, password })
    const old = { ...chrome.cookies }
    await chrome.send('POST /v1/sessions', { email, password })
    expect(chrome.cookies).not.toEqual(old)
    const thief = browser()
    thief.cookies = old
    expect((await thief.send(context)).status).toBe(401)
  })

  test('from a page of another site is refused', async () => {
    const { email, password } = await member()
    const answer = await browser().send('POST /v1/sessions', { email, password }, { 'sec-fetch-site': 'cross-site' })
    expect(answer.body.type).toBe('auth.origin_refused')
  })
})

describe('a session', () => {
  test('that nobody uses ends after twelve hours, one in use goes on', async () => {
    const who = await member()
    const [idle, used] = [await signedIn(who), await signedIn(who)]
    await later(11 * hourMs, async () => {
      expect((await used.send(context)).status).toBe(200)
    })
    await later(13 * hourMs, async () => {
      expect((await idle.send(context)).status).toBe(401)
      expect((await used.send(context)).status).toBe(200)
    })
  })

  test('ends though a page goes on asking by itself, with nobody at the screen', async () => {
    const chrome = await signedIn(await member())
    const askedByPage = () => chrome.send(context, undefined, { 'x-unattended': '1' })
    await later(11 * hourMs, async () => void expect((await askedByPage()).status).toBe(200))
    await later(13 * hourMs, async () => void expect((await askedByPage()).status).toBe(401))
  })

  test('ends after thirty days however much it is used', async () => {
    const chrome = await signedIn(await member())
    const inUse = async () => void expect((await chrome.send(context)).status).toBe(200)
    for (let hours = 11; hours < 720; hours += 11) await later(hours * hourMs, inUse)
    await later(720 * hourMs, async () => void expect((await chrome.send(context)).status).toBe(401))
  })

  test('is written down as seen once a minute, not with every request', async () => {
    const chrome = await signedIn(await member())
    const seen = async () => (await chrome.send('GET /v1/sessions')).body.items[0].lastSeenAt
    const first = await seen()
    await later(30_000, async () => void expect(await seen()).toBe(first))
    await later(61_000, async () => void expect(await seen()).not.toBe(first))
  })

  test('is over after signing out, also for who copied the cookie', async () => {
    const who = await member()
    const chrome = await signedIn(who)
    const thief = browser()
    thief.cookies = chrome.cookies
    expect((await chrome.send('DELETE /v1/sessions/current')).status).toBe(204)
    expect((await thief.send(context)).status).toBe(401)
    expect(await eventsOf(database, who.account)).toEqual(['session.created', 'session.ended'])
  })

  test("can be ended from another one; another person's is like a missing one", async () => {
    const who = await member()
    const [chrome, phone] = [await signedIn(who), await signedIn(who)]
    const eve = await signedIn(await member())
    const { items } = (await chrome.send('GET /v1/sessions')).body
    expect(items).toHaveLength(2)
    const other = items.find((session: { current: boolean }) => !session.current).id
    const foreign = await eve.send(`DELETE /v1/sessions/${other}`)
    const missing = await eve.send('DELETE /v1/sessions/ses_0')
    expect(foreign.status).toBe(404)
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' })
    expect((await chrome.send(`DELETE /v1/sessions/${other}`)).status).toBe(204)
    expect((await phone.send(context)).status).toBe(401)
    expect((await chrome.send(context)).status).toBe(200)
  })
})

describe('changing the password', () => {
  const next = 'a better password'
  test('needs the current one, ends all other sessions, and is told without the password', async () => {
    const who = await member()
    const [chrome, phone] = [await signedIn(who), await signedIn(who)]
    const wrong = await chrome.send('PUT /v1/me/password', { current: 'wrong', next })
    expect(wrong.body.type).toBe('auth.failed')
    expect((await chrome.send('PUT /v1/me/password', { current: who.password, next })).status).toBe(204)
    expect((await phone.send(context)).status).toBe(401)
    expect((await chrome.send(context)).status).toBe(200)
    const old = await browser().send('POST /v1/sessions', { email: who.email, password: who.password })
    expect(old.status).toBe(401)
    expect((await browser().send('POST /v1/sessions', { email: who.email, password: next })).status).toBe(201)
    expect(await eventsOf(database, who.account)).toContain('user.password_changed')
    expect(JSON.stringify(await database.query('select subject, before, after from events'))).not.toContain(next)
  })

  test('ends also the sign-in with the old one that is on its way at that moment', async () => {
    const who = await member()
    const [row] = await database.query<{ password_hash: string }>('select password_hash from users where id = $1', [
      who.id,
    ])
    // one that takes long to verify
    const message = who.password
    const nonce = randomBytes(16)
    const cost = { memory: 19_456, passes: 30, parallelism: 1 }
    const hash = await promisify(argon2)('argon2id', { message, nonce, tagLength: 32, ...cost })
    const b64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    const setHash = (text: string | undefined) =>
      database.query('update users set password_hash = $2 where id = $1', [who.id, text])
    await setHash(`$argon2id$v=19$m=19456,t=30,p=1$${b64(nonce)}$${b64(hash)}`)
    const coming = browser().send('POST /v1/sessions', { email: who.email, password: who.password })
    await vi.waitFor(async () => {
      const begun = await database.query('select 1 from sign_in_attempts where subject = $1', [`email:${who.email}`])
      expect(begun).toHaveLength(1)
    })
    await setHash(row?.password_hash)
    expect((await coming).body.type).toBe('auth.failed')
    expect(await database.query('select 1 from sessions where user_id = $1', [who.id])).toEqual([])
  })

  test('a stolen session cannot guess it for ever', async () => {
    const chrome = await signedIn(await member())
    for (let i = 0; i < 10; i++) await chrome.send('PUT /v1/me/password', { current: `guess ${i}`, next })
    expect((await chrome.send('PUT /v1/me/password', { current: 'guess', next })).body.type).toBe('auth.locked')
  })
})

describe('a session that a provider vouches for', () => {
  const issuer = () => `https://${newId('idp', new Date())}.example.com`
  const vouched = async (proof: Partial<Proof> = {}, who?: Awaited<ReturnType<typeof member>>) => {
    const someone = who ?? (await member())
    const ctx = testCtx(someone.account)
    const actor = { ...ctx.actor, id: someone.id, name: someone.name }
    const authenticatedAt = new Date(Date.now() - hourMs)
    const { token } = await database.db.platform({ ...ctx, actor }, (tx) =>
      house.identity.sessions.open(tx, null, { methods: ['hwk'], provider: 'Acme', authenticatedAt, ...proof }),
    )
    const chrome = browser()
    chrome.cookies = { '__Host-cockpit': token }
    return { chrome, authenticatedAt, ...someone }
  }

  test('remembers how and when it was proven, and works like any other', async () => {
    const { chrome, id, authenticatedAt } = await vouched()
    expect((await chrome.send(context)).status).toBe(200)
    const rows = await database.query('select methods, provider, authenticated_at from sessions where user_id = $1', [
      id,
    ])
    expect(rows).toEqual([{ methods: ['hwk'], provider: 'Acme', authenticated_at: authenticatedAt }])
  })

  test("of one account's own provider reaches that account only, whatever the person has elsewhere", async () => {
    const someone = await member()
    const other = await testAccount(database)
    for (const account of [other, 'platform'])
      await database.query(
        'insert into memberships (account_id, user_id, role, created_at) values ($1, $2, $3, now())',
        [account, someone.id, account === 'platform' ? 'super_admin' : 'account_admin'],
      )
    const { chrome } = await vouched({ onlyAccount: someone.account }, someone)
    const { body } = await chrome.send(context, undefined, { 'x-account-id': other })
    expect(body).toMatchObject({ accountId: someone.account, isSuperAdmin: false, isPlatform: false })
    expect(body.accounts.map((account: { id: string }) => account.id)).toEqual([someone.account])
  })

  test('ends with the login there, by its session or its person, and no other does', async () => {
    const [one, two] = [issuer(), issuer()]
    const login = (at: string, subject: string, sid: string) => vouched({ idpSession: { issuer: at, subject, sid } })
    const [gone, sameSid, otherSid] = [
      await login(one, 'a', '1'),
      await login(two, 'a', '1'),
      await login(one, 'a', '2'),
    ]
    const end = (subject: string | null, sid: string | null) =>
      database.db.platform(superCtx(), (tx) =>
        house.identity.endOfLogin(tx, { issuer: one, subject, sid }, 'signed out at Acme'),
      )
    expect(await end(null, null)).toBe(0)
    expect(await end('b', '1')).toBe(0)
    expect(await end(null, '1')).toBe(1)
    expect((await gone.chrome.send(context)).status).toBe(401)
    expect((await sameSid.chrome.send(context)).status).toBe(200)
    expect((await otherSid.chrome.send(context)).status).toBe(200)
    expect(await end('a', null)).toBe(1)
    expect((await otherSid.chrome.send(context)).status).toBe(401)
    expect(await eventsOf(database, gone.account)).toEqual(['session.created', 'session.ended'])
  })
})
