import { randomUUID } from 'node:crypto'
import { maskedSecret } from '@cockpit/contract/sso'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventsOf } from '../../apps/server/src/platform/testing.ts'
import { password } from '../support/account.ts'
import { masterKey } from '../support/cockpit.ts'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

const refusal = (location: string) => new URL(location, stage.publicUrl).searchParams.get('error')
const personAt = (domain: string, differs: object = {}) => {
  const sub = subject()
  return stage.own.person({ sub, email: `p${sub}@${domain}`, name: 'Ada', ...differs })
}
const problem = (code: string) => expect.objectContaining({ code })

describe('the own provider of an account', () => {
  test('lets people of its proven domain in, into that account and no other', async () => {
    const acme = await stage.accountWithProvider()
    const ada = personAt(acme.domain)
    const browser = stage.browser()
    expect(await stage.signIn(browser, ada.sub, { accountId: acme.id })).toBe(`/a/${acme.id}`)
    const { body } = await stage.context(browser)
    expect(body).toMatchObject({ accountId: acme.id, roles: ['end_user'], isPlatform: false })
    expect(body.accounts).toHaveLength(1)
  })

  test('takes in nobody whom the account has no seat for, makes nobody of them, and lets in who is there', async () => {
    const acme = await stage.accountWithProvider()
    const ada = personAt(acme.domain)
    const seats = (seatsMax: number) =>
      stage.cockpit.as().accounts.update({ params: { id: acme.id }, body: { seatsMax } })
    await seats(1)
    const enter = (sub: string) => stage.signIn(stage.browser(), sub, { accountId: acme.id })
    expect(refusal(await enter(ada.sub))).toBe('no_seat')
    expect((await acme.api.users.list()).total).toBe(1)
    const made = `p${ada.sub}@${acme.domain}`
    expect(await stage.cockpit.database.query('select id from users where email = $1', [made])).toEqual([])
    await seats(2)
    const grace = personAt(acme.domain)
    const both = await Promise.all([enter(ada.sub), enter(grace.sub)])
    expect(both.map(refusal).sort()).toEqual(['no_seat', null].sort())
    expect((await acme.api.users.list()).total).toBe(2)
    const [inside = ada] = [ada, grace].filter((_, at) => refusal(both[at] ?? '') === null)
    expect(refusal(await enter(inside.sub))).toBe(null)
  })

  test('is read by admins, and each look is in the audit log', async () => {
    const acme = await stage.accountWithProvider()
    const looks = async () => (await acme.api.audit.list({ query: { name: 'sso.read' } })).items
    const before = (await looks()).length
    await acme.api.sso.get()
    expect((await looks()).slice(0, (await looks()).length - before)).toMatchObject([
      { name: 'sso.read', outcome: 'read', after: { route: 'GET /v1/sso' }, actor: { kind: 'master_key' } },
    ])
  })

  test('gives the roles that the account says its names mean, and never one of the platform', async () => {
    const acme = await stage.accountWithProvider({
      claims: { roles: 'realm.groups', roleMap: { 'cockpit-admins': 'account_admin', everybody: 'member' } },
    })
    const enter = async (groups: string[]) => {
      const ada = personAt(acme.domain, { claims: { realm: { groups } } })
      stage.own.faults.idToken = (claims) => ({ ...claims, realm: { groups } })
      const browser = stage.browser()
      await stage.signIn(browser, ada.sub, { accountId: acme.id })
      delete stage.own.faults.idToken
      return (await stage.context(browser)).body
    }
    expect((await enter(['cockpit-admins'])).roles).toEqual(['account_admin'])
    expect((await enter(['everybody'])).roles).toEqual(['member'])
    expect(await enter(['super_admin', 'platform_admin', 'owner'])).toMatchObject({
      roles: ['end_user'],
      isPlatform: false,
    })
  })

  test('speaks for proven domains only, with a verified e-mail, and for those that are allowed', async () => {
    const acme = await stage.accountWithProvider()
    const enter = (sub: string) => stage.signIn(stage.browser(), sub, { accountId: acme.id })
    expect(refusal(await enter(personAt('gmail.example').sub))).toBe('domain')
    expect(refusal(await enter(personAt(`evil-${acme.domain}`).sub))).toBe('domain')
    expect(refusal(await enter(personAt(acme.domain, { emailVerified: false }).sub))).toBe('domain')
    await acme.api.sso.set({ body: { emailDomains: ['only.example'] } })
    expect(refusal(await enter(personAt(acme.domain).sub))).toBe('domain')
    await acme.api.sso.set({ body: { emailDomains: [] } })
    expect(refusal(await enter(personAt(acme.domain).sub))).toBeNull()
  })

  test('cannot take somebody of another account or of the platform, whatever it says of them', async () => {
    const acme = await stage.accountWithProvider()
    const victim = await stage.account()
    const eve = personAt('x.example', {
      email: victim.email,
      org: { id: victim.org, name: 'Victim', domain: 'victim.example' },
      roles: { super_admin: { [victim.org]: 'x' }, account_admin: { [victim.org]: 'x' } },
    })
    await acme.api.sso.set({ body: { kind: 'zitadel' } })
    expect(refusal(await stage.signIn(stage.browser(), eve.sub, { accountId: acme.id }))).toBe('domain')
    const own = personAt(acme.domain, { org: { id: victim.org, name: 'Victim', domain: 'victim.example' } })
    const browser = stage.browser()
    await stage.signIn(browser, own.sub, { accountId: acme.id })
    const { body } = await stage.context(browser, victim.id)
    expect(body.accountId).toBe(acme.id)
    expect(body.accounts.map((account: { id: string }) => account.id)).toEqual([acme.id])
  })

  test('leaves nothing behind that would open the other accounts of a person: no passkey, no code', async () => {
    const acme = await stage.accountWithProvider()
    const browser = stage.browser()
    await stage.signIn(browser, personAt(acme.domain).sub, { accountId: acme.id })
    for (const path of ['/v1/me/totp', '/v1/me/passkeys/options', '/v1/me/recovery-codes']) {
      const answer = await stage.post(browser, path)
      expect([answer.status, ((await answer.json()) as { type: string }).type], path).toEqual([403, 'access.denied'])
    }
    const { org } = await stage.account()
    const sub = subject()
    stage.zitadel.person({ sub, email: `p${sub}@people.example`, org: { id: org, name: 'A', domain: 'a.example' } })
    const other = stage.browser()
    await stage.signIn(other, sub)
    expect((await stage.post(other, '/v1/me/totp')).status, 'the one of the installation may').toBeLessThan(300)
  })

  test('neither shows nor ends sessions of a person that reach further, by a session or by a token', async () => {
    const [acme, globex] = [await stage.accountWithProvider(), await stage.account()]
    const ada = personAt(acme.domain)
    const enter = async () => {
      const browser = stage.browser()
      await stage.signIn(browser, ada.sub, { accountId: acme.id })
      return browser
    }
    const [browser, another] = [await enter(), await enter()]
    const { principal } = (await stage.context(browser)).body
    await stage.cockpit.database.query(
      `insert into memberships (account_id, user_id, role, status, source, created_at)
       values ($1, $2, 'end_user', 'active', 'manual', now())`,
      [globex.id, principal.id],
    )
    const local = `ses_${randomUUID().replaceAll('-', '')}`
    await stage.cockpit.database.query(
      `insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, ip, authenticated_at, methods, provider)
       values ($1, $2, $3, now(), now(), now() + interval '1 day', '203.0.113.7', now(), '{pwd}', 'local')`,
      [local, local, principal.id],
    )
    const clientId = `cockpit-${acme.tag}`
    const token = await stage.own.token({ person: ada, clientId, audience: clientId })
    const headers = { authorization: `Bearer ${token}` }
    const own = { method: 'DELETE', headers: { 'sec-fetch-site': 'same-origin' } }
    const seen = await (await browser.visit(`${stage.publicUrl}/v1/sessions`)).text()
    expect(JSON.parse(seen).items).toHaveLength(2)
    expect(seen).not.toContain('203.0.113.7')
    expect((await stage.cockpit.send('GET /v1/sessions', { headers })).text).not.toContain('203.0.113.7')
    expect((await browser.visit(`${stage.publicUrl}/v1/sessions/${local}`, own)).status).toBe(404)
    expect((await stage.cockpit.send(`DELETE /v1/sessions/${local}`, { headers })).status).toBe(404)
    expect(await (await browser.visit(`${stage.publicUrl}/v1/sessions`, own)).json()).toEqual({ ended: 1 })
    expect((await stage.context(another)).status).toBe(401)
    await stage.cockpit.send('DELETE /v1/sessions', { headers })
    const left = await stage.cockpit.database.query('select ended_at from sessions where id = $1', [local])
    expect(left).toEqual([{ ended_at: null }])
    const factor = await stage.cockpit.send('POST /v1/me/totp', { headers })
    expect(factor.status, 'nor does a token leave a second factor behind').toBe(403)
  })

  test('is not offered and not taken while it is switched off', async () => {
    const acme = await stage.accountWithProvider({ enabled: false })
    const browser = stage.browser()
    const location = await stage.start(browser, { accountId: acme.id })
    expect(new URL(location).origin, 'the one of the installation instead').toBe(stage.zitadel.issuer)
  })
})

