/** Against a real Keycloak: what the provider of the other tests is told to do, this one does by itself. */
import { createServer } from 'node:net'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { createIdpBrowser, type IdpBrowser } from '../support/idp-browser.ts'
import { type Keycloak, keycloakHome, startKeycloak, whyNoKeycloak } from '../support/keycloak.ts'
import { type KeycloakPerson, keycloakAudience } from '../support/keycloak-realm.ts'

const startMaxMs = 400_000
/** A key that is not known yet is asked for again after half a minute at the soonest. */
const newKeyMaxMs = 60_000

/** It tells us in its own time: a busy machine makes that many seconds. */
const logoutMaxMs = 60_000

const ada: KeycloakPerson = {
  ...{ name: 'ada', password: 'correct horse', email: 'ada@elsewhere.example', org: 'org-acme' },
  roles: { account_admin: { 'org-acme': 'acme.example' } },
}
const bob: KeycloakPerson = { name: 'bob', password: 'battery staple', email: 'bob@acme.example' }
const eve: KeycloakPerson = { ...bob, name: 'eve', email: 'eve@acme.example', emailVerified: false }

describe.skipIf(!keycloakHome)(`a real Keycloak${whyNoKeycloak ? ` (left out: ${whyNoKeycloak})` : ''}`, () => {
  let cockpit: TestCockpit
  let keycloak: Keycloak
  let acme: TestAccount

  beforeAll(async () => {
    const [ownPort, port] = [await freePort(), await freePort()]
    const publicUrl = `http://127.0.0.1:${ownPort}`
    keycloak = await startKeycloak({ home: keycloakHome ?? '', port, publicUrl, people: [ada, bob, eve] })
    cockpit = await startCockpit({
      PORT: String(ownPort),
      COCKPIT_PUBLIC_URL: publicUrl,
      ZITADEL_ISSUER: keycloak.issuer,
      ZITADEL_AUDIENCE: keycloakAudience,
      ZITADEL_SIGN_IN_SCOPES: 'openid profile email',
      ZITADEL_CLIENT_ID: 'cockpit',
      ZITADEL_CLIENT_SECRET: keycloak.clientSecret,
    })
    acme = await openAccount(cockpit)
    await cockpit.database.query(
      'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
      [acme.id, keycloak.issuer, 'org-acme'],
    )
    await acme.api.sso.addDomain({ body: { domain: 'acme.example' } })
    await cockpit.database.query("update account_domains set verified_at = now() where domain = 'acme.example'")
  }, startMaxMs)
  afterAll(async () => {
    await cockpit?.stop()
    await keycloak?.stop()
  }, startMaxMs)

  const publicUrl = () => cockpit.running.publicUrl
  const contextOf = async (browser: IdpBrowser) => {
    const answer = await browser.visit(`${publicUrl()}/v1/me/context`)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const begin = async (browser: IdpBrowser): Promise<string> => {
    const answer = await browser.visit(`${publicUrl()}/v1/auth/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: '{}',
    })
    return ((await answer.json()) as { location: string }).location
  }
  /** The whole way in, through the login page of Keycloak; where Cockpit sends the browser. */
  const signIn = async (browser: IdpBrowser, { name, password }: KeycloakPerson) => {
    const asks = await browser.visit(await begin(browser))
    const page = await asks.text()
    const action = /<form[^>]+action="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    if (!action) throw new Error(`Keycloak shows no form: ${asks.headers.get('location')} ${page.slice(0, 500)}`)
    const answer = await browser.visit(action, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ username: name, password }).toString(),
    })
    const back = answer.headers.get('location')
    if (!back) throw new Error(`Keycloak leads nowhere: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
    const arrived = await browser.visit(back)
    return { status: arrived.status, location: arrived.headers.get('location') }
  }
  const asked = (token: string, path = '/v1/me/context') =>
    cockpit.send(`GET ${path}`, { headers: { authorization: `Bearer ${token}` } })

  test('signs people in by code and PKCE, into the account of their organisation, with the role it granted', async () => {
    const browser = createIdpBrowser()
    expect(Object.fromEntries(new URL(await begin(browser)).searchParams)).toMatchObject({
      ...{ response_type: 'code', code_challenge_method: 'S256', client_id: 'cockpit' },
    })
    expect(await signIn(browser, ada)).toEqual({ status: 303, location: '/' })
    expect((await contextOf(browser)).body).toMatchObject({
      principal: { kind: 'user', email: ada.email, name: 'ada Person' },
      accountId: acme.id,
      roles: ['account_admin'],
      isSuperAdmin: false,
    })
  })

  test('signs people in whose address Keycloak has verified in a domain the account has proven, and no others', async () => {
    const browser = createIdpBrowser()
    expect(await signIn(browser, bob)).toEqual({ status: 303, location: '/' })
    expect((await contextOf(browser)).body).toMatchObject({ accountId: acme.id, roles: ['end_user'] })
    const unverified = createIdpBrowser()
    expect((await signIn(unverified, eve)).location).toMatch(/error=no_account/)
    expect(await contextOf(unverified)).toMatchObject({ status: 200, body: { principal: null } })
  })

  test('issues tokens that the API takes, with the same person behind them; one of another realm or audience opens nothing', async () => {
    const answer = await asked(await keycloak.token(ada))
    expect(answer.status, answer.text).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ principal: { email: ada.email }, accountId: acme.id })
    expect((await asked(await keycloak.token(ada), '/v1/users')).status).toBe(200)
    expect((await asked(await keycloak.token(bob), '/v1/users')).status).toBe(403)
    const [head = '', body = '', signature = ''] = (await keycloak.token(bob)).split('.')
    expect((await asked(`${head}.${body}.${signature.slice(0, -6)}AAAAAA`)).status).toBe(401)
    expect((await asked(await keycloak.foreignToken())).status).toBe(401)
  })

  test(
    'tells when a login ends, by back-channel logout: the session on it ends here, and no other of anybody',
    async () => {
      const [hers, elsewhere, his] = [createIdpBrowser(), createIdpBrowser(), createIdpBrowser()]
      await signIn(elsewhere, ada)
      await signIn(his, bob)
      await signIn(hers, ada)
      const [latest] = await cockpit.database.query<{ idp_sid: string }>(
        'select idp_sid from sessions order by created_at desc limit 1',
      )
      await keycloak.endLogin(latest?.idp_sid ?? '')
      await expect.poll(async () => (await contextOf(hers)).status, { timeout: logoutMaxMs, interval: 500 }).toBe(401)
      expect((await contextOf(elsewhere)).status).toBe(200)
      expect((await contextOf(his)).status).toBe(200)
    },
    2 * logoutMaxMs,
  )

  test('hears of a sign-out here: the login at Keycloak is over as well', async () => {
    const browser = createIdpBrowser()
    await signIn(browser, bob)
    const answer = await browser.visit(`${publicUrl()}/v1/auth/sign-out`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    const { location } = (await answer.json()) as { location: string }
    expect(location).toContain(`${keycloak.issuer}/protocol/openid-connect/logout`)
    const left = await browser.visit(location)
    expect(left.headers.get('location')).toBe(`${publicUrl()}/sign-in`)
    // it asks who one is again
    expect(await (await browser.visit(await begin(browser))).text()).toContain('name="password"')
  })

  test(
    'signs with a new key, and people and programs go on',
    async () => {
      const before = decodeProtectedHeader(await keycloak.token(ada)).kid
      const old = await keycloak.token(ada)
      await keycloak.rotateKeys()
      expect(decodeProtectedHeader(await keycloak.token(ada)).kid).not.toBe(before)
      await expect
        .poll(async () => (await asked(await keycloak.token(ada))).status, { timeout: newKeyMaxMs, interval: 2_000 })
        .toBe(200)
      // the old key is still published
      expect((await asked(old)).status).toBe(200)
      // keys asked for within the last minute are taken for the newest: that one way in fails, and asks anew
      await signIn(createIdpBrowser(), bob)
      expect(await signIn(createIdpBrowser(), bob)).toEqual({ status: 303, location: '/' })
    },
    2 * newKeyMaxMs,
  )
})

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
