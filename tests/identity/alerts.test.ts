/** Letters about what somebody should know of: told to whom it concerns, and never in the way of what they tell of. */
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { eventually, openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type KeptLetter, readable, startMailServer, type TestMailServer } from '../support/mail-server.ts'

const { code, seal } = newSeal()
let cockpit: TestCockpit
let server: TestMailServer
beforeAll(async () => {
  server = await startMailServer()
  cockpit = await startCockpit({
    COCKPIT_BREAK_GLASS: seal,
    COCKPIT_SMTP_URL: `smtp://127.0.0.1:${server.port}?security=none`,
    COCKPIT_SMTP_FROM: 'Cockpit <cockpit@example.com>',
  })
})
afterAll(async () => {
  await cockpit?.stop()
  await server?.stop()
})

const subjectIn = (letter: KeptLetter) => /^Subject: (.*(?:\r?\n[ \t].*)*)/m.exec(readable(letter))?.[1] ?? ''
const subjectsTo = (to: string) => server.letters.filter((one) => one.to.includes(to)).map(subjectIn)
const told = (to: string, subject: RegExp) =>
  eventually(async () => {
    const letter = server.letters.find((one) => one.to.includes(to) && subject.test(subjectIn(one)))
    if (!letter) throw new Error(`${to} was told ${JSON.stringify(subjectsTo(to))}`)
    return readable(letter)
  }, 20_000)
/** Everything that happened before is told by now: letters are written in the order of what they tell of. */
const settled = async (account: TestAccount) => {
  const to = `settled-${Math.random().toString(36).slice(2)}@example.com`
  await account.api.users.create({ body: { email: to, name: 'Settled', password } })
  await cockpit.send('POST /v1/sessions', { body: { email: to, password } })
  const headers = { 'sec-fetch-site': 'same-origin', 'user-agent': browsers.safari }
  await cockpit.send('POST /v1/sessions', { body: { email: to, password }, headers })
  await told(to, /new device/)
}
const browsers = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  newerFirefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
}
const person = async ({ api, tag }: TestAccount, name: string, role: 'member' | 'account_admin' = 'member') => {
  const email = `${name}-${tag}@example.com`.toLowerCase()
  const { id } = await api.users.create({ body: { email, name, password, role } })
  return { id, email }
}
const browser = async (email: string) => {
  const headers = await signIn(cockpit, email)
  return async (line: string, body?: object) => {
    const { status, text } = await cockpit.send(line, { headers, ...(body && { body }) })
    return { status, body: text ? JSON.parse(text) : null }
  }
}