describe('settings', () => {
  // T94
  test('merge: what is absent, null or empty stays; the secret is never shown and its mask keeps it', async () => {
    const acme = await stage.accountWithProvider()
    const shown = await acme.api.sso.get()
    expect(shown.clientSecret?.masked).toBe(maskedSecret)
    expect(JSON.stringify(shown)).not.toContain(acme.clientSecret)
    const after = await acme.api.sso.set({
      body: { name: '', issuer: null, clientSecret: maskedSecret, scopes: ['openid', 'email'] },
    })
    expect(after).toMatchObject({ name: 'Acme login', issuer: stage.own.issuer, scopes: ['openid', 'email'] })
    expect(after.clientSecret?.fingerprint).toBe(shown.clientSecret?.fingerprint)
    expect(refusal(await stage.signIn(stage.browser(), personAt(acme.domain).sub, { accountId: acme.id }))).toBeNull()
    const told = await stage.cockpit.database.query('select after from events where account_id = $1', [acme.id])
    expect(JSON.stringify(told)).not.toContain(acme.clientSecret)
    expect(JSON.stringify(await stage.cockpit.database.query('select * from sso_configs'))).not.toContain(
      acme.clientSecret,
    )
  })

  test('of any account are a super admin’s too, with the same meaning; removing them twice is no mistake', async () => {
    const acme = await stage.accountWithProvider()
    const platform = stage.cockpit.as()
    const params = { id: acme.id }
    expect(await platform.sso.ofAccount({ params })).toEqual(await acme.api.sso.get())
    const changed = await platform.sso.setOfAccount({ params, body: { name: 'Other' } })
    expect(changed).toMatchObject({ name: 'Other', issuer: stage.own.issuer })
    expect(await platform.sso.removeOfAccount({ params })).toEqual({ deleted: true })
    expect(await platform.sso.removeOfAccount({ params })).toEqual({ deleted: false })
    expect(await acme.api.sso.get()).toMatchObject({ kind: null, enabled: false, issuer: null, clientSecret: null })
    const nobody = { id: 'acc_0190f5c27d7a7c3e8f00aa11bb22cc33' }
    await expect(platform.sso.ofAccount({ params: nobody })).rejects.toEqual(problem('account.not_found'))
    const names = await eventsOf(stage.cockpit.database, acme.id)
    // looks at the settings are told too, a moment later
    const changes = names.filter((name) => name.startsWith('sso.') && name !== 'sso.read')
    expect(changes).toEqual(['sso.updated', 'sso.updated', 'sso.removed'])
  })

  test('cannot be switched on without an issuer and a client', async () => {
    const { api } = await stage.account()
    await expect(api.sso.set({ body: { enabled: true } })).rejects.toEqual(problem('sso.incomplete'))
    await expect(api.sso.test({ body: {} })).rejects.toEqual(problem('sso.incomplete'))
  })
})

