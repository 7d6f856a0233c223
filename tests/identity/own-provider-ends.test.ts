import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reachable } from '../support/cockpit.ts'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
let gateway: Awaited<ReturnType<Stage['cockpit']['beside']>>
beforeAll(async () => {
  stage = await openStage({ COCKPIT_SECRET_KEY: randomBytes(32).toString('base64') })
  gateway = await stage.cockpit.beside('gateway')
})
afterAll(async () => {
  await gateway?.stop()
  await stage?.stop()
})

type Account = Awaited<ReturnType<Stage['accountWithProvider']>>

/** Somebody who came in by the provider of the account, and holds a token of it as well. */
const comeIn = async (acme: Account, domain = acme.domain) => {
  const sub = subject()
  const ada = stage.own.person({ sub, email: `p${sub}@${domain}`, name: 'Ada' })
  const browser = stage.browser()
  expect(await stage.signIn(browser, sub, { accountId: acme.id })).toBe(`/a/${acme.id}`)
  const clientId = `cockpit-${acme.tag}`
  const token = () => stage.own.token({ person: ada, clientId, audience: clientId })
  return { browser, token }
}
const send = async (to: Reachable, line: string, token: string) =>
  (await to.send(line, { headers: { authorization: `Bearer ${token}` } })).status
const everywhere = async (token: string) => [
  await send(stage.cockpit, 'GET /v1/me/context', token),
  await send(stage.cockpit, 'GET /v1/models', token),
  await send(gateway, 'GET /v1/models', token),
]
const session = async ({ browser }: { browser: ReturnType<Stage['browser']> }) =>
  (await browser.visit(`${stage.publicUrl}/v1/sessions`)).status

describe('what the provider of an account vouched for ends within a second, in every process,', () => {
  const domainOf = async ({ api }: Account) => ({ id: (await api.sso.domains()).items[0]?.id ?? '' })
  test.each([
    ['is turned off', (acme: Account) => acme.api.sso.set({ body: { enabled: false } })],
    ['is removed', (acme: Account) => acme.api.sso.remove()],
    ['gets another client', (acme: Account) => acme.api.sso.set({ body: { clientId: `other-${acme.tag}` } })],
    [
      'is given up with its domain',
      async (acme: Account) => acme.api.sso.removeDomain({ params: await domainOf(acme) }),
    ],
  ])('when it %s', async (_, end) => {
    const [acme, globex] = [await stage.accountWithProvider(), await stage.accountWithProvider()]
    const [ada, other] = [await comeIn(acme), await comeIn(globex)]
    const [token, kept] = [await ada.token(), await other.token()]
    expect(await everywhere(token)).toEqual([200, 200, 200])
    expect(await everywhere(kept)).toEqual([200, 200, 200])
    expect(await session(ada)).toBe(200)
    await end(acme)
    expect(await session(ada)).toBe(401)
    await expect.poll(() => everywhere(token), { timeout: 1_000 }).toEqual([401, 401, 401])
    expect(await everywhere(await ada.token()), 'nor a new one').toEqual([401, 401, 401])
    const told = (await acme.api.audit.list({ query: { name: 'session.ended' } })).items
    expect(told).toMatchObject([{ accountId: acme.id, reason: expect.stringMatching(/turned off|removed|changed/) }])
    expect([await session(other), ...(await everywhere(kept))], 'another account').toEqual([200, 200, 200, 200])
  })
})

test('of two domains, the one that was given up is spoken for no longer, the other is', async () => {
  const acme = await stage.accountWithProvider()
  const second = `second-${acme.tag}.example.com`
  const { id } = await acme.api.sso.addDomain({ body: { domain: second } })
  await stage.cockpit.database.query('update account_domains set verified_at = now() where domain = $1', [second])
  const [ada, eve] = [await comeIn(acme), await comeIn(acme, second)]
  const [ours, theirs] = [await ada.token(), await eve.token()]
  expect([...(await everywhere(ours)), ...(await everywhere(theirs))]).toEqual(Array(6).fill(200))
  await acme.api.sso.removeDomain({ params: { id } })
  await expect.poll(() => everywhere(theirs), { timeout: 1_000 }).toEqual([401, 401, 401])
  expect(await everywhere(ours)).toEqual([200, 200, 200])
})

test('a new name, secret or role of the provider ends nothing', async () => {
  const acme = await stage.accountWithProvider()
  const ada = await comeIn(acme)
  const token = await ada.token()
  expect(await everywhere(token)).toEqual([200, 200, 200])
  await acme.api.sso.set({ body: { name: 'Acme', clientSecret: 'another', claims: { roleMap: { staff: 'member' } } } })
  expect([await session(ada), ...(await everywhere(token))]).toEqual([200, 200, 200, 200])
})

test('whoever is on their way in while the provider is turned off does not arrive', async () => {
  const acme = await stage.accountWithProvider()
  const sub = subject()
  stage.own.person({ sub, email: `p${sub}@${acme.domain}`, name: 'Ada' })
  const browser = stage.browser()
  const callback = await browser.signInAt(await stage.start(browser, { accountId: acme.id }), sub)
  stage.own.faults.idToken = async (claims) => {
    await acme.api.sso.set({ body: { enabled: false } })
    return claims
  }
  expect(await stage.arrive(browser, callback)).toContain('error=')
  delete stage.own.faults.idToken
  expect(await session({ browser })).toBe(401)
})
