/** From an administrator's click to the end: of calls at the API, and of answers that are being streamed. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sender } from '../scim/source.ts'
import { issueKey, password } from '../support/account.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

const soonMs = 2_000
let idp: Idp
let stage: Stage
let app: { client_id: string; client_secret?: string }
beforeAll(async () => {
  idp = await startIdp()
  app = idp.client({ client_id: 'cockpit', redirect_uris: ['http://127.0.0.1:9/callback'] })
  stage = await startStage({ ZITADEL_ISSUER: idp.issuer, ZITADEL_AUDIENCE: idp.projectId })
})
afterAll(async () => {
  await stage?.stop()
  await idp?.stop()
})

const slow = () =>
  answer({ text: 'word '.repeat(2_000), delivery: { cut: 'event', gapMs: 10 }, usage: { input: 10, output: 2_000 } })

const tenantOf = async () => stage.tenant([{ kind: 'openai-compatible', upstream: await stage.provider(slow()) }])

/** A stream that has begun; `ended` tells what came after that moment, when it is over. */
const stream = async (tenant: Tenant, bearer: string) => {
  const response = await fetch(`${tenant.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: tenant.model.name,
      stream: true,
      max_tokens: 4000,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
  })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  if (!reader) throw new Error('a stream has a body')
  const first = await reader.read()
  const decoder = new TextDecoder()
  const rest = async () => {
    let text = decoder.decode(first.value)
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { text, at: performance.now() }
      text += decoder.decode(value)
    }
  }
  return { id: response.headers.get('x-request-id'), ended: rest() }
}

const member = async (tenant: Tenant) => {
  const tag = randomBytes(4).toString('hex')
  const user = await tenant.api.users.create({ body: { email: `${tag}@example.com`, name: `M ${tag}`, password } })
  const key = await issueKey(stage.cockpit, tenant.account, { name: tag, owner: { kind: 'user', id: user.id } })
  return { user, key }
}

type Member = Awaited<ReturnType<typeof member>>
type Click = { when: string; code: RegExp; click: (tenant: Tenant, who: Member) => Promise<unknown> }
const clicks: Click[] = [
  { when: 'a key is revoked', code: /key.revoked/, click: ({ api }, { key }) => api.keys.revoke({ params: key }) },
  {
    when: 'a person is suspended',
    code: /user.suspended/,
    click: ({ api }, { user }) => api.users.update({ params: user, body: { status: 'suspended' } }),
  },
  {
    when: 'a person is removed',
    code: /key.revoked|principal.gone/,
    click: ({ api }, { user }) => api.users.remove({ params: user }),
  },
  {
    when: 'an account is suspended',
    code: /account.suspended/,
    click: ({ account: { id } }) =>
      stage.cockpit.as().accounts.setStatus({ params: { id }, body: { status: 'suspended' } }),
  },
]
test.each(clicks)(
  'when $when, a running stream ends within two seconds and is settled for what was delivered',
  async ({ code, click }) => {
    const tenant = await tenantOf()
    const who = await member(tenant)
    const running = await stream(tenant, who.key.secret)
    const from = performance.now()
    await click(tenant, who)
    const { text, at } = await running.ended
    expect(at - from).toBeLessThan(soonMs)
    expect(text).toMatch(new RegExp(`"code":"(${code.source})"`))
    expect(text).not.toContain('[DONE]')
    const record = await tenant.logged(running.id)
    expect(record).toMatchObject({ status: 'error', tokens: { source: 'estimated' } })
    expect(Number(record.credits)).toBeGreaterThan(0)
    expect(record.spans.map(({ name }) => name)).toContain('revoked')
  },
)

test('a person whom SCIM switches off loses the answer they have, which is settled for what was delivered out of what it held', async () => {
  const tenant = await tenantOf()
  const who = await member(tenant)
  const source = sender(stage.cockpit, (await tenant.api.scim.createToken({ body: { name: 'Entra' } })).secret)
  expect((await source.person(who.user.email)).id).toBe(who.user.id)
  const running = await stream(tenant, who.key.secret)
  const from = performance.now()
  const off = await source.patch(`/Users/${who.user.id}`, { op: 'replace', value: { active: false } })
  expect(off.body.active).toBe(false)
  const { text, at } = await running.ended
  expect(at - from).toBeLessThan(soonMs)
  expect(text).toMatch(/"code":"user.suspended"/)
  const record = await tenant.logged(running.id)
  expect(record).toMatchObject({ status: 'error', tokens: { source: 'estimated' } })
  // nothing is held for them any more, and nothing is lost: long before a lease that is only idle would go back
  const pool = async () => {
    const { held, settled } = (await tenant.api.budgets.overview()).pool
    return { held, settled }
  }
  await expect.poll(pool, { timeout: 15_000 }).toEqual({ held: '0', settled: record.credits })
  expect(Number(record.credits)).toBeGreaterThan(0)
  const again = await fetch(`${tenant.url}/v1/models`, { headers: { authorization: `Bearer ${who.key.secret}` } })
  expect(again.status).toBe(403)
})

test('a token calls models as its person, and ends in the API and in its streams when the person is suspended', async () => {
  const tenant = await tenantOf()
  const org = `org-${tenant.account.tag}`
  await stage.cockpit.database.query(
    'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
    [tenant.account.id, idp.issuer, org],
  )
  const sub = randomBytes(5).toString('hex')
  const email = `${sub}@acme.example`
  const person = idp.person({
    sub,
    org: { id: org, name: 'A', domain: 'a' },
    claims: { email, email_verified: true, name: 'Ada' },
  })
  const token = await idp.token({ person, clientId: app.client_id })
  const running = await stream(tenant, token) // the first that is ever heard of this person
  const [user] = (await tenant.api.users.list({ query: { q: email } })).items
  expect(user).toMatchObject({
    role: 'end_user',
    provenance: { via: 'zitadel_org', proof: `org:${idp.issuer}:${org}` },
  })
  const from = performance.now()
  await tenant.api.users.update({ params: { id: user?.id ?? '' }, body: { status: 'suspended' } })
  const atApi = await stage.cockpit.send('GET /v1/me/context', { headers: { authorization: `Bearer ${token}` } })
  expect([401, 403]).toContain(atApi.status)
  const { text, at } = await running.ended
  expect(at - from).toBeLessThan(soonMs)
  expect(text).toMatch(/user\.suspended|token\.revoked/)
  const record = await tenant.logged(running.id)
  expect(record).toMatchObject({ key: { id: `client:${app.client_id}` }, user: { id: user?.id } })
  const again = await stage.cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${token}` },
    body: { model: tenant.model.name, messages: [{ role: 'user', content: 'Hi' }] },
  })
  expect([401, 403]).toContain(again.status)
})