describe('requiring it', () => {
  const ready = async () => {
    const acme = await stage.accountWithProvider({ claims: { roles: 'groups', roleMap: { admins: 'account_admin' } } })
    const enter = async (groups: string[] = []) => {
      const ada = personAt(acme.domain)
      stage.own.faults.idToken = (claims) => ({ ...claims, groups })
      const browser = stage.browser()
      await stage.signIn(browser, ada.sub, { accountId: acme.id })
      delete stage.own.faults.idToken
      return browser
    }
    return { acme, enter }
  }
  const byPassword = (email: string) =>
    stage.cockpit.send('POST /v1/sessions', { headers: { 'sec-fetch-site': 'same-origin' }, body: { email, password } })

  test('needs an administrator who came in by these very settings, or all would be locked out', async () => {
    const { acme, enter } = await ready()
    const required = () => acme.api.sso.set({ body: { required: true } })
    await expect(required()).rejects.toEqual(problem('sso.lockout'))
    await enter()
    await expect(required(), 'an end user proves nothing').rejects.toEqual(problem('sso.lockout'))
    await enter(['admins'])
    expect((await required()).required).toBe(true)
    await expect(acme.api.sso.set({ body: { enabled: false } })).rejects.toEqual(problem('sso.lockout'))
    await expect(acme.api.sso.set({ body: { issuer: 'https://other.example' } })).rejects.toEqual(
      problem('sso.lockout'),
    )
    const [domain] = (await acme.api.sso.domains()).items
    await expect(acme.api.sso.removeDomain({ params: { id: domain?.id ?? '' } })).rejects.toEqual(
      problem('sso.lockout'),
    )
    const off = await acme.api.sso.set({ body: { required: false, clientId: 'another' } })
    expect(off).toMatchObject({ required: false, adminSignedInAt: null })
  })

  test('refuses passwords and ends what they opened, at once; the platform still comes in', async () => {
    const { acme, enter } = await ready()
    const admin = await enter(['admins'])
    const signedIn = await byPassword(acme.email)
    expect(signedIn.status).toBe(201)
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const me = (headers: Record<string, string>) => stage.cockpit.send('GET /v1/keys', { headers })
    expect((await me({ cookie })).status).toBe(200)
    await acme.api.sso.set({ body: { required: true } })
    const refused = JSON.parse((await me({ cookie })).text)
    expect(refused).toMatchObject({ type: 'auth.sso_required', errors: [{ pointer: '/accountId', detail: acme.id }] })
    expect((await byPassword(acme.email)).status).toBe(403)
    expect((await stage.context(admin)).status).toBe(200)
    expect((await me({ authorization: `Bearer ${masterKey}`, 'x-account-id': acme.id })).status).toBe(200)
    await acme.api.sso.remove()
    expect((await byPassword(acme.email)).status).toBe(201)
  })

  test('holds at the gateway as in the API for tokens of the installation’s provider, also where they choose the account', async () => {
    const { acme, enter } = await ready()
    const sub = subject()
    await stage.cockpit.database.query(
      'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
      [acme.id, stage.zitadel.issuer, `org-${acme.tag}`],
    )
    const email = `p${sub}@${acme.domain}`
    const org = { id: `org-${acme.tag}`, name: 'Acme', domain: acme.domain }
    const person = stage.zitadel.person({ sub, org, email, claims: { email, email_verified: true, name: 'Ada' } })
    const ofInstallation = await stage.zitadel.token({ person, clientId: 'cockpit' })
    const clientId = `cockpit-${acme.tag}`
    const ada = personAt(acme.domain)
    await stage.signIn(stage.browser(), ada.sub, { accountId: acme.id })
    const ofAccount = await stage.own.token({ person: ada, clientId, audience: clientId })
    const answers = async (token: string, headers: Record<string, string> = {}) => {
      const sent = { headers: { authorization: `Bearer ${token}`, ...headers } }
      const [api, gateway] = [
        await stage.cockpit.send('GET /v1/keys', sent),
        await stage.cockpit.send('GET /v1/models', sent),
      ]
      const code = gateway.status === 200 ? null : JSON.parse(gateway.text).error.code
      return [api.status, gateway.status, code]
    }
    const [open, shut] = [
      [200, 200, null],
      [403, 403, 'auth.sso_required'],
    ]
    expect(await answers(ofInstallation)).toEqual(open)
    await enter(['admins'])
    await acme.api.sso.set({ body: { required: true } })
    await expect.poll(() => answers(ofInstallation)).toEqual(shut)
    expect(await answers(ofInstallation, { 'x-account-id': acme.id })).toEqual(shut)
    expect(await answers(ofAccount)).toEqual(open)
    await acme.api.sso.remove()
    await expect.poll(() => answers(ofInstallation)).toEqual(open)
  })

  test('leaves the other accounts of a person as they are', async () => {
    const { acme, enter } = await ready()
    await enter(['admins'])
    const other = await stage.account()
    await other.api.users.create({ body: { email: acme.email, name: 'Ada', role: 'account_admin' } })
    await acme.api.sso.set({ body: { required: true } })
    const answer = await byPassword(acme.email)
    expect(answer.status).toBe(201)
    expect(JSON.parse(answer.text).accounts.map((account: { id: string }) => account.id)).toEqual([other.id])
  })
})

