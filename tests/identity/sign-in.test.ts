import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, platformOrg, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

const personOf = (org: string, differs: object = {}) => {
  const sub = subject()
  return stage.zitadel.person({
    sub,
    email: `p${sub}@people.example`,
    name: 'Ada',
    org: { id: org, name: 'Acme', domain: 'acme.example' },
    ...differs,
  })
}
const refusal = (location: string) => new URL(location, stage.publicUrl).searchParams.get('error')

describe('signing in with the provider of the installation', () => {
  // T88
  test('makes the person a member of the account whose organisation they come from, and signs them in', async () => {
    const { id, org } = await stage.account()
    const ada = personOf(org, { roles: { account_admin: { [org]: 'acme.example' } } })
    const browser = stage.browser()
    expect(await stage.signIn(browser, ada.sub)).toBe('/')
    const { body } = await stage.context(browser)
    expect(body).toMatchObject({
      accountId: id,
      roles: ['account_admin'],
      principal: { email: ada.email, name: 'Ada' },
    })
    expect(body.accounts.map((account: { id: string }) => account.id)).toEqual([id])
    const secret = browser.cookies(stage.publicUrl).get('__Host-cockpit') ?? ''
    expect(secret).toMatch(/^\w{43}$/)
    expect(JSON.stringify(await stage.cockpit.database.query('select * from sessions'))).not.toContain(secret)
    expect(JSON.stringify(await stage.cockpit.database.query('select * from sso_id_tokens'))).not.toContain('eyJ')
    const [session] = await stage.cockpit.database.query(
      'select s.* from sessions s join users u on u.id = s.user_id where u.email = $1',
      [ada.email],
    )
    expect(session).toMatchObject({ methods: ['pwd', 'otp'], idp_issuer: stage.zitadel.issuer, idp_subject: ada.sub })
  })

  test('asks for it with PKCE, nonce and state, exact redirect URI and a cookie scripts and other sites cannot use', async () => {
    const browser = stage.browser()
    const answer = await stage.post(browser, '/v1/auth/start', { email: 'ada@example.com' })
    const cookie = answer.headers.getSetCookie()[0]
    expect(cookie).toMatch(/^__Host-cockpit-sign-in=\w{43}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const { location } = (await answer.json()) as { location: string }
    const asked = Object.fromEntries(new URL(location).searchParams)
    expect(asked).toMatchObject({
      redirect_uri: `${stage.publicUrl}/v1/auth/callback`,
      code_challenge_method: 'S256',
      login_hint: 'ada@example.com',
      response_type: 'code',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]?.length, name).toBeGreaterThan(40)
    const [flow] = await stage.cockpit.database.query('select * from sso_flows order by created_at desc limit 1')
    expect(JSON.stringify(flow)).not.toContain(asked.state)
    expect(JSON.stringify(flow)).not.toContain(asked.nonce)
  })

  test('leads back to the page that was asked for, and never out of the product', async () => {
    const { org } = await stage.account()
    const ada = personOf(org)
    const to = async (next: string) => stage.signIn(stage.browser(), ada.sub, { next })
    expect(await to('/a/acc_1/keys?q=x#y')).toBe('/a/acc_1/keys?q=x#y')
    const outside = [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      '/%09//evil.example',
      '\t//evil.example',
      '/..//evil.example',
      '/.//evil.example',
      'javascript:alert(1)',
      '/v1/auth/sign-out',
    ]
    for (const next of outside) {
      const location = await to(next)
      expect(new URL(location, stage.publicUrl).origin, next).toBe(stage.publicUrl)
      expect(location, next).not.toMatch(/^\/[/\\]|^\/v1/)
    }
  })

  test('changes the secret of the browser, and the session it had before ends', async () => {
    const { org } = await stage.account()
    const [ada, bob] = [personOf(org), personOf(org)]
    const browser = stage.browser()
    await stage.signIn(browser, ada.sub)
    const before = browser.cookies(stage.publicUrl).get('__Host-cockpit') ?? ''
    const other = stage.browser()
    other.cookies(stage.publicUrl).set('__Host-cockpit', before)
    expect((await stage.context(other)).status).toBe(200)
    browser.cookies(stage.zitadel.issuer).clear()
    await stage.signIn(browser, bob.sub)
    expect(browser.cookies(stage.publicUrl).get('__Host-cockpit')).not.toBe(before)
    expect((await stage.context(other)).status).toBe(401)
  })

  test('somebody of several accounts chooses one; an account they asked for is opened at once', async () => {
    const [one, two] = [await stage.account(), await stage.account()]
    const ada = personOf(one.org, { roles: { end_user: { [one.org]: 'a.example', [two.org]: 'b.example' } } })
    expect(await stage.signIn(stage.browser(), ada.sub)).toBe('/choose-account')
    expect(await stage.signIn(stage.browser(), ada.sub, { accountId: two.id })).toBe(`/a/${two.id}`)
    const stranger = await stage.account()
    expect(await stage.signIn(stage.browser(), ada.sub, { accountId: stranger.id })).toBe('/choose-account')
  })

  test('of a person nobody knows is refused, and nothing is written', async () => {
    const eve = personOf('999', { email: 'eve@nobody.example' })
    expect(refusal(await stage.signIn(stage.browser(), eve.sub))).toBe('no_account')
    expect(await stage.cockpit.database.query("select 1 from users where email = 'eve@nobody.example'")).toEqual([])
  })

  test('of somebody suspended is refused', async () => {
    const { id, org } = await stage.account()
    const ada = personOf(org)
    await stage.signIn(stage.browser(), ada.sub)
    await stage.cockpit.database.query("update memberships set status = 'suspended' where account_id = $1", [id])
    expect(refusal(await stage.signIn(stage.browser(), ada.sub))).toBe('suspended')
    const { items } = await stage.cockpit.as(id).signInFailures.list()
    expect(items.map(({ reason, email }) => [reason, email])).toEqual([['suspended', ada.email]])
  })

  test('from where the account lets nobody in is refused with that reason, and begins no session', async () => {
    const { id, org } = await stage.account()
    const ada = personOf(org)
    const networks = (network: string) =>
      stage.cockpit.as(id).networks.update({ body: { people: [{ network, note: '' }] } })
    await networks('203.0.113.0/24')
    expect(refusal(await stage.signIn(stage.browser(), ada.sub))).toBe('address')
    const sessions = 'select 1 from sessions s join users u on u.id = s.user_id where u.email = $1'
    expect(await stage.cockpit.database.query(sessions, [ada.email])).toEqual([])
    await networks('127.0.0.0/8')
    expect(await stage.signIn(stage.browser(), ada.sub)).toBe('/')
  })

  test('that the person breaks off says so', async () => {
    const browser = stage.browser()
    const back = await browser.signInAt(await stage.start(browser), 'nobody-here')
    expect(back.searchParams.get('error')).toBe('access_denied')
    expect(refusal(await stage.arrive(browser, back))).toBe('denied')
  })

  test('a super admin of the platform is whom the platform’s own organisation made one, and nobody an account does', async () => {
    const { org } = await stage.account()
    const eve = personOf(org, { roles: { super_admin: { [org]: 'acme.example' } } })
    const browser = stage.browser()
    await stage.signIn(browser, eve.sub)
    expect((await stage.context(browser)).body).toMatchObject({ isSuperAdmin: false, isPlatform: false })
  })

  test('roles of another project count for nothing, though a browser can ask the provider for them', async () => {
    const { id, org } = await stage.account()
    const wiki = personOf(org, { roles: { end_user: { [org]: 'acme.example' } } })
    const given = { account_admin: { [org]: 'acme.example' }, super_admin: { [platformOrg]: 'platform.example' } }
    const browser = stage.browser()
    stage.zitadel.faults.idToken = (claims) => ({ ...claims, 'urn:zitadel:iam:org:project:777:roles': given })
    try {
      await stage.signIn(browser, wiki.sub)
    } finally {
      delete stage.zitadel.faults.idToken
    }
    const { body } = await stage.context(browser)
    expect(body).toMatchObject({ accountId: id, roles: ['end_user'], isSuperAdmin: false, isPlatform: false })
  })
})

describe('an answer that is not right', () => {
  const onTheWay = async () => {
    const { org } = await stage.account()
    const ada = personOf(org)
    const browser = stage.browser()
    const back = await browser.signInAt(await stage.start(browser), ada.sub)
    return { ada, browser, back }
  }
  const nobody = async (browser: ReturnType<Stage['browser']>) =>
    expect(await stage.context(browser), 'nobody is signed in').toMatchObject({
      status: 200,
      body: { principal: null },
    })

  test('with another state, without one, or with two is refused', async () => {
    const { browser, back } = await onTheWay()
    for (const change of [
      (url: URL) => url.searchParams.set('state', 'x'.repeat(43)),
      (url: URL) => url.searchParams.delete('state'),
      (url: URL) => url.searchParams.append('state', 'second'),
    ]) {
      const wrong = new URL(back)
      change(wrong)
      expect(refusal(await stage.arrive(browser, wrong))).toBe('expired')
      await nobody(browser)
    }
    expect(refusal(await stage.arrive(browser, back)), 'the right one still works').toBeNull()
  })

  test('in another browser is refused: nobody can sign somebody else in as themselves', async () => {
    const { back } = await onTheWay()
    const victim = stage.browser()
    expect(refusal(await stage.arrive(victim, back))).toBe('expired')
    await stage.start(victim)
    expect(refusal(await stage.arrive(victim, back)), 'with a sign-in of its own on the way').toBe('expired')
    await nobody(victim)
  })

  test('works once', async () => {
    const { browser, back } = await onTheWay()
    expect(refusal(await stage.arrive(browser, back))).toBeNull()
    expect(refusal(await stage.arrive(browser, back))).toBe('expired')
  })

  test('that comes a quarter of an hour later is refused', async () => {
    const { browser, back } = await onTheWay()
    await stage.cockpit.database.query("update sso_flows set expires_at = now() - interval '1 second'")
    expect(refusal(await stage.arrive(browser, back))).toBe('expired')
  })

  test('of another issuer, or without the issuer that was promised, is refused', async () => {
    for (const change of [
      (url: URL) => url.searchParams.set('iss', stage.own.issuer),
      (url: URL) => url.searchParams.delete('iss'),
    ]) {
      const { browser, back } = await onTheWay()
      change(back)
      expect(refusal(await stage.arrive(browser, back))).toBe('refused')
      await nobody(browser)
    }
  })

  test('with a code of another sign-in is refused by PKCE', async () => {
    const [one, two] = [await onTheWay(), await onTheWay()]
    one.back.searchParams.set('code', two.back.searchParams.get('code') ?? '')
    expect(refusal(await stage.arrive(one.browser, one.back))).toBe('refused')
    await nobody(one.browser)
  })

  test.each([
    ['another nonce', (claims: object) => ({ ...claims, nonce: 'another' })],
    ['no nonce', (claims: object) => ({ ...claims, nonce: undefined })],
    ['another issuer', (claims: object) => ({ ...claims, iss: 'https://evil.example' })],
    ['another audience', (claims: object) => ({ ...claims, aud: 'somebody-else' })],
    ['an end that is past', (claims: object) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 600 })],
    ['another person than userinfo names', (claims: object) => ({ ...claims, sub: 'another' })],
  ])('whose ID token has %s is refused', async (_, change) => {
    const { browser, back } = await onTheWay()
    stage.zitadel.faults.idToken = change
    try {
      expect(refusal(await stage.arrive(browser, back))).toBe('refused')
    } finally {
      delete stage.zitadel.faults.idToken
    }
    await nobody(browser)
  })

  test('whose ID token is signed with a key that is not published is refused', async () => {
    const { browser, back } = await onTheWay()
    const foreign = stage.own.signingKey()
    if (foreign) stage.zitadel.faults.signWith = foreign
    try {
      expect(refusal(await stage.arrive(browser, back))).toBe('refused')
    } finally {
      delete stage.zitadel.faults.signWith
    }
    await nobody(browser)
  })

  test('after the provider changed its keys does not work at most once', async () => {
    await stage.zitadel.rotateKeys({ drop: true })
    const [first, second] = [await onTheWay(), await onTheWay()]
    await stage.arrive(first.browser, first.back)
    expect(refusal(await stage.arrive(second.browser, second.back))).toBeNull()
  })

  test('at the callback of an account is refused: each provider has an address of its own', async () => {
    const { id } = await stage.accountWithProvider()
    const { browser, back } = await onTheWay()
    const wrong = new URL(`${stage.publicUrl}/v1/auth/callback/${id}`)
    wrong.search = back.search
    expect(refusal(await stage.arrive(browser, wrong))).toBe('refused')
    await nobody(browser)
  })

  test('while the provider is down leads back with a reason', async () => {
    const { browser, back } = await onTheWay()
    stage.zitadel.faults.down = true
    try {
      expect(refusal(await stage.arrive(browser, back))).toBe('provider_failed')
    } finally {
      stage.zitadel.faults.down = false
    }
  })
})

test('a page of another site cannot begin a sign-in', async () => {
  const answer = await stage.post(stage.browser(), '/v1/auth/start', {}, { 'sec-fetch-site': 'cross-site' })
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({ type: 'auth.origin_refused' })
})
