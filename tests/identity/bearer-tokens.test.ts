import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccount, signIn, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import type { IdpPerson } from '../support/idp-person.ts'

const platformOrg = '2500'
let idp: Idp
let cockpit: TestCockpit
let acme: TestAccount
let globex: TestAccount
let older: TestAccount
let app: { client_id: string; client_secret?: string }

beforeAll(async () => {
  idp = await startIdp()
  app = idp.client({ client_id: 'cockpit', redirect_uris: ['http://127.0.0.1:9/callback'] })
  cockpit = await startCockpit({
    ZITADEL_ISSUER: idp.issuer,
    ZITADEL_AUDIENCE: idp.projectId,
    ZITADEL_CLIENT_ID: app.client_id,
    ZITADEL_CLIENT_SECRET: app.client_secret ?? '',
    ZITADEL_PLATFORM_ORG_ID: platformOrg,
  })
  older = await openAccount(cockpit)
  acme = await openAccount(cockpit)
  globex = await openAccount(cockpit)
  await linkOrg(acme, 'org-acme')
  await linkOrg(globex, 'org-globex')
})
afterAll(async () => {
  await cockpit?.stop()
  await idp?.stop()
})

const linkOrg = ({ id }: TestAccount, orgId: string) =>
  cockpit.database.query(
    'insert into account_identity_orgs (account_id, issuer, org_id, created_at) values ($1, $2, $3, now())',
    [id, idp.issuer, orgId],
  )

const person = (differs: Partial<IdpPerson> = {}): IdpPerson => {
  const sub = randomBytes(6).toString('hex')
  const { email = `${sub}@acme.example`, name = `Person ${sub}` } = differs
  const org = { id: 'org-acme', name: 'Acme', domain: 'acme.example' }
  return idp.person({ sub, email, name, org, claims: { email, email_verified: true, name }, ...differs })
}
const tokenOf = (who: IdpPerson, differs: object = {}) =>
  idp.token({ person: who, clientId: app.client_id, scope: 'openid email profile', ...differs })
const send = (line: string, token: string, headers: Record<string, string> = {}) =>
  cockpit.send(line, { headers: { authorization: `Bearer ${token}`, ...headers } })
const context = async (token: string, headers: Record<string, string> = {}) => {
  const answer = await send('GET /v1/me/context', token, headers)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text)
}

// T88
test.each(['jwt', 'opaque'] as const)(
  'a %s token lets in somebody new, as a member of the account of their org',
  async (format) => {
    const ada = person()
    const me = await context(await tokenOf(ada, { format }))
    expect(me).toMatchObject({
      principal: { kind: 'user', email: ada.email, name: ada.name },
      accountId: acme.id,
      roles: ['end_user'],
      isSuperAdmin: false,
    })
    const { items } = await acme.api.users.list({ query: { q: ada.email } })
    expect(items).toMatchObject([{ id: me.principal.id, role: 'end_user', status: 'active' }])
    // the same person, whichever token they send
    expect((await context(await tokenOf(ada))).principal.id).toBe(me.principal.id)
  },
)

// T87
test('an account id that is stale or another’s changes nothing and is never a reason to refuse', async () => {
  const token = await tokenOf(person())
  for (const id of [globex.id, 'acc_0190f5c27d7a7c3e8f00aa11bb22cc33', 'nonsense', 'platform']) {
    expect(await context(token, { 'x-account-id': id })).toMatchObject({ accountId: acme.id })
    expect((await send('GET /v1/models-effective', token, { 'x-account-id': id })).status).not.toBe(403)
  }
})

test('roles count in the account whose org granted them', async () => {
  const admin = person({
    roles: { account_admin: { 'org-acme': 'acme.example' }, end_user: { 'org-globex': 'globex.example' } },
  })
  const token = await tokenOf(admin)
  expect(await context(token)).toMatchObject({ accountId: acme.id, roles: ['account_admin'] })
  expect(await context(token, { 'x-account-id': globex.id })).toMatchObject({
    accountId: globex.id,
    roles: ['end_user'],
  })
  expect((await send('GET /v1/users', token)).status).toBe(200)
  expect((await send('GET /v1/users', token, { 'x-account-id': globex.id })).status).toBe(403)
})

