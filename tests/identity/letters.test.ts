/** Letters that people get: written with what they tell of, sent once, tried again, given up with a reason, and nothing kept. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually, openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type KeptLetter, readable, startMailServer, type TestMailServer } from '../support/mail-server.ts'

let aheadMs = 0
let cockpit: TestCockpit
let server: TestMailServer
beforeAll(async () => {
  cockpit = await startCockpit({}, { now: () => new Date(Date.now() + aheadMs) })
})
afterAll(() => cockpit?.stop())
beforeEach(async () => {
  server = await startMailServer()
})
afterEach(() => server.stop())

const soonMs = 20_000
const account = async (): Promise<TestAccount> => {
  const acme = await openAccount(cockpit)
  const from = { security: 'none' as const, fromAddress: 'cockpit@example.com', fromName: 'Acme' }
  await acme.api.mail.set({ body: { host: '127.0.0.1', port: server.port, ...from } })
  return acme
}
const lettersTo = (to: string): KeptLetter[] => server.letters.filter((letter) => letter.to.includes(to))
const arrived = (to: string, count = 1) =>
  eventually(async () => {
    const found = lettersTo(to)
    if (found.length < count) throw new Error(`${found.length} letters to ${to}`)
    return found
  }, soonMs)
const lineOf = async ({ api }: TestAccount, to: string) => {
  const { items } = await api.mail.messages({ query: { q: to } })
  if (!items[0]) throw new Error(`no letter to ${to} is known`)
  return items[0]
}
const becomes = (acme: TestAccount, to: string, state: string) =>
  eventually(async () => {
    const line = await lineOf(acme, to)
    expect(line.state).toBe(state)
    return line
  }, soonMs)
const sealedTexts = async ({ id }: TestAccount) =>
  (
    await cockpit.database.query<{ sealed_text: string | null }>(
      'select sealed_text from mail_messages where account_id = $1 and sealed_text is not null',
      [id],
    )
  ).length
const linkIn = (letter: KeptLetter | undefined, path: string) =>
  new RegExp(`${path}#([\\w-]{20,})`).exec(letter ? readable(letter) : '')?.[1] ?? ''

describe('an invitation', () => {
  test('reaches whom it is for, its link opens the account, and nothing of it is kept', async () => {
    const acme = await account()
    const to = `guest-${acme.tag}@example.com`
    const { items } = await acme.api.invites.create({ body: { emails: [to] } })
    expect(items[0]).toMatchObject({ mailed: true })
    const [letter] = await arrived(to)
    expect(letter ? readable(letter) : '').toContain(`${cockpit.url}/invite#`)
    const body = { token: linkIn(letter, '/invite'), name: 'Guest', password }
    const accepted = await cockpit.send('POST /v1/invitations/accept', {
      body,
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    expect([accepted.status, JSON.parse(accepted.text)]).toEqual([201, { accountId: acme.id, email: to }])
    expect(await becomes(acme, to, 'sent')).toMatchObject({ attempts: 1, said: '250 kept as 1', lastError: null })
    expect(await sealedTexts(acme)).toBe(0)
    const rows = await cockpit.database.query('select * from mail_messages where account_id = $1', [acme.id])
    expect(JSON.stringify(rows)).not.toContain(body.token)
  })

  test('is only shown where no mail server is set up, and leaves no letter behind', async () => {
    const acme = await openAccount(cockpit)
    const { items } = await acme.api.invites.create({ body: { emails: [`guest-${acme.tag}@example.com`] } })
    expect(items[0]).toMatchObject({ mailed: false, link: expect.stringContaining('/invite#') })
    expect((await acme.api.mail.messages()).items).toEqual([])
  })

  test('that is not sent yet leaves no more once it is revoked, replaced, or its person was taken in by hand', async () => {
    const acme = await account()
    server.refuse({ at: 'recipient', code: 450, text: 'later' })
    const [revoked, replaced, joined] = ['revoked', 'replaced', 'joined'].map(
      (name) => `${name}-${acme.tag}@example.com`,
    ) as [string, string, string]
    const { items } = await acme.api.invites.create({ body: { emails: [revoked, replaced, joined] } })
    const idOf = (email: string) => items.find((one) => one.email === email)?.id ?? ''
    // one that is on its way this moment is not called back
    for (const to of [revoked, replaced, joined])
      await eventually(async () => expect((await lineOf(acme, to)).lastError).not.toBeNull(), soonMs)
    await acme.api.invites.revoke({ params: { id: idOf(revoked) } })
    expect((await lineOf(acme, revoked)).state).toBe('withdrawn')
    await acme.api.users.create({ body: { email: joined, name: 'Joined' } })
    expect((await lineOf(acme, joined)).state).toBe('withdrawn')
    const again = await acme.api.invites.resend({ params: { id: idOf(replaced) } })
    server.refuse(null)
    aheadMs += 60_000
    const [letter, ...others] = await arrived(replaced)
    expect(others).toEqual([])
    expect(again.link).toContain(linkIn(letter, '/invite'))
    expect([...lettersTo(revoked), ...lettersTo(joined)]).toEqual([])
    await becomes(acme, replaced, 'sent')
    expect(await sealedTexts(acme)).toBe(0)
  })

  test('that the database takes back is not sent either', async () => {
    const acme = await account()
    const to = `never-${acme.tag}@example.com`
    const made = acme.api.invites.create({ body: { emails: [to], teamIds: ['team_0190f5c27d7a7c3e8f00aa11bb22cc33'] } })
    await expect(made).rejects.toMatchObject({ code: 'team.not_found' })
    expect((await acme.api.mail.messages()).total).toBe(0)
  })
})

describe('a letter', () => {
  test('is tried again after a while, once the server takes it', async () => {
    const acme = await account()
    server.refuse({ at: 'data', code: 451, text: 'come back later' })
    const to = `patient-${acme.tag}@example.com`
    await acme.api.invites.create({ body: { emails: [to] } })
    const waiting = await eventually(async () => {
      const line = await lineOf(acme, to)
      expect(line.lastError).toContain('451 come back later')
      return line
    }, soonMs)
    expect(waiting).toMatchObject({ state: 'waiting', attempts: 1 })
    server.refuse(null)
    aheadMs += 6_000
    expect(await becomes(acme, to, 'sent')).toMatchObject({ attempts: 2, lastError: null })
    expect(lettersTo(to)).toHaveLength(1)
  })

  test('that will never be taken is given up at once, with the reason, and its link with it', async () => {
    const acme = await account()
    server.refuse({ at: 'recipient', code: 550, text: '5.1.1 no such mailbox' })
    const to = `nobody-${acme.tag}@example.com`
    await acme.api.invites.create({ body: { emails: [to] } })
    const failed = await becomes(acme, to, 'failed')
    expect(failed).toMatchObject({ attempts: 1, canRetry: false, nextAttemptAt: null })
    expect(failed.lastError).toContain('5.1.1 no such mailbox')
    expect(await sealedTexts(acme)).toBe(0)
    const again = acme.api.mail.retry({ params: { id: failed.id } })
    await expect(again).rejects.toMatchObject({ code: 'mail_message.not_failed' })
  })

  test('is given up after twenty tries, or when what it is about has ended', async () => {
    const acme = await account()
    server.refuse({ at: 'recipient', code: 450, text: 'later' })
    const [often, late] = [`often-${acme.tag}@example.com`, `late-${acme.tag}@example.com`]
    await acme.api.invites.create({ body: { emails: [often, late] } })
    for (const to of [often, late])
      await eventually(async () => expect((await lineOf(acme, to)).lastError).toContain('later'), soonMs)
    const set = 'update mail_messages set next_attempt_at = now(), attempts = $2, expires_at = $3 where to_address = $1'
    const tomorrow = new Date(Date.now() + aheadMs + 86_400_000)
    await cockpit.database.query(set, [often, 19, tomorrow])
    await cockpit.database.query(set, [late, 1, new Date(Date.now() + aheadMs - 1)])
    expect(await becomes(acme, often, 'failed')).toMatchObject({ attempts: 20 })
    expect((await becomes(acme, late, 'failed')).lastError).toBe('What it was about has ended.')
    expect(await sealedTexts(acme)).toBe(0)
  })

  test('that a process died over is sent by another, with the same Message-ID', async () => {
    const acme = await account()
    server.refuse({ at: 'data', code: 451, text: 'later' })
    const to = `twice-${acme.tag}@example.com`
    await acme.api.invites.create({ body: { emails: [to] } })
    await eventually(async () => expect((await lineOf(acme, to)).lastError).toContain('later'), soonMs)
    // claimed by somebody who never came back
    const claim = 'update mail_messages set next_attempt_at = now(), claimed_until = $2 where to_address = $1'
    await cockpit.database.query(claim, [to, new Date(Date.now() + aheadMs + 100_000)])
    server.refuse(null)
    const meanwhile = `meanwhile-${acme.tag}@example.com`
    await acme.api.invites.create({ body: { emails: [meanwhile] } })
    await arrived(meanwhile)
    expect(lettersTo(to)).toEqual([])
    aheadMs += 120_000
    const [letter] = await arrived(to)
    const { id } = await lineOf(acme, to)
    expect(letter ? readable(letter) : '').toContain(`Message-ID: <${id}@example.com>`)
  })

  test('of another account is neither listed nor tried again', async () => {
    const [acme, globex] = [await account(), await account()]
    server.refuse({ at: 'recipient', code: 550, text: 'no' })
    const to = `secret-${acme.tag}@example.com`
    await acme.api.invites.create({ body: { emails: [to] } })
    const { id } = await becomes(acme, to, 'failed')
    expect((await globex.api.mail.messages({ query: { q: to } })).items).toEqual([])
    await expect(globex.api.mail.retry({ params: { id } })).rejects.toMatchObject({ code: 'mail_message.not_found' })
  })
})

describe('a link for a new password', () => {
  test('goes to the person, and the one before it does not', async () => {
    const acme = await account()
    const email = `forgot-${acme.tag}@example.com`
    const { id } = await acme.api.users.create({ body: { email, name: 'Grace <b>', password } })
    server.refuse({ at: 'recipient', code: 450, text: 'later' })
    expect(await acme.api.passwordResets.create({ params: { id } })).toMatchObject({ mailedTo: email })
    const second = await acme.api.passwordResets.create({ params: { id } })
    server.refuse(null)
    aheadMs += 60_000
    const [letter] = await arrived(email)
    const token = linkIn(letter, '/new-password')
    expect(second.link).toBe(`${cockpit.url}/new-password#${token}`)
    expect(letter ? readable(letter) : '').toContain('<p>Hello Grace &lt;b&gt;,</p>')
    const body = { token, password: 'quite another long word' }
    const used = await cockpit.send('POST /v1/auth/password-reset', {
      body,
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    expect(used.status, used.text).toBe(204)
    expect(lettersTo(email)).toHaveLength(1)
  })

  test('is sent to no address that was only typed in, until it is shown to be theirs', async () => {
    const acme = await account()
    const headers = await signIn(cockpit, acme.email)
    const send = async (line: string, body: object) =>
      JSON.parse((await cockpit.send(line, { headers, body })).text) as Record<string, string>
    const domain = `${acme.tag}.example`
    const email = `typed@${domain}`
    const { id } = await send('POST /v1/users', { email, name: 'Typed', password })
    const shown = await send(`POST /v1/users/${id}/password-reset`, {})
    expect(shown).toMatchObject({
      mailedTo: null,
      notMailed: 'unproven',
      link: expect.stringContaining('/new-password#'),
    })
    // the account runs the domain
    await cockpit.database.query(
      `insert into account_domains (account_id, domain, token, verified_at, created_at) values ($1, $2, 'x', now(), now())`,
      [acme.id, domain],
    )
    const mailed = await send(`POST /v1/users/${id}/password-reset`, {})
    expect(mailed).toMatchObject({ mailedTo: email, notMailed: null })
    const letters = await arrived(email)
    expect(letters.map((letter) => linkIn(letter, '/new-password'))).toEqual([mailed.link?.split('#')[1]])
    expect((await acme.api.mail.messages({ query: { q: email } })).total).toBe(1)
    // nor where the address was given up to another, which leaves one in which nothing arrives
    await cockpit.database.query(`update users set email = $2, email_verified_at = now() where id = $1`, [
      id,
      `${String(id).replaceAll('_', '-')}@released.invalid`,
    ])
    await send(`POST /v1/users/${id}/password-reset`, {})
    expect((await acme.api.mail.messages({ query: { q: 'released' } })).total).toBe(0)
  })
})