describe('somebody is told', () => {
  test('of a sign-in with a device that was not used before, and of no other', async () => {
    const acme = await openAccount(cockpit)
    const { email } = await person(acme, 'Grace')
    const come = async (device: keyof typeof browsers) => {
      const headers = { 'user-agent': browsers[device] }
      const { status } = await cockpit.send('POST /v1/sessions', { body: { email, password }, headers })
      expect(status).toBe(201)
    }
    await come('firefox')
    await come('newerFirefox')
    await settled(acme)
    expect(subjectsTo(email)).toEqual([])
    await come('safari')
    expect(await told(email, /new device/)).toContain('Safari 17')
    await come('safari')
    await settled(acme)
    expect(subjectsTo(email)).toHaveLength(1)
  })

  test('that their password was changed, without any word of it', async () => {
    const acme = await openAccount(cockpit)
    const { email } = await person(acme, 'Ada')
    const send = await browser(email)
    const next = 'entirely another phrase'
    expect((await send('PUT /v1/me/password', { current: password, next })).status).toBe(204)
    const letter = await told(email, /Your password was changed/)
    expect(letter).toContain('127.0.0.1')
    expect(letter).not.toContain(next)
  })

  test('that a second factor was added, and a recovery code used in its place', async () => {
    const acme = await openAccount(cockpit)
    const { email } = await person(acme, 'Careful')
    const send = await browser(email)
    const { body: begun } = await send('POST /v1/me/totp')
    const code = new TOTP({ secret: begun.secret }).generate()
    const { status, body } = await send('PUT /v1/me/totp', { code })
    expect(status, JSON.stringify(body)).toBeLessThan(300)
    await told(email, /authenticator app was added/)
    const { text } = await cockpit.send('POST /v1/sessions', { body: { email, password } })
    const [recoveryCode] = body.recoveryCodes
    const proof = { challenge: JSON.parse(text).challenge, recoveryCode }
    expect((await cockpit.send('POST /v1/sessions/second-factor', { body: proof })).status).toBe(201)
    expect(await told(email, /recovery code was used/)).not.toContain(recoveryCode)
  })

  test('that nobody can sign in as them for a while, once for one lock', async () => {
    const acme = await openAccount(cockpit)
    const { id, email } = await person(acme, 'Locked')
    const guesses = Array.from({ length: 12 }, (_, place) =>
      cockpit.send('POST /v1/sessions', { body: { email, password: `guess ${place} of many` } }),
    )
    expect((await Promise.all(guesses)).map(({ status }) => status)).toContain(429)
    await told(email, /locked for a while/)
    await settled(acme)
    expect(subjectsTo(email)).toHaveLength(1)
    const events = await cockpit.database.query(
      "select account_id, after from events where name = 'user.locked' and subject ->> 'id' = $1",
      [id],
    )
    expect(events).toMatchObject([{ account_id: acme.id, after: { until: expect.any(String) } }])
  })

  test('who looks at the product as them, and why', async () => {
    const acme = await openAccount(cockpit)
    const { id, email } = await person(acme, 'Seen')
    const sam = `sam-${acme.tag}@example.com`
    await cockpit.as().platformPeople.add({ body: { email: sam, name: 'Sam', role: 'support', password } })
    const headers = { ...(await signIn(cockpit, sam)), 'x-account-id': acme.id }
    const body = { userId: id, reason: 'Ticket 4711, cannot find a model' }
    const started = await cockpit.send('POST /v1/impersonations', { headers, body })
    expect(started.status, started.text).toBe(201)
    const letter = await told(email, /Sam looks at Cockpit as you/)
    expect(letter).toContain('Ticket 4711')
    expect(letter).toContain('changes nothing')
  })
})

describe('whoever can do something about it is told', () => {
  test('that a role is asked for, and whoever asked what came of it', async () => {
    const acme = await openAccount(cockpit)
    const [asker, boss] = [await person(acme, 'Asker'), await person(acme, 'Boss', 'account_admin')]
    const ask = await (await browser(asker.email))('POST /v1/role-requests', {
      ...{ role: 'billing_admin', hours: 2, reason: 'End of the month' },
    })
    expect(ask.status).toBe(201)
    for (const to of [acme.email, boss.email])
      expect(await told(to, /A role is asked for/)).toContain('End of the month')
    const decided = await (await browser(boss.email))(`POST /v1/role-requests/${ask.body.id}/approve`, {})
    expect(decided.status, JSON.stringify(decided.body)).toBeLessThan(300)
    expect(await told(asker.email, /was approved/)).toContain('Boss approved')
    expect(subjectsTo(asker.email).filter((subject) => subject.includes('asked for:'))).toEqual([])
  })

  test('by whichever role they can, as long as they hold it, and as far as rules leave it to them', async () => {
    const [acme, globex] = [await openAccount(cockpit), await openAccount(cockpit)]
    const asker = await person(acme, 'Asker')
    const [custom, brief, later, denied, stopped, elsewhere, sam] = [
      await person(acme, 'Custom'),
      await person(acme, 'Brief'),
      await person(acme, 'Later'),
      await person(acme, 'Denied', 'account_admin'),
      await person(acme, 'Stopped', 'account_admin'),
      await person(globex, 'Elsewhere', 'account_admin'),
      await person(acme, 'Sam', 'account_admin'),
    ]
    const { api } = acme
    const role = await api.roles.create({ body: { name: 'Approver', permissions: ['access.approve'] } })
    const give = (id: string, rest: object = {}) =>
      api.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id, ...rest } })
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
    await give(custom.id)
    await give(brief.id, { expiresAt: inAnHour })
    await give(later.id, { startsAt: inAnHour })
    const subject = { kind: 'user' as const, id: denied.id }
    await api.denyRules.create({ body: { subject, permissions: ['access.approve'], reason: 'Conflict of interest' } })
    await api.users.update({ params: { id: stopped.id }, body: { status: 'suspended' } })
    // who belongs to the platform acts as that, also where they are an admin by their membership
    await cockpit.as().platformPeople.add({ body: { email: sam.email, name: 'Sam', role: 'support' } })
    const ask = { role: 'billing_admin', hours: 2, reason: 'End of the month' }
    expect((await (await browser(asker.email))('POST /v1/role-requests', ask)).status).toBe(201)
    for (const to of [acme.email, custom.email, brief.email]) await told(to, /A role is asked for/)
    await settled(acme)
    const others = [later, denied, stopped, elsewhere, sam, { email: globex.email }]
    expect(others.map(({ email }) => subjectsTo(email).filter((one) => /asked for/.test(one)))).toEqual(
      others.map(() => []),
    )
  })

  test('that a secret was made for a service account, and not the secret', async () => {
    const [acme, globex] = [await openAccount(cockpit), await openAccount(cockpit)]
    const bot = await acme.api.serviceAccounts.create({ body: { name: 'Bot' } })
    const { secret } = await acme.api.clientCredentials.create({
      params: { id: bot.id },
      body: { name: 'Build server' },
    })
    const letter = await told(acme.email, /secret was made .*Build server/)
    expect(letter).not.toContain(secret)
    await settled(globex)
    expect(subjectsTo(globex.email)).toEqual([])
  })

  test('that the glass was broken, all super admins, with the reason', async () => {
    const roots = [1, 2].map((place) => `root-${place}-${Math.random().toString(36).slice(2)}@example.com`)
    for (const email of roots)
      await cockpit.as().platformPeople.add({ body: { email, name: 'Root', role: 'super_admin', password } })
    const support = roots[0]?.replace('root-1', 'support') ?? ''
    await cockpit.as().platformPeople.add({ body: { email: support, name: 'Sam', role: 'support', password } })
    const headers = { 'sec-fetch-site': 'same-origin' }
    const body = { code, reason: 'The identity provider is on fire' }
    expect((await cockpit.send('POST /v1/break-glass', { headers, body })).status).toBe(201)
    for (const email of roots) expect(await told(email, /break-glass/)).toContain('on fire')
    expect(subjectsTo(support)).toEqual([])
  })
})