describe('which way in an e-mail has', () => {
  const ways = (body: object) =>
    stage.cockpit.send('POST /v1/auth/resolve', { headers: { 'sec-fetch-site': 'same-origin' }, body })
  const common = { accountId: null, kind: 'zitadel', name: 'Single sign-on' }

  // T82
  test('is its proven domain’s, the named account’s or organisation’s, and the installation’s for everybody', async () => {
    const acme = await stage.accountWithProvider()
    const own = { accountId: acme.id, kind: 'oidc', name: 'Acme login' }
    const asked = async (body: object) => JSON.parse((await ways(body)).text)
    expect(await asked({ email: `anybody@${acme.domain}` })).toEqual({ password: true, sso: [own, common] })
    expect(await asked({ email: 'ada@gmail.example', accountId: acme.id })).toEqual({
      password: true,
      sso: [own, common],
    })
    expect(await asked({ email: 'ada@gmail.example' })).toEqual({ password: true, sso: [common] })
    await stage.cockpit.database.query(
      'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
      [acme.id, stage.zitadel.issuer, `org-${acme.tag}`],
    )
    expect(await asked({ email: 'ada@gmail.example', orgId: `org-${acme.tag}` })).toMatchObject({ sso: [own, common] })
  })

  test('is that of the account that invites, for whoever brings the link of an open invitation to that e-mail', async () => {
    const acme = await stage.accountWithProvider()
    const [email, other] = [`guest-${acme.tag}@gmail.example`, `other-${acme.tag}@gmail.example`]
    const bytes = async (body: object) => (await ways(body)).text
    const nobody = await bytes({ email: other })
    const { items } = await acme.api.invites.create({ body: { emails: [email] } })
    const invitation = items[0]?.link.split('#')[1] ?? ''
    const own = { accountId: acme.id, kind: 'oidc', name: 'Acme login' }
    expect(JSON.parse(await bytes({ email, invitation }))).toEqual({ password: true, sso: [own, common] })
    // the e-mail alone, a link for somebody else and one that was never made say the same as nothing
    expect(await bytes({ email })).toBe(nobody)
    expect(await bytes({ email: other, invitation })).toBe(nobody)
    expect(await bytes({ email, invitation: 'x'.repeat(43) })).toBe(nobody)
    await acme.api.invites.revoke({ params: { id: items[0]?.id ?? '' } })
    expect(await bytes({ email, invitation })).toBe(nobody)
  })

  test('says nothing about who exists: a member, a stranger and somebody of a domain nobody proved look alike', async () => {
    const acme = await stage.accountWithProvider()
    const unproven = `unproven-${acme.tag}.example.com`
    await acme.api.sso.addDomain({ body: { domain: unproven } })
    const bytes = async (email: string) => (await ways({ email })).text
    const stranger = await bytes(`nobody-${acme.tag}@gmail.example`)
    expect(await bytes(acme.email)).toBe(stranger)
    expect(await bytes(`ada@${unproven}`)).toBe(stranger)
    expect(await bytes(`known@${acme.domain}`)).toBe(await bytes(`unknown@${acme.domain}`))
  })
})

