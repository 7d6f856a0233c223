/** The server that sends letters: who says which it is, what it may be, and what a test of it tells. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type MailServerOptions, readable, startMailServer, type TestMailServer } from '../support/mail-server.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const opened: TestMailServer[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop()))
  await cockpit
    .as()
    .mail.remove()
    .catch(() => {})
})
const startServer = async (options: MailServerOptions = {}) => {
  const server = await startMailServer(options)
  opened.push(server)
  return server
}
const bodyFor = ({ port }: { port: number }, differs: object = {}) => ({
  ...{ host: '127.0.0.1', port, security: 'none' as const, fromAddress: 'cockpit@example.com', fromName: 'Cockpit' },
  ...differs,
})
const browser = async (account: TestAccount, email = account.email) => {
  const headers = await signIn(cockpit, email)
  return async (line: string, body?: object) => {
    const { status, text } = await cockpit.send(line, { headers, ...(body && { body }) })
    return { status, body: text ? JSON.parse(text) : null }
  }
}

describe('the mail server of an account', () => {
  test('sends a test to whoever asks for it, and says what it answered', async () => {
    const acme = await openAccount(cockpit)
    const server = await startServer({ login: { user: 'acme', password: 'sesame opens' } })
    const send = await browser(acme)
    const set = await send('PUT /v1/mail', bodyFor(server, { user: 'acme', password: 'sesame opens' }))
    expect(set).toMatchObject({ status: 200, body: { own: { user: 'acme', hasPassword: true } } })
    expect(JSON.stringify(set.body)).not.toContain('sesame')
    const tested = await send('POST /v1/mail/test')
    expect(tested).toEqual({ status: 200, body: { to: acme.email, source: 'account', said: '250 kept as 1' } })
    expect(server.letters[0]).toMatchObject({ to: [acme.email], user: 'acme' })
  })

  test('comes before that of the platform, which sends where there is none', async () => {
    const [acme, globex] = [await openAccount(cockpit), await openAccount(cockpit)]
    const [ofPlatform, ofAcme] = [await startServer(), await startServer()]
    await cockpit.as().mail.set({ body: bodyFor(ofPlatform, { fromName: 'Platform' }) })
    await acme.api.mail.set({ body: bodyFor(ofAcme, { fromName: 'Acme' }) })
    expect((await acme.api.mail.get()).inForce).toMatchObject({ source: 'account', fromName: 'Acme' })
    const fallback = await globex.api.mail.get()
    expect(fallback).toMatchObject({ own: null, inForce: { source: 'platform', fromName: 'Platform' } })
    // whose server it is, is no matter of an account that has none
    expect(JSON.stringify(fallback)).not.toContain('127.0.0.1')
    for (const account of [acme, globex])
      expect((await (await browser(account))('POST /v1/mail/test')).status).toBe(200)
    expect([ofAcme.letters.length, ofPlatform.letters.length]).toEqual([1, 1])
    await acme.api.mail.remove()
    expect((await acme.api.mail.get()).inForce).toMatchObject({ source: 'platform' })
  })

  test('is said to be wrong in words: not there, no encryption, a wrong password, a sender it does not know', async () => {
    const acme = await openAccount(cockpit)
    const send = await browser(acme)
    const server = await startServer({ login: { user: 'acme', password: 'sesame opens' } })
    const failing = async (differs: object) => {
      expect(await send('PUT /v1/mail', bodyFor(server, differs))).toMatchObject({ status: 200 })
      const { status, body } = await send('POST /v1/mail/test')
      expect([status, body.type]).toEqual([409, 'mail.failed'])
      return body.detail
    }
    expect(await failing({ security: 'starttls' })).toMatch(/encrypted connection .* STARTTLS/)
    expect(await failing({ user: 'acme', password: 'wrong' })).toMatch(/refused the user and password .*535/)
    server.refuse({ at: 'sender', code: 550, text: '5.7.1 not yours' })
    expect(await failing({ user: 'acme', password: 'sesame opens' })).toMatch(
      /nothing from cockpit@.*5\.7\.1 not yours/,
    )
    await server.stop()
    opened.splice(0)
    expect(await failing({ user: 'acme', password: 'sesame opens' })).toMatch(/was not reached.*ECONNREFUSED/)
    const { items } = await acme.api.audit.list({ query: { limit: 100 } })
    expect(items.filter(({ name }) => name === 'mail.tested')).toHaveLength(4)
  })

  test('keeps its password only while it goes where it was meant for', async () => {
    const acme = await openAccount(cockpit)
    const [server, other] = [await startServer(), await startServer()]
    const secret = { user: 'acme', password: 'sesame opens' }
    await acme.api.mail.set({ body: bodyFor(server, secret) })
    const kept = await acme.api.mail.set({ body: bodyFor(server, { user: 'acme', fromName: 'Else' }) })
    expect(kept.own).toMatchObject({ hasPassword: true, fromName: 'Else' })
    for (const differs of [{ port: other.port }, { host: 'localhost' }, { security: 'starttls' }, { user: 'other' }]) {
      const moved = acme.api.mail.set({ body: bodyFor(server, { user: 'acme', ...differs }) })
      await expect(moved, JSON.stringify(differs)).rejects.toMatchObject({ code: 'input.invalid' })
    }
    expect((await acme.api.mail.set({ body: bodyFor(other) })).own).toMatchObject({ user: null, hasPassword: false })
    const rows = await cockpit.database.query('select * from mail_settings where account_id = $1', [acme.id])
    expect(JSON.stringify(rows)).not.toContain('sesame')
    const events = await cockpit.database.query('select * from events where account_id = $1', [acme.id])
    expect(JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'sesame',
    )
  })

  test('is no way to put another header into a letter', async () => {
    const acme = await openAccount(cockpit)
    const server = await startServer()
    for (const differs of [
      { fromName: 'Acme\r\nBcc: all@example.com' },
      { fromName: 'Acme\u2028X' },
      { fromAddress: 'a@example.com\r\nBcc: all@example.com' },
      { replyTo: 'a@example.com, b@example.com' },
      { host: 'localhost\r\nX' },
      { host: 'user@localhost' },
    ])
      await expect(acme.api.mail.set({ body: bodyFor(server, differs) })).rejects.toMatchObject({
        code: 'input.invalid',
      })
  })

  test('is chosen by those alone who may do everything in the account, and for good', async () => {
    const acme = await openAccount(cockpit)
    const server = await startServer()
    const body = { name: 'Sign-in', permissions: ['identity.read', 'identity.write'] as const }
    const role = await acme.api.roles.create({ body: { ...body, permissions: [...body.permissions] } })
    const email = `only-${acme.tag}@example.com`
    const { id } = await acme.api.users.create({ body: { email, name: 'Only', password } })
    await acme.api.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id } })
    const send = await browser(acme, email)
    expect(await send('GET /v1/mail')).toMatchObject({ status: 200 })
    expect(await send('PUT /v1/mail', bodyFor(server))).toMatchObject({ status: 403, body: { type: 'access.denied' } })
    expect(await send('DELETE /v1/mail')).toMatchObject({ status: 403, body: { type: 'access.denied' } })
  })

  test('tests itself some times in a row and then waits, for each address and each account, and locks nobody out', async () => {
    const acme = await openAccount(cockpit)
    const server = await startServer()
    await acme.api.mail.set({ body: bodyFor(server) })
    const send = await browser(acme)
    for (let nth = 1; nth <= 10; nth++) expect((await send('POST /v1/mail/test')).status, `test ${nth}`).toBe(200)
    const refused = await cockpit.send('POST /v1/mail/test', { headers: await signIn(cockpit, acme.email) })
    expect([refused.status, JSON.parse(refused.text).type]).toEqual([429, 'mail.tested_too_often'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(800)
    expect(server.letters).toHaveLength(10)
    const others = await Promise.all(
      ['b', 'c', 'd'].map(async (name) => {
        const email = `${name}-${acme.tag}@example.com`
        await acme.api.users.create({ body: { email, name, role: 'account_admin', password } })
        return browser(acme, email)
      }),
    )
    const answers: number[] = []
    for (const other of others)
      for (let nth = 1; nth <= 10; nth++) answers.push((await other('POST /v1/mail/test')).status)
    expect(answers).toEqual([...Array(20).fill(200), ...Array(10).fill(429)])
    expect(server.letters).toHaveLength(30)
    // another account is no part of it
    const globex = await openAccount(cockpit)
    await globex.api.mail.set({ body: bodyFor(server) })
    expect((await (await browser(globex))('POST /v1/mail/test')).status).toBe(200)
  })

  test('has nobody to write a test to when a program asks', async () => {
    const acme = await openAccount(cockpit)
    await acme.api.mail.set({ body: bodyFor(await startServer()) })
    await expect(acme.api.mail.test()).rejects.toMatchObject({ code: 'mail.no_address' })
    await acme.api.mail.remove()
    const send = await browser(acme)
    expect(await send('POST /v1/mail/test')).toMatchObject({ status: 409, body: { type: 'mail.not_set' } })
    await expect(acme.api.mail.remove()).rejects.toMatchObject({ code: 'mail.not_set' })
  })
})

describe('an installation that listens to the network', () => {
  test('has its accounts reach no mail server inside it, and send nothing unencrypted', async () => {
    const open = await startCockpit({ HOST: '0.0.0.0', COCKPIT_PUBLIC_URL: 'https://cockpit.example.com' })
    try {
      const acme = await openAccount(open)
      const server = await startServer()
      const set = (differs: object) => acme.api.mail.set({ body: bodyFor(server, { security: 'tls', ...differs }) })
      for (const host of ['127.0.0.1', '10.0.0.8', '169.254.169.254', 'localhost', '::1', '::ffff:10.0.0.8'])
        await expect(set({ host }), host).rejects.toMatchObject({ code: 'input.invalid' })
      await expect(set({ host: 'smtp.example.com', security: 'none' })).rejects.toMatchObject({ code: 'input.invalid' })
      expect((await set({ host: 'smtp.example.com' })).own).toMatchObject({ host: 'smtp.example.com' })
    } finally {
      await open.stop()
    }
  })
})

describe('the mail server of the environment', () => {
  test('sends while the platform has set none, and never shows its password', async () => {
    const login = { user: 'cockpit', password: 'p@ss:word' }
    const server = await startServer({ login })
    const open = await startCockpit({
      COCKPIT_SMTP_URL: `smtp://cockpit:${encodeURIComponent(login.password)}@127.0.0.1:${server.port}?security=none`,
      COCKPIT_SMTP_FROM: 'Cockpit <cockpit@example.com>',
    })
    try {
      const acme = await openAccount(open)
      expect((await acme.api.mail.get()).inForce).toEqual({
        ...{ source: 'environment', fromAddress: 'cockpit@example.com', fromName: 'Cockpit' },
      })
      const headers = await signIn(open, acme.email)
      const { status, text } = await open.send('POST /v1/mail/test', { headers })
      expect([status, JSON.parse(text)]).toMatchObject([200, { to: acme.email, source: 'environment' }])
      expect(readable(server.letters[0] ?? ({ raw: '' } as never))).toContain('From: Cockpit <cockpit@example.com>')
      expect(JSON.stringify(await open.as().settings.installation())).not.toContain('p%40ss')
    } finally {
      await open.stop()
    }
  })
})
