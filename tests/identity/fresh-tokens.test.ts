/** What a token of a person must tell before it does what a browser is asked to prove itself for. */
import { randomBytes } from 'node:crypto'
import type { SecurityPatch } from '@cockpit/contract/security'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'

let idp: Idp
let cockpit: TestCockpit
let app: { client_id: string; client_secret?: string }
beforeAll(async () => {
  idp = await startIdp()
  app = idp.client({ client_id: 'cockpit', redirect_uris: ['http://127.0.0.1:9/callback'] })
  cockpit = await startCockpit({
    ZITADEL_ISSUER: idp.issuer,
    ZITADEL_AUDIENCE: idp.projectId,
    ZITADEL_CLIENT_ID: app.client_id,
    ZITADEL_CLIENT_SECRET: app.client_secret ?? '',
  })
})
afterAll(async () => {
  await cockpit?.stop()
  await idp?.stop()
})

const seconds = (msAgo: number) => Math.floor((Date.now() - msAgo) / 1000)
const lately = () => ({ auth_time: seconds(60_000) })
const longAgo = () => ({ auth_time: seconds(16 * 60_000) })

/** An account whose people come from an org of the provider, with these rules, and what an admin does there by a token. */
const open = async (rules: SecurityPatch) => {
  const acme = await openAccount(cockpit)
  const org = `org-${randomBytes(4).toString('hex')}`
  await cockpit.database.query(
    'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
    [acme.id, idp.issuer, org],
  )
  await acme.api.security.update({ body: rules })
  const send = async (line: string, body: object | undefined, claims: object, format: 'jwt' | 'opaque' = 'jwt') => {
    const sub = randomBytes(6).toString('hex')
    const email = `${sub}@acme.example`
    const home = { id: org, name: 'Acme', domain: 'acme.example' }
    const roles = { account_admin: { [org]: 'acme.example' } }
    const person = idp.person({ sub, email, org: home, roles, claims: { email, email_verified: true, ...claims } })
    const token = await idp.token({ person, clientId: app.client_id, scope: 'openid email', format })
    const headers = { authorization: `Bearer ${token}` }
    const { status, text } = await cockpit.send(line, { headers, ...(body && { body }) })
    return { status, body: text === '' ? null : JSON.parse(text) }
  }
  const risk = async (claims: object, format?: 'jwt' | 'opaque') => {
    const { status, body } = await send('POST /v1/scim/tokens', { name: 'Entra' }, claims, format)
    return status === 201 ? 'done' : [status, body.type]
  }
  return { acme, org, send, risk }
}
const refused = [401, 'auth.step_up_required']

describe('a token of a person', () => {
  test('is asked for nothing more where nobody asks', async () => {
    const { risk } = await open({})
    expect(await risk({})).toBe('done')
    expect(await risk(longAgo())).toBe('done')
  })

  test('does dangerous acts only while it tells of a fresh sign-in, where that is asked, and all else in any case', async () => {
    const { send, risk } = await open({ freshTokens: true })
    expect(await risk({})).toEqual(refused)
    expect(await risk(longAgo())).toEqual(refused)
    expect(await risk({ auth_time: 'now' })).toEqual(refused)
    expect(await risk({ auth_time: seconds(-86_400_000) }), 'dated ahead').toEqual(refused)
    expect(await risk(lately())).toBe('done')
    expect(await risk(longAgo(), 'opaque')).toEqual(refused)
    expect(await risk(lately(), 'opaque')).toBe('done')
    expect((await send('GET /v1/scim/tokens', undefined, {})).status).toBe(200)
    const { body } = await send('PATCH /v1/security', { freshTokens: null }, {})
    expect(body, 'nor takes the rule back').toMatchObject({ type: 'auth.step_up_required' })
    expect(body.detail).toMatch(/Sign in again .*auth_time.* service account/)
  })

  test('must tell of a second factor where its person must have one', async () => {
    const { risk } = await open({ freshTokens: true, secondFactor: 'admins', secondFactorGraceDays: 0 })
    for (const amr of [undefined, ['pwd'], ['otp'], ['pwd', 'pwd'], 'pwd'])
      expect([amr, await risk({ ...lately(), amr })]).toEqual([amr, refused])
    expect(await risk({ ...lately(), acr: '1' })).toEqual(refused)
    expect(await risk({ ...longAgo(), amr: ['mfa'] })).toEqual(refused)
    expect(await risk({ ...lately(), amr: ['pwd', 'otp'] })).toBe('done')
    expect(await risk({ ...lately(), amr: ['mfa'] })).toBe('done')
    expect(await risk({ ...lately(), acr: 'phr' })).toBe('done')
  })

  test('is asked by any account of its person, whichever it acts in', async () => {
    const [asks, other] = [await open({ freshTokens: true }), await open({})]
    const sub = randomBytes(6).toString('hex')
    const email = `${sub}@example.com`
    const roles = { account_admin: { [asks.org]: 'a', [other.org]: 'b' } }
    const home = { id: other.org, name: 'Other', domain: 'b' }
    const person = idp.person({ sub, email, org: home, roles, claims: { email, email_verified: true } })
    const token = await idp.token({ person, clientId: app.client_id, scope: 'openid email' })
    const headers = { authorization: `Bearer ${token}`, 'x-account-id': other.acme.id }
    const answer = await cockpit.send('POST /v1/scim/tokens', { headers, body: { name: 'Entra' } })
    const me = await cockpit.send('GET /v1/me/context', { headers })
    expect(JSON.parse(me.text)).toMatchObject({ accountId: other.acme.id, roles: ['account_admin'] })
    expect([answer.status, JSON.parse(answer.text).type]).toEqual(refused)
  })
})

test('programs are not asked: a service account goes on with its credentials', async () => {
  const { acme } = await open({ freshTokens: true })
  const { id } = await acme.api.serviceAccounts.create({ body: { name: 'Bot' } })
  const principal = { kind: 'service_account' as const, id }
  await acme.api.roleAssignments.create({ body: { principal, role: 'account_admin' } })
  const { secret } = await acme.api.clientCredentials.create({ params: { id }, body: { name: 'CI' } })
  const granted = await fetch(`${cockpit.url}/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
  })
  const { access_token } = (await granted.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  expect((await cockpit.send('POST /v1/scim/tokens', { headers, body: { name: 'Entra' } })).status).toBe(201)
})

test('the platform asks for every account, until it takes that back', async () => {
  const { risk } = await open({ freshTokens: false })
  await cockpit.as().security.update({ body: { freshTokens: true } })
  expect(await risk({})).toEqual(refused)
  await cockpit.as().security.update({ body: { freshTokens: null } })
  expect(await risk({})).toBe('done')
})
