import { importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

const refusals = async (place: 'browser' | 'back_channel') =>
  (await stage.cockpit.as().tokens.diagnostics({ query: { place, limit: 100 } })).items
/** The one that was refused last; of what was refused twice there is one row. */
const newest = async (place: 'browser' | 'back_channel') => (await refusals(place))[0]

const personOf = (org: string, differs: object = {}) => {
  const sub = subject()
  const email = `p${sub}@people.example`
  return stage.zitadel.person({ sub, email, name: 'Ada', org: { id: org, name: 'A', domain: 'a.example' }, ...differs })
}
const onTheWay = async () => {
  const ada = personOf((await stage.account()).org)
  const browser = stage.browser()
  return { browser, back: await browser.signInAt(await stage.start(browser), ada.sub) }
}
/** What the refused browser is told: a word, and the request to ask about. */
const toldIn = (location: string) => Object.fromEntries(new URL(location, stage.publicUrl).searchParams)

describe('a sign-in at a provider that is refused stands in the diagnostics, and the browser learns less', () => {
  test('with a state that is not on its way: many strangers with invented ones make one row', async () => {
    const { browser, back } = await onTheWay()
    for (let i = 0; i < 30; i++) {
      const wrong = new URL(back)
      wrong.searchParams.set('state', `${'x'.repeat(30)}${i}`)
      wrong.pathname = i % 2 ? wrong.pathname : `/v1/auth/callback/acc_0190f5c27d7a7c3e8f00aa11bb22cc${10 + i}`
      expect(toldIn(await stage.arrive(browser, wrong))).toMatchObject({ error: 'expired' })
    }
    const rows = (await refusals('browser')).filter(({ reason }) => reason === 'state_unknown')
    expect(rows).toMatchObject([{ times: 30, issuer: null, providerAccount: null, subject: null }])
  })

  test('because the person broke off', async () => {
    const browser = stage.browser()
    const back = await browser.signInAt(await stage.start(browser), 'nobody-here')
    await stage.arrive(browser, back)
    expect(await newest('browser')).toMatchObject({ reason: 'denied', issuer: stage.zitadel.issuer, client: 'cockpit' })
  })

  test('because another issuer answers, with the request that the log and the browser name', async () => {
    const { browser, back } = await onTheWay()
    back.searchParams.set('iss', stage.own.issuer)
    const told = toldIn(await stage.arrive(browser, back))
    expect(told).toEqual({ error: 'refused', request: expect.any(String) })
    expect(await newest('browser')).toMatchObject({ reason: 'issuer_wrong', requestId: told.request })
  })

  test('because the answer came where another provider answers', async () => {
    const { id } = await stage.accountWithProvider()
    const { browser, back } = await onTheWay()
    back.pathname += `/${id}`
    expect(toldIn(await stage.arrive(browser, back)).error).toBe('refused')
    expect(await newest('browser')).toMatchObject({ reason: 'mix_up', providerAccount: null })
  })

  test('because the code is of another sign-in; the code is written down nowhere', async () => {
    const [one, two] = [await onTheWay(), await onTheWay()]
    const code = two.back.searchParams.get('code') ?? ''
    expect(code).not.toBe('')
    one.back.searchParams.set('code', code)
    expect(toldIn(await stage.arrive(one.browser, one.back)).error).toBe('refused')
    expect(await newest('browser')).toMatchObject({ reason: 'code_refused', issuer: stage.zitadel.issuer })
    const kept = JSON.stringify(await stage.cockpit.database.query('select to_jsonb(r) from token_refusals as r'))
    expect(kept).not.toContain(code)
    expect(kept).not.toContain(one.back.searchParams.get('state'))
  })

  test.each([
    ['nonce', { nonce: 'another' }],
    ['audience', { aud: 'somebody-else' }],
  ])('because the %s of the ID token is wrong', async (claim, differs) => {
    const { browser, back } = await onTheWay()
    stage.zitadel.faults.idToken = (claims) => ({ ...claims, ...differs })
    try {
      expect(toldIn(await stage.arrive(browser, back))).toEqual({ error: 'refused', request: expect.any(String) })
    } finally {
      delete stage.zitadel.faults.idToken
    }
    const told = await newest('browser')
    expect(told).toMatchObject({ reason: 'token_wrong' })
    expect(told?.detail).toContain(claim === 'audience' ? 'aud' : claim)
  })

  test('because the provider does not answer, at the start and at the end', async () => {
    const { browser, back } = await onTheWay()
    stage.zitadel.faults.down = true
    try {
      expect(toldIn(await stage.arrive(browser, back)).error).toBe('provider_failed')
    } finally {
      stage.zitadel.faults.down = false
    }
    expect(await newest('browser')).toMatchObject({ reason: 'unreachable', issuer: stage.zitadel.issuer })

    const issuer = `${stage.own.issuer}/nowhere`
    const { id } = await stage.accountWithProvider({ issuer })
    const answer = await stage.post(stage.browser(), '/v1/auth/start', { accountId: id })
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain(issuer)
    expect(await newest('browser')).toMatchObject({ providerAccount: id, issuer, client: expect.any(String) })
  })

  test('because nobody knows the person, with their e-mail and subject', async () => {
    const eve = personOf('999')
    expect(toldIn(await stage.signIn(stage.browser(), eve.sub)).error).toBe('no_account')
    const seen = { reason: 'no_account', email: eve.email, subject: eve.sub, issuer: stage.zitadel.issuer, times: 1 }
    expect(await newest('browser')).toMatchObject(seen)
  })

  test('because they are suspended', async () => {
    const { id, org } = await stage.account()
    const ada = personOf(org)
    await stage.signIn(stage.browser(), ada.sub)
    await stage.cockpit.database.query("update memberships set status = 'suspended' where account_id = $1", [id])
    await stage.signIn(stage.browser(), ada.sub)
    expect(await newest('browser')).toMatchObject({ reason: 'suspended', email: ada.email, times: 1 })
    await stage.signIn(stage.browser(), ada.sub)
    expect(await newest('browser')).toMatchObject({ reason: 'suspended', email: ada.email, times: 2 })
  })

  test('because the domain of the e-mail is not allowed, or no seat is free, of the provider of an account', async () => {
    const acme = await stage.accountWithProvider()
    const enter = async (domain: string) => {
      const sub = subject()
      const { email } = stage.own.person({ sub, email: `p${sub}@${domain}`, name: 'Ada' })
      await stage.signIn(stage.browser(), sub, { accountId: acme.id })
      return { email, providerAccount: acme.id, issuer: stage.own.issuer }
    }
    const outside = await enter('gmail.example')
    expect(await newest('browser')).toMatchObject({ reason: 'domain', ...outside })
    await stage.cockpit.as().accounts.update({ params: { id: acme.id }, body: { seatsMax: 1 } })
    const noSeat = await enter(acme.domain)
    expect(await newest('browser')).toMatchObject({ reason: 'no_seat', ...noSeat })
  })
})

describe('a logout token that is refused stands in the diagnostics, and the sender learns only that it was', () => {
  const sign = async (claims: object, issuer = stage.zitadel.issuer) => {
    const key = stage.zitadel.signingKey()
    if (!key) throw new Error('no key')
    return new SignJWT({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: String(key.kid), typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setAudience('cockpit')
      .setIssuedAt()
      .setExpirationTime('2 minutes')
      .sign(await importJWK(key, 'RS256'))
  }
  const tell = async (token: string) => {
    const answer = await fetch(`${stage.publicUrl}/v1/auth/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    })
    return { status: answer.status, detail: ((await answer.json()) as { detail?: string }).detail }
  }
  const said = { status: 400, detail: 'The logout token is not one that Cockpit takes.' }

  test('which is none', async () => {
    expect(await tell('nonsense')).toEqual(said)
    expect(await newest('back_channel')).toMatchObject({ reason: 'malformed' })
  })

  test('of providers nobody has: invented ones make one row, which shows the last', async () => {
    for (const n of [1, 2, 3])
      expect(await tell(await sign({ sub: 'x', jti: subject() }, `https://evil${n}.example`))).toEqual(said)
    const rows = (await refusals('back_channel')).filter(({ reason }) => reason === 'issuer_unknown')
    expect(rows).toMatchObject([{ times: 3, issuer: null, claims: { iss: 'https://evil3.example', aud: ['cockpit'] } }])
  })

  test('with a fault, or used before; never the token itself', async () => {
    const about = { issuer: stage.zitadel.issuer, client: 'cockpit' }
    expect(await tell(await sign({ sub: 'x', jti: subject(), nonce: 'n' }))).toEqual(said)
    expect(await newest('back_channel')).toMatchObject({ reason: 'token_wrong', ...about })
    const token = await sign({ sub: '77', jti: subject() })
    expect((await tell(token)).status).toBe(200)
    expect(await tell(token)).toEqual(said)
    expect(await newest('back_channel')).toMatchObject({ reason: 'replayed', subject: '77', ...about })
    const kept = JSON.stringify(await stage.cockpit.database.query('select to_jsonb(r) from token_refusals as r'))
    expect(kept).not.toContain(token.split('.')[2])
  })
})

test('an account admin does not read the diagnostics', async () => {
  const { org } = await stage.account()
  const admin = personOf(org, { roles: { account_admin: { [org]: 'a.example' } } })
  const browser = stage.browser()
  await stage.signIn(browser, admin.sub)
  expect((await browser.visit(`${stage.publicUrl}/v1/auth/diagnostics`)).status).toBe(403)
})