test('a super admin is made by the platform’s org alone', async () => {
  const root = await tokenOf(person({ roles: { super_admin: { [platformOrg]: 'platform.example' } } }))
  expect(await context(root)).toMatchObject({ isSuperAdmin: true })
  expect((await send('GET /v1/accounts', root)).status).toBe(200)
  const minted = await tokenOf(person({ roles: { super_admin: { 'org-acme': 'acme.example' } } }))
  expect(await context(minted)).toMatchObject({ isSuperAdmin: false, roles: ['end_user'] })
  expect((await send('GET /v1/accounts', minted)).status).toBe(403)
  // an e-mail makes nobody an admin, and takes nobody's place
  const [boss] = await cockpit.database.query<{ email: string }>('select email from users where email = $1', [
    acme.email,
  ])
  const thief = await tokenOf(person({ email: boss?.email ?? '', org: { id: 'org-globex', name: 'G', domain: 'g' } }))
  expect((await send('GET /v1/me/context', thief)).status).toBe(401)
})

test('whoever is suspended, or whose account is, stays out with a token that is still good', async () => {
  const ada = person()
  const token = await tokenOf(ada)
  const { principal } = await context(token)
  await acme.api.users.update({ params: { id: principal.id }, body: { status: 'suspended' } })
  expect((await send('GET /v1/me/context', token)).status).toBe(401) // ended with the sessions
  expect([401, 403]).toContain((await send('GET /v1/me/context', await tokenOf(ada))).status)
  const guest = await tokenOf(person({ org: { id: 'org-globex', name: 'Globex', domain: 'g' } }))
  await context(guest)
  await cockpit.as().accounts.setStatus({ params: { id: globex.id }, body: { status: 'suspended' } })
  expect((await send('GET /v1/me/context', guest)).status).toBe(403)
  await cockpit.as().accounts.setStatus({ params: { id: globex.id }, body: { status: 'active' } })
})

test('whoever was removed does not come back with a token from before', async () => {
  const ada = person()
  const invited = await acme.api.users.create({ body: { email: ada.email ?? '', name: 'Ada', role: 'billing_admin' } })
  const [token, unused] = [await tokenOf(ada), await tokenOf(ada)]
  const { principal, roles } = await context(token)
  expect({ id: principal.id, roles }).toEqual({ id: invited.id, roles: ['billing_admin'] })
  await acme.api.users.remove({ params: { id: principal.id } })
  for (const old of [token, unused]) expect((await send('GET /v1/me/context', old)).status).toBe(401)
  expect((await acme.api.users.list({ query: { q: ada.email } })).items).toEqual([])
})

