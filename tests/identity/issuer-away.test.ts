import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'

const graceMs = 2_000
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
    ZITADEL_INTROSPECTION_GRACE_SECONDS: String(graceMs / 1000),
  })
})
afterAll(async () => {
  await cockpit?.stop()
  await idp?.stop()
})

test('a known opaque token is believed for its grace while its issuer is away, then refused with 503, on API and gateway', async () => {
  const acme = await openAccount(cockpit)
  await cockpit.database.query(
    'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
    [acme.id, idp.issuer, `org-${acme.tag}`],
  )
  const sub = randomBytes(6).toString('hex')
  const email = `${sub}@acme.example`
  const person = idp.person({
    ...{ sub, email, name: 'Ada', org: { id: `org-${acme.tag}`, name: 'Acme', domain: 'acme.example' } },
    claims: { email, email_verified: true, name: 'Ada' },
  })
  const opaque = () => idp.token({ person, clientId: app.client_id, scope: 'openid email profile', format: 'opaque' })
  const [token, unseen] = [await opaque(), await opaque()]
  const ask = async (line: string, bearer = token) => {
    const { status, text, headers } = await cockpit.send(line, { headers: { authorization: `Bearer ${bearer}` } })
    return { status, text, retryAfter: headers.get('retry-after') }
  }
  expect((await ask('GET /v1/me/context')).status).toBe(200)
  const confirmed = Date.now()
  expect((await ask('GET /v1/models')).status).toBe(200)
  idp.faults.down = true
  expect((await ask('GET /v1/me/context')).status, 'within the grace').toBe(200)
  await wait(confirmed + graceMs + 100 - Date.now())
  const api = await ask('GET /v1/me/context')
  expect([api.status, JSON.parse(api.text).type]).toEqual([503, 'auth.issuer_unavailable'])
  const gateway = await ask('GET /v1/models')
  expect([gateway.status, gateway.retryAfter]).toEqual([503, '5'])
  expect(gateway.text).toContain('auth.issuer_unavailable')
  expect((await ask('GET /v1/me/context', unseen)).status, 'nobody vouched for it yet').toBe(401)
  idp.faults.down = false
  await expect.poll(async () => (await ask('GET /v1/me/context')).status, { timeout: 15_000 }).toBe(200)
})
