import { importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
const minuteMs = 60_000

const signedIn = async () => {
  const { org } = await stage.account()
  const sub = subject()
  stage.zitadel.person({ sub, email: `p${sub}@people.example`, org: { id: org, name: 'A', domain: 'a.example' } })
  const browser = stage.browser()
  await stage.signIn(browser, sub)
  const [session] = await stage.cockpit.database.query<{ id: string; idp_sid: string }>(
    'select id, idp_sid from sessions where idp_subject = $1',
    [sub],
  )
  return { sub, browser, sid: session?.idp_sid ?? '', sessionId: session?.id ?? '' }
}
const status = async (browser: ReturnType<Stage['browser']>) => (await stage.context(browser)).status
/** Its own cookie is gone, so it is just anybody's browser. */
const nobody = async (browser: ReturnType<Stage['browser']>) =>
  expect(await stage.context(browser)).toMatchObject({ status: 200, body: { principal: null } })

describe('back-channel logout', () => {
  const sign = async (claims: object, { header = {}, key = stage.zitadel.signingKey() } = {}) => {
    if (!key) throw new Error('no key')
    const body = { jti: subject(), events: { [logoutEvent]: {} }, ...claims }
    return new SignJWT(body)
      .setProtectedHeader({ alg: 'RS256', kid: String(stage.zitadel.signingKey()?.kid), typ: 'logout+jwt', ...header })
      .setIssuer(stage.zitadel.issuer)
      .setAudience('aud' in claims ? String(claims.aud) : 'cockpit')
      .setIssuedAt('iat' in claims ? Number(claims.iat) : undefined)
      .setExpirationTime('2 minutes')
      .sign(await importJWK(key, 'RS256'))
  }
  const tell = (token: string) =>
    fetch(`${stage.publicUrl}/v1/auth/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    })

  test('ends the sessions of that login at once, and of nobody else', async () => {
    const [ada, bob] = [await signedIn(), await signedIn()]
    expect(ada.sid).not.toBe('')
    const answer = await tell(await sign({ sub: ada.sub, sid: ada.sid }))
    expect([answer.status, await answer.json()]).toEqual([200, { ended: 1 }])
    expect(await status(ada.browser)).toBe(401)
    expect(await status(bob.browser)).toBe(200)
    const told = await stage.cockpit.database.query(
      "select reason from events where name = 'session.ended' and subject ->> 'id' = $1",
      [ada.sessionId],
    )
    expect(told).toEqual([{ reason: 'Single sign-on ended the login' }])
  })

  test('of a person without a session id ends all they have', async () => {
    const ada = await signedIn()
    expect((await tell(await sign({ sub: ada.sub }))).status).toBe(200)
    expect(await status(ada.browser)).toBe(401)
  })

  test('a token works once', async () => {
    const token = await sign({ sub: (await signedIn()).sub })
    expect((await tell(token)).status).toBe(200)
    expect((await tell(token)).status).toBe(400)
  })

  test('is refused with any fault in the token, and ends nothing', async () => {
    const ada = await signedIn()
    const own = { sub: ada.sub, sid: ada.sid }
    const foreign = stage.own.signingKey()
    const wrong = {
      nonce: await sign({ ...own, nonce: 'x' }),
      'no event': await sign({ ...own, events: {} }),
      'nobody named': await sign({}),
      'another audience': await sign({ ...own, aud: 'another' }),
      'an old one': await sign({ ...own, iat: Math.floor((Date.now() - 30 * minuteMs) / 1000) }),
      'no jti': await sign({ ...own, jti: undefined }),
      'another key': await sign(own, foreign ? { key: foreign } : {}),
      unsigned: `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...own, iss: stage.zitadel.issuer, aud: 'cockpit' }))}.`,
      nonsense: 'nonsense',
    }
    for (const [fault, token] of Object.entries(wrong)) {
      const answer = await tell(token)
      expect(answer.status, fault).toBe(400)
      expect(await answer.json(), fault).toMatchObject({ type: 'auth.logout_token_wrong' })
    }
    expect(await status(ada.browser)).toBe(200)
  })

  test('is what a provider really sends when somebody signs out there', async () => {
    const ada = await signedIn()
    const { location } = await signOut(ada.browser)
    expect(location).toContain(`${stage.zitadel.issuer}/oidc/v1/end_session?`)
    await nobody(ada.browser)
    const other = stage.browser()
    for (const [name, value] of ada.browser.cookies(stage.zitadel.issuer))
      other.cookies(stage.zitadel.issuer).set(name, value)
    await stage.signIn(other, ada.sub)
    expect(await status(other), 'the login there still stands').toBe(200)
    const page = await (await other.visit(location ?? '')).text()
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page)?.[1] ?? ''
    const left = await other.visit(`${stage.zitadel.issuer}/oidc/v1/end_session/confirm`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    })
    expect(left.headers.get('location'), await left.text()).toBe(`${stage.publicUrl}/sign-in`)
    await expect.poll(() => status(other), { timeout: 5_000 }).toBe(401)
  })
})

const signOut = async (browser: ReturnType<Stage['browser']>) =>
  (await (await stage.post(browser, '/v1/auth/sign-out')).json()) as { location: string | null }

test('signing out works while the provider is down', async () => {
  const ada = await signedIn()
  stage.zitadel.faults.down = true
  const answer = await stage.post(ada.browser, '/v1/auth/sign-out').finally(() => {
    stage.zitadel.faults.down = false
  })
  expect(answer.status).toBe(200)
  await nobody(ada.browser)
})

describe('proving again who one is, at the provider', () => {
  const stale = (id: string) =>
    stage.cockpit.database.query("update sessions set authenticated_at = now() - interval '1 hour' where id = $1", [id])
  const dangerous = async (browser: ReturnType<Stage['browser']>) =>
    (
      await browser.visit(`${stage.publicUrl}/v1/me/password`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ current: 'x', next: 'long enough to be one' }),
      })
    ).json() as Promise<{ type: string }>
  const begin = async (browser: ReturnType<Stage['browser']>) =>
    ((await (await stage.post(browser, '/v1/auth/step-up/sso', { next: '/confirmed' })).json()) as { location: string })
      .location

  test('makes a session fresh, with a new secret, after the provider asked again', async () => {
    const ada = await signedIn()
    await stale(ada.sessionId)
    expect((await dangerous(ada.browser)).type).toBe('auth.step_up_required')
    const before = ada.browser.cookies(stage.publicUrl).get('__Host-cockpit')
    const location = await begin(ada.browser)
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({ prompt: 'login', max_age: '0' })
    expect(await stage.arrive(ada.browser, await ada.browser.signInAt(location, ada.sub))).toBe('/confirmed')
    expect(ada.browser.cookies(stage.publicUrl).get('__Host-cockpit')).not.toBe(before)
    expect((await dangerous(ada.browser)).type).not.toBe('auth.step_up_required')
  })

  test('is asked of a session whose provider dated the proof ahead', async () => {
    stage.zitadel.faults.idToken = (claims) => ({ ...claims, auth_time: Math.floor(Date.now() / 1000) + 86_400 })
    const ada = await signedIn()
    delete stage.zitadel.faults.idToken
    expect((await dangerous(ada.browser)).type).toBe('auth.step_up_required')
  })

  test('by somebody else, or by a provider that did not ask again, changes nothing', async () => {
    const [ada, bob] = [await signedIn(), await signedIn()]
    await stale(ada.sessionId)
    // the provider would first ask whether Ada leaves
    ada.browser.cookies(stage.zitadel.issuer).clear()
    const asBob = await ada.browser.signInAt(await begin(ada.browser), bob.sub)
    expect(await stage.arrive(ada.browser, asBob)).toMatch(/^\/confirmed\?error=other_person/)
    ada.browser.cookies(stage.zitadel.issuer).clear()
    const back = await ada.browser.signInAt(await begin(ada.browser), ada.sub)
    stage.zitadel.faults.idToken = (claims) => ({ ...claims, auth_time: Math.floor(Date.now() / 1000) - 600 })
    expect(await stage.arrive(ada.browser, back)).toMatch(/^\/confirmed\?error=refused/)
    delete stage.zitadel.faults.idToken
    const silent = await ada.browser.signInAt(await begin(ada.browser), ada.sub)
    stage.zitadel.faults.idToken = (claims) => ({ ...claims, auth_time: undefined })
    expect(await stage.arrive(ada.browser, silent)).toMatch(/^\/confirmed\?error=refused/)
    delete stage.zitadel.faults.idToken
    expect((await dangerous(ada.browser)).type).toBe('auth.step_up_required')
  })
})