test('every refusal looks the same to the caller', async () => {
  const ada = person()
  const stranger = person({
    email: `x${randomBytes(4).toString('hex')}@nowhere.example`,
    org: { id: 'nowhere', name: 'N', domain: 'n' },
  })
  const good = await tokenOf(ada)
  const [header, payload] = good.split('.')
  const refused = [
    'nonsense',
    `${header}.${payload}.c2lnbmF0dXJl`,
    `eyJhbGciOiJub25lIn0.${payload}.`,
    await tokenOf(ada, { audience: 'somebody-else' }),
    await tokenOf(ada, { expiresInSeconds: -60 }),
    await tokenOf(stranger),
  ]
  const answers = await Promise.all(refused.map((token) => send('GET /v1/keys', token)))
  const plain = answers.map(({ status, text }) => [status, text.replace(/"requestId":"\w+"/, '')])
  expect(new Set(plain.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(plain[0]?.[0]).toBe(401)
})

test('an opaque token that was revoked before it was seen is refused', async () => {
  const token = await tokenOf(person(), { format: 'opaque' })
  await idp.revoke(token, app)
  expect((await send('GET /v1/keys', token)).status).toBe(401)
})

test('a token for one product domain sees and changes nothing of another, whichever address is asked', async () => {
  const copilot = await acme.api.orgs.create({ body: { name: 'Desks' } })
  const console_ = await acme.api.orgs.create({ body: { name: 'Labs', domain: 'console' } })
  const team = await acme.api.teams.create({ body: { name: 'Lab one', domain: 'console', orgId: console_.id } })
  const admin = async (product_domains_allowed?: string[]) => {
    const email = `${randomBytes(6).toString('hex')}@acme.example`
    const claims = {
      email,
      email_verified: true,
      name: 'Ada',
      ...(product_domains_allowed && { product_domains_allowed }),
    }
    const ada = person({ email, claims })
    await acme.api.users.create({ body: { email, name: 'Ada', role: 'account_admin' } })
    return tokenOf(ada)
  }
  const only = await admin(['copilot'])
  const orgs = async (token: string) =>
    JSON.parse((await send('GET /v1/orgs?limit=100', token)).text).items.map(({ id }: { id: string }) => id)
  expect(await orgs(only)).toContain(copilot.id)
  expect(await orgs(only)).not.toContain(console_.id)
  const refused = [
    'GET /v1/console/orgs',
    'GET /v1/orgs?domain=console',
    `GET /v1/orgs/${console_.id}`,
    'GET /v1/console/teams',
    `GET /v1/teams/${team.id}`,
    `GET /v1/teams/${team.id}/members`,
    'GET /v1/users?domain=console',
    `DELETE /v1/teams/${team.id}`,
    `DELETE /v1/orgs/${console_.id}`,
  ]
  for (const line of refused) expect((await send(line, only)).status, line).toBe(403)
  expect((await send('GET /v1/orgs', await admin([]))).status).toBe(403)
  for (const token of [await admin(), await admin(['all']), await admin(['console', 'copilot'])]) {
    expect(await orgs(token)).toEqual(expect.arrayContaining([copilot.id, console_.id]))
    expect((await send(`GET /v1/teams/${team.id}`, token)).status).toBe(200)
  }
})

test('the context tells how somebody came in, and tells nobody nothing', async () => {
  const ada = person({ claims: { product_domains_allowed: ['copilot'], scope: 'openid' } })
  const token = await tokenOf(ada)
  expect(await context(token)).toMatchObject({ authProvider: 'zitadel', productDomainsAllowed: ['copilot'] })
  const anonymous = await cockpit.send('GET /v1/me/context')
  expect([anonymous.status, JSON.parse(anonymous.text)]).toEqual([
    200,
    {
      ...{ principal: null, isSuperAdmin: false, isPlatform: false, accountId: null, accounts: [], roles: [] },
      ...{ permissions: [], delegated: [], impersonation: null, breakGlass: null, restriction: null },
      ...{ authProvider: null, scopes: [], productDomainsAllowed: [] },
    },
  ])
  expect((await send('GET /v1/me/context', 'wrong')).status).toBe(401)
  const status = async (headers: Record<string, string>) =>
    JSON.parse((await cockpit.send('GET /v1/auth/zitadel/status', { headers })).text)
  expect(await status({})).toEqual({
    enabled: false,
    zitadelConfigured: true,
    issuer: idp.issuer,
    authProvider: null,
    accountId: null,
    roles: [],
    scopes: [],
    productDomainsAllowed: [],
  })
  expect(await status({ authorization: `Bearer ${token}` })).toMatchObject({
    enabled: true,
    authProvider: 'zitadel',
    accountId: acme.id,
    roles: ['end_user'],
  })
})

test('the context names each way in by one word', async () => {
  const { secret } = await acme.api.keys.create({
    body: { name: 'way in', owner: { kind: 'user', id: acme.admin.id } },
  })
  expect(await context(masterKey)).toMatchObject({ authProvider: 'master_key', accountId: null, isSuperAdmin: true })
  expect(await context(secret)).toMatchObject({ authProvider: 'virtual_key', accountId: acme.id, roles: [] })
  const session = await signIn(cockpit, acme.email)
  const mine = await cockpit.send('GET /v1/me/context', { headers: session })
  expect(JSON.parse(mine.text)).toMatchObject({ authProvider: 'local', accountId: acme.id, roles: ['account_admin'] })
})

test('super admins see why a token was refused, and nobody sees the token', async () => {
  const ada = person()
  const token = await tokenOf(ada, { audience: 'somebody-else' })
  expect((await send('GET /v1/keys', token)).status).toBe(401)
  const diagnostics = await cockpit.as().tokens.diagnostics({ query: { reason: 'audience' } })
  const [newest] = diagnostics.items
  expect(newest).toMatchObject({
    reason: 'audience',
    place: 'api',
    issuer: idp.issuer,
    subject: ada.sub,
    audience: ['somebody-else'],
  })
  expect(JSON.stringify(diagnostics)).not.toContain(token.split('.')[2])
  expect(diagnostics.provider).toMatchObject({
    issuer: idp.issuer,
    audiences: [idp.projectId],
    keys: { lastError: null },
  })
  expect(diagnostics.provider?.keys.keyIds).toHaveLength(1)
  expect(diagnostics.mapping.platformOrgId).toBe(platformOrg)
  const admin = await tokenOf(person({ roles: { account_admin: { 'org-acme': 'acme.example' } } }))
  expect((await send('GET /v1/auth/diagnostics', admin)).status).toBe(403)
})

test('a refusal is found by its id, also after the same was refused again', async () => {
  const { diagnostics } = cockpit.as().tokens
  const ada = person()
  const again = async () =>
    expect((await send('GET /v1/keys', await tokenOf(ada, { audience: 'old' }))).status).toBe(401)
  const first = async () => (await diagnostics({ query: { limit: 1 } })).items[0]
  await again()
  const told = await first()
  expect(told).toMatchObject({ subject: ada.sub, times: 1 })
  expect((await send('GET /v1/keys', await tokenOf(person(), { audience: 'old' }))).status).toBe(401)
  expect((await first())?.id).not.toBe(told?.id)
  const known = async () => (await diagnostics({ query: { refusalId: told?.id ?? '' } })).items
  expect(await known()).toEqual([told])
  await again()
  expect(await known()).toMatchObject([{ id: told?.id, times: 2 }])
  // it stands first again, and the pages behind it hold all others
  expect((await first())?.id).toBe(told?.id)
  const { next, total } = await diagnostics({ query: { limit: 1 } })
  const rest = await diagnostics({ query: { limit: 100, after: next ?? '' } })
  expect(rest.items).toHaveLength(total - 1)
  expect(rest.items.map(({ id }) => id)).not.toContain(told?.id)
  expect((await diagnostics({ query: { refusalId: 'tkr_none' } })).total).toBe(0)
})

test('a provider that an account set up speaks for people of that account who have come by it before', async () => {
  const own = await startIdp()
  try {
    const client = own.client({ client_id: 'acme-app', redirect_uris: ['http://127.0.0.1:9/callback'] })
    const eve = own.person({
      sub: '77',
      roles: { super_admin: { [platformOrg]: 'p' } },
      org: { id: 'org-globex', name: 'G', domain: 'g' },
    })
    const token = () => own.token({ person: eve, clientId: client.client_id, audience: client.client_id })
    const { query } = cockpit.database
    expect((await send('GET /v1/me/context', await token())).status).toBe(401)
    await query(
      `insert into sso_configs (account_id, kind, name, issuer, client_id, scopes, claims, enabled, created_at, updated_at)
       values ($1, 'oidc', 'Own', $2, $3, '{openid}', $4, true, now(), now())`,
      [
        acme.id,
        own.issuer,
        client.client_id,
        { email: 'email', name: 'name', roles: 'groups', roleMap: {}, trustEmail: false },
      ],
    )
    expect((await send('GET /v1/me/context', await token())).status).toBe(401) // nobody has come by it yet
    await query(
      `insert into account_domains (account_id, domain, token, verified_at, created_at)
       values ($1, 'acme.example', 'x', now(), now())`,
      [acme.id],
    )
    const member = await acme.api.users.create({ body: { email: `eve-${acme.tag}@acme.example`, name: 'Eve' } })
    await query(
      'insert into user_identities (issuer, subject, user_id, created_at, last_seen_at) values ($1, $2, $3, now(), now())',
      [`${acme.id} ${own.issuer}`, eve.sub, member.id],
    )
    const me = await context(await token(), { 'x-account-id': globex.id })
    expect(me).toMatchObject({
      accountId: acme.id,
      isSuperAdmin: false,
      authProvider: 'sso',
      principal: { id: member.id },
    })
    // issuer and client are no secrets, so an older account can name them too
    await query(
      `insert into sso_configs (account_id, kind, name, issuer, client_id, scopes, claims, enabled, created_at, updated_at)
       select $1, kind, name, issuer, client_id, scopes, claims, enabled, created_at, updated_at
       from sso_configs where account_id = $2`,
      [older.id, acme.id],
    )
    await query(
      `insert into account_domains (account_id, domain, token, verified_at, created_at)
       values ($1, 'older.example', 'x', now(), now())`,
      [older.id],
    )
    expect(await context(await token())).toMatchObject({ accountId: acme.id, principal: { id: member.id } })
  } finally {
    await own.stop()
  }
})