describe('asking how to sign in, and beginning to', () => {
  const ask = (line: string, body: object, ip: string) =>
    stage.cockpit.send(line, { headers: { 'sec-fetch-site': 'same-origin', 'x-forwarded-for': ip }, body })
  const resolve = async (email: string, ip: string) => (await ask('POST /v1/auth/resolve', { email }, ip)).status

  test('is open to a whole company behind one address, as none of it is a failure', async () => {
    const ip = '203.0.113.71'
    const people = Array.from({ length: 210 }, (_, i) => `person-${i}@gmail.example`)
    expect(new Set(await Promise.all(people.map((email) => resolve(email, ip))))).toEqual(new Set([200]))
    const starts = await Promise.all(people.map((email) => ask('POST /v1/auth/start', { email }, ip)))
    expect(new Set(starts.map(({ status }) => status))).toEqual(new Set([200]))
  })

  test('is bound for one e-mail, with a sentence of its own, and locks neither it nor others at the address', async () => {
    const [acme, ip] = [await stage.account(), '203.0.113.72']
    for (let i = 0; i < 100; i++) expect(await resolve(acme.email, ip)).toBe(200)
    const refused = await ask('POST /v1/auth/start', { email: acme.email }, ip)
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      429,
      { type: 'auth.asked_too_often', detail: expect.stringMatching(/^Too many sign-ins were begun from here; wait/) },
    ])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(14 * 60)
    expect(refused.text).not.toMatch(/failed attempts/)
    expect(await resolve(acme.email, '203.0.113.73')).toBe(200)
    expect(await resolve(`other-${acme.tag}@example.com`, ip)).toBe(200)
    expect((await ask('POST /v1/sessions', { email: acme.email, password }, ip)).status).toBe(201)
  })

  test('is bound for an address that floods', async () => {
    const ip = '203.0.113.74'
    await stage.cockpit.database.query(
      'insert into sign_in_attempts (subject, at) select $1, now() from generate_series(1, 9999)',
      [`asks:${ip}`],
    )
    expect(await resolve('first@gmail.example', ip)).toBe(200)
    expect(await resolve('second@gmail.example', ip)).toBe(429)
  })
})

describe('a domain', () => {
  test('of another account looks like one that does not exist, and a proven one cannot be taken', async () => {
    const [acme, globex] = [await stage.accountWithProvider(), await stage.account()]
    const [domain] = (await acme.api.sso.domains()).items
    const params = { id: domain?.id ?? '' }
    await expect(globex.api.sso.removeDomain({ params })).rejects.toEqual(problem('domain.not_found'))
    await expect(globex.api.sso.verifyDomain({ params })).rejects.toEqual(problem('domain.not_found'))
    await expect(acme.api.sso.addDomain({ body: { domain: acme.domain } })).rejects.toEqual(problem('domain.taken'))
    const claimed = await globex.api.sso.addDomain({ body: { domain: acme.domain } })
    expect(claimed).toMatchObject({ verifiedAt: null, record: { name: `_cockpit-challenge.${acme.domain}` } })
    await expect(
      stage.cockpit.database.query('update account_domains set verified_at = now() where account_id = $1', [globex.id]),
    ).rejects.toThrow(/account_domains__verified/)
  })
})