test('with the mail server away the glass breaks all the same, and all super admins are told once it is back', async () => {
  const fresh = newSeal()
  const away = await startMailServer()
  const { port } = away
  await away.stop()
  let aheadMs = 0
  const own = await startCockpit(
    {
      COCKPIT_BREAK_GLASS: fresh.seal,
      COCKPIT_SMTP_URL: `smtp://127.0.0.1:${port}?security=none`,
      COCKPIT_SMTP_FROM: 'cockpit@example.com',
    },
    { now: () => new Date(Date.now() + aheadMs) },
  )
  try {
    await own
      .as()
      .platformPeople.add({ body: { email: 'root@example.com', name: 'Root', role: 'super_admin', password } })
    const body = { code: fresh.code, reason: 'Everything is away' }
    const opened = await own.send('POST /v1/break-glass', { headers: { 'sec-fetch-site': 'same-origin' }, body })
    expect(opened.status).toBe(201)
    const failing = await eventually(async () => {
      const [line] = (await own.as().mail.messages()).items
      expect(line?.lastError).toContain('was not reached')
      return line
    }, 20_000)
    expect(failing).toMatchObject({ kind: 'break_glass', to: 'root@example.com', state: 'waiting' })
    const back = await startMailServer({ port })
    aheadMs = 30_000
    await eventually(async () => expect(back.letters.map(({ to }) => to)).toEqual([['root@example.com']]), 20_000)
    await back.stop()
  } finally {
    await own.stop()
  }
})

test('without a mail server nothing is written, and no note of an event stays', async () => {
  const own = await startCockpit()
  try {
    const acme = await openAccount(own)
    const bot = await acme.api.serviceAccounts.create({ body: { name: 'Bot' } })
    await acme.api.clientCredentials.create({ params: { id: bot.id }, body: { name: 'Build server' } })
    await eventually(async () => expect(await own.database.query('select * from event_notes')).toEqual([]), 20_000)
    expect(await own.database.query('select * from mail_messages')).toEqual([])
  } finally {
    await own.stop()
  }
})
